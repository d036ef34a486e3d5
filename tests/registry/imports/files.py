"""Files for tests; all people are made up."""

from services.registry.imports.columns import COLUMNS, ImportKind
from tests.common.imports.samples import as_csv
from tests.registry.samples import YEAR

LEARNER = {
    "ministry_code": "1500000001",
    "full_name": "Giàng A Páo",
    "birth_date": "2015-03-02",
    "sex": "1",
    "ethnicity": "Mông",
    "school_code": "S1",
    "school_year": YEAR,
    "grade": "5",
    "level": "primary",
    "studies_informatics": "true",
    "enrolled_on": "2026-09-01",
}
STAFF = {
    "ministry_code": "1600000001",
    "personal_number": "010185000001",
    "full_name": "Hoàng Thị Lan",
    "birth_date": "1985",
    "sex": "2",
    "school_code": "S1",
    "role": "teacher",
    "subject": "informatics",
    "degree": "university",
    "uses_it": "true",
    "makes_elearning": "false",
    "started_on": "2016-08-01",
    "it_certificate_on": "2015-06-30",
}
CLASS = {"school_code": "S1", "school_year": YEAR, "name": "5A", "grade": "5", "level": "primary", "studies_informatics": "true"}
ORGANISATION = {
    "code": "S9",
    "name": "Trường Tiểu học Số 9",
    "kind": "school",
    "parent_code": "C1",
    "levels": "primary",
    "school_type": "public",
    "has_website": "true",
    "valid_from": "2016-09-01",
}
BASE = {ImportKind.LEARNERS: LEARNER, ImportKind.STAFF: STAFF, ImportKind.CLASSES: CLASS, ImportKind.ORGANISATIONS: ORGANISATION}


def header(kind: str) -> list[str]:
    return [column.name for column in COLUMNS[ImportKind(kind)]]


def table(kind: str, *rows: dict[str, str]) -> list[list[str]]:
    """Return header and rows; each row is the kind's sample with the given cells replaced."""
    names = header(kind)
    return [names, *([(BASE[ImportKind(kind)] | row).get(name, "") for name in names] for row in rows)]


def file(kind: str, *rows: dict[str, str]) -> str:
    return as_csv(table(kind, *rows))


def learner_code(number: int) -> str:
    return str(1_500_000_000 + number)
