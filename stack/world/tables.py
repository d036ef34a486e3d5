"""The rows of a world as CSV files with the columns of the registry's bulk import."""

from __future__ import annotations

import csv
import io
from operator import attrgetter
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import date

    from stack.world.model import Asset, DocumentCount, Learner, Member, Offer, OrganisationVersion, SchoolClass

Cell: TypeAlias = "str | int | bool | date | None"

ORGANISATIONS = (
    "code", "name", "kind", "parent_code", "levels", "school_type", "administrative_unit_code", "has_website", "valid_from", "valid_to",
)  # fmt: skip
CLASSES = ("school_code", "school_year", "name", "grade", "level", "studies_informatics", "site_code")
STAFF = (
    "ministry_code", "personal_number", "full_name", "birth_date", "sex", "school_code", "role", "subject", "degree", "uses_it",
    "makes_elearning", "started_on", "ended_on", "it_certificate_on",
)  # fmt: skip
LEARNERS = (
    "ministry_code", "personal_number", "full_name", "birth_date", "sex", "ethnicity", "school_code", "school_year", "class_name", "grade",
    "level", "studies_informatics", "enrolled_on", "left_on",
)  # fmt: skip
ASSETS = (
    "organisation_code", "asset_code", "class_code", "name", "quantity", "provider", "level", "online", "cost", "first_used_on",
    "valid_from",
)  # fmt: skip
OFFERS = ("organisation_code", "procedure_code", "level", "one_stop", "valid_from")
DOCUMENTS = (
    "organisation_code", "period_start", "period_end", "incoming", "incoming_scanned", "outgoing", "outgoing_scanned",
)  # fmt: skip


def _cell(value: Cell) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def encode(columns: Sequence[str], rows: Iterable[Sequence[Cell]]) -> bytes:
    """Return a UTF-8 CSV file with a header."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows([_cell(value) for value in row] for row in rows)
    return text.getvalue().encode()


def count(file: bytes) -> int:
    """Return how many rows a file has besides its header; no value holds a line end."""
    return file.count(b"\n") - 1


def organisations(versions: Iterable[OrganisationVersion]) -> bytes:
    """Return organisations; one row for each dated version."""
    return encode(
        ORGANISATIONS,
        (
            (
                row.code, row.name, row.kind, row.parent_code, ";".join(row.levels), row.school_type, row.administrative_unit_code,
                row.has_website, row.valid_from, row.valid_to,
            )
            for row in versions
        ),
    )  # fmt: skip


def classes(rows: Iterable[SchoolClass]) -> bytes:
    """Return classes."""
    return encode(
        CLASSES,
        ((row.school_code, row.school_year, row.name, row.grade, row.level, row.studies_informatics, row.site_code) for row in rows),
    )


def staff(members: Iterable[Member]) -> bytes:
    """Return members of staff, one row for each post."""
    return encode(
        STAFF,
        (
            (
                row.person.ministry_code, row.person.personal_number, row.person.full_name, row.person.birth_date, row.person.sex,
                row.school_code, row.role, row.subject, row.degree, row.uses_it, row.makes_elearning, row.started_on, row.ended_on,
                row.it_certificate_on,
            )
            for row in members
        ),
    )  # fmt: skip


def learners(rows: Iterable[Learner]) -> bytes:
    """Return learners, one row for each enrolment spell."""
    return encode(
        LEARNERS,
        (
            (
                row.person.ministry_code, row.person.personal_number, row.person.full_name, row.person.birth_date, row.person.sex,
                row.person.ethnicity, spell.school_code, spell.school_year, spell.class_name, spell.grade, spell.level,
                spell.studies_informatics, spell.enrolled_on, spell.left_on,
            )
            for row in rows
            for spell in row.spells
        ),
    )  # fmt: skip


def assets(rows: Iterable[Asset]) -> bytes:
    """Return rooms, devices and lines."""
    return encode(ASSETS, map(attrgetter(*ASSETS), rows))


def offers(rows: Iterable[Offer]) -> bytes:
    """Return which organisation offers which procedure."""
    return encode(OFFERS, map(attrgetter(*OFFERS), rows))


def documents(rows: Iterable[DocumentCount]) -> bytes:
    """Return counts of documents."""
    return encode(DOCUMENTS, map(attrgetter(*DOCUMENTS), rows))
