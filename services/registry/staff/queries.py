"""Reads of staff."""

from typing import Annotated
from uuid import UUID

from pydantic import Field

from libs.common.db.read import Document, Filter, Listing
from services.registry.people.columns import PERSON
from services.registry.staff.rules import StaffRole
from services.registry.staff.schemas import StaffListed, StaffOut

# The letter s is the scope's in every read.
SOURCE = "staff w JOIN person p USING (person_id)"
POSTS = (
    "coalesce((SELECT json_agg(json_build_object('post_id', t.post_id, 'organisation_id', t.organisation_id, 'role', t.role, "
    "'subject', t.subject, 'degree', t.degree, 'uses_it', t.uses_it, 'makes_elearning', t.makes_elearning, "
    "'valid_from', lower(t.period), 'valid_to', upper(t.period)) ORDER BY lower(t.period), t.post_id) "
    "FROM post t WHERE t.staff_id = w.staff_id), '[]'::json)"
)
CERTIFICATES = (
    "coalesce((SELECT json_agg(json_build_object('kind', k.kind, 'name', k.name, 'issued_on', k.issued_on) ORDER BY k.issued_on, k.name) "
    "FROM staff_certificate k WHERE k.staff_id = w.staff_id), '[]'::json)"
)

STAFF = Document(
    StaffOut,
    SOURCE + " LEFT JOIN organisation_path o ON o.organisation_id = w.school_id",
    where="w.staff_id = :staff_id",
    columns={
        **PERSON,
        "school_code": "o.code",
        "posts": POSTS,
        "certificates": CERTIFICATES,
        "version": "w.version",
        "created_at": "w.created_at",
        "updated_at": "w.updated_at",
    },
    version="w.version",
)

STAFF_LISTED = Listing(
    StaffListed,
    SOURCE,
    key="w.staff_id",
    columns={"version": "w.version"},
    filters={
        "school": Filter("w.school_id", str, condition="{e} = (SELECT c.organisation_id FROM organisation_path c WHERE c.code = :value)"),
        "school_id": Filter("w.school_id", UUID),
        "role": Filter("w.role", StaffRole),
        "subject": Filter("", str, condition="EXISTS (SELECT FROM post t WHERE t.staff_id = w.staff_id AND t.subject = :value)"),
        "ministry_code": Filter("w.ministry_code", str),
        "q": Filter("", Annotated[str, Field(min_length=1, max_length=100)], condition="strpos(p.search_name, fold(:value)) > 0"),
    },
    sorts={"key": "w.staff_id", "name": "p.search_name"},
)
