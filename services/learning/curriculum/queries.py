"""Reads of the curriculum."""

from typing import Annotated

from pydantic import Field

from libs.common.db.read import Document, Filter, Listing, Sort
from services.learning.curriculum.rules import Level, SubjectKind
from services.learning.curriculum.schemas import PeriodOut
from services.learning.fields import Day, Subject

SOURCE = "curriculum_period p"
COLUMNS = {"version": "p.version"}
PERIOD = Document(PeriodOut, SOURCE, where="p.period_id = :period_id", columns=COLUMNS, version="p.version")

FILTERS = {
    "level": Filter("p.level", Level),
    "grade": Filter("p.grade", Annotated[int, Field(ge=1, le=12)]),
    "subject": Filter("p.subject", Subject),
    "kind": Filter("p.kind", SubjectKind),
}
SORTS: dict[str, Sort | str] = {
    "grade": Sort("p.grade", "smallint"),
    "subject": "p.subject",
    "periods": Sort("p.periods_per_year", "integer"),
}

PERIODS = Listing(
    PeriodOut,
    SOURCE,
    key="p.period_id",
    columns=COLUMNS,
    where="p.valid_from <= :today AND (p.valid_to IS NULL OR p.valid_to > :today)",
    filters={**FILTERS, "as_of": Filter("", Day)},
    sorts=SORTS,
)
"""In force today; its page request also reads `as_of`, which leads to PERIODS_AT."""

PERIODS_AT = Listing(
    PeriodOut,
    SOURCE,
    key="p.period_id",
    columns=COLUMNS,
    filters={**FILTERS, "as_of": Filter("", Day, condition="p.valid_from <= :value AND (p.valid_to IS NULL OR p.valid_to > :value)")},
    sorts=SORTS,
)
"""In force on a day."""

TAUGHT = """
SELECT level, grade, subject, kind, periods_per_year FROM curriculum_period
WHERE valid_from <= $1 AND (valid_to IS NULL OR valid_to > $1) ORDER BY grade, subject"""
APPROVED = "SELECT grade, subject, contents FROM approved_subject_grades($1)"
