"""Reads of organisations: PostgreSQL builds the JSON."""

from datetime import date
from typing import Annotated

from pydantic import Field

from libs.common.db.read import Document, Filter, Listing
from services.registry.organisations.rules import Level, OrganisationKind
from services.registry.organisations.schemas import OrganisationOut, OrganisationVersionOut

SOURCE = "organisation o JOIN organisation_version v USING (organisation_id)"
IN_FORCE = "v.valid_from <= :as_of AND (v.valid_to IS NULL OR v.valid_to > :as_of)"
COLUMNS = {
    # A parent out of the caller's scope still has its present code in the common table.
    "parent_code": "coalesce((SELECT p.code FROM organisation_version p WHERE p.organisation_id = v.parent_id "
    "AND p.valid_from <= v.valid_from ORDER BY p.valid_from DESC LIMIT 1), "
    "(SELECT c.code FROM organisation_path c WHERE c.organisation_id = v.parent_id))",
    "successors": "coalesce((SELECT json_agg(json_build_object("
    "'organisation_id', s.successor_id, 'change_date', s.change_date, 'kind', s.kind) "
    "ORDER BY s.change_date, s.successor_id) FROM organisation_successor s WHERE s.predecessor_id = v.organisation_id), '[]'::json)",
    "version": "o.version",
    "attributes": "jsonb_build_object('has_website', NULL, 'hard_area', NULL, 'boarding', NULL, 'national_standard', NULL, "
    "'main_site', NULL) "
    "|| v.attributes",
}

AT = Document(OrganisationOut, SOURCE, where="v.organisation_id = :organisation_id AND " + IN_FORCE, columns=COLUMNS, version="o.version")
"""One organisation as it was on a day."""

LATEST = Document(
    OrganisationOut,
    SOURCE,
    # In force today; else the last version before, else the first one to come.
    where="v.organisation_id = :organisation_id AND v.valid_from = (SELECT x.valid_from FROM organisation_version x "
    "WHERE x.organisation_id = :organisation_id ORDER BY (x.valid_from <= :today) DESC, abs(x.valid_from - :today) LIMIT 1)",
    columns=COLUMNS,
    version="o.version",
)
"""One organisation as it is, also when it has ended or has yet to begin."""

BY_CODE = Document(OrganisationOut, SOURCE, where="v.code = :code AND " + IN_FORCE, columns=COLUMNS, version="o.version")
"""The organisation that bears a code on a day."""

FILTERS = {
    "kind": Filter("v.kind", OrganisationKind),
    "level": Filter("", Level, condition=":value = ANY (v.levels)"),
    "q": Filter(
        "", Annotated[str, Field(min_length=1, max_length=100)], condition="(strpos(fold(v.name), fold(:value)) > 0 OR v.code = :value)"
    ),
}
SORTS = {"code": "v.code", "name": "fold(v.name)"}

LISTED = Listing(
    OrganisationOut,
    SOURCE,
    key="v.organisation_id",
    columns=COLUMNS,
    where="v.valid_from <= :today AND (v.valid_to IS NULL OR v.valid_to > :today)",
    filters={
        **FILTERS,
        "parent": Filter("v.parent_id", str, condition="{e} = (SELECT p.organisation_id FROM organisation_path p WHERE p.code = :value)"),
        "as_of": Filter("", date),
    },
    sorts=SORTS,
)
"""Organisations of today; its page request also reads `as_of`, which leads to LISTED_AT."""

LISTED_AT = Listing(
    OrganisationOut,
    SOURCE,
    key="v.organisation_id",
    columns=COLUMNS,
    filters={
        **FILTERS,
        "parent": Filter(
            "v.parent_id",
            str,
            condition="{e} = (SELECT p.organisation_id FROM organisation_version p WHERE p.code = :value "
            "AND p.valid_from <= :f_as_of AND (p.valid_to IS NULL OR p.valid_to > :f_as_of))",
        ),
        "as_of": Filter("", date, condition="v.valid_from <= :value AND (v.valid_to IS NULL OR v.valid_to > :value)"),
    },
    sorts=SORTS,
)
"""Organisations as they were on a day."""

VERSIONS = Listing(
    OrganisationVersionOut,
    "organisation_version v",
    key="v.valid_from",
    key_type="date",
    columns={"attributes": COLUMNS["attributes"]},
    where="v.organisation_id = :organisation_id",
)
"""All dated versions of one organisation."""
