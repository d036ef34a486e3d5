"""Bodies of requests that are well formed; tests change what they are about. All people are made up."""

from typing import Any

YEAR = "2026-2027"
_counter = iter(range(1_000_000_001, 2_000_000_000))


def ministry_code() -> dict[str, str]:
    return {"kind": "ministry_code", "value": str(next(_counter))}


def enrolment(**others: Any) -> dict[str, Any]:
    return {"school_code": "S1", "school_year": YEAR, "level": "primary", "grade": 5, "enrolled_on": "2026-09-01"} | others


def learner(**others: Any) -> dict[str, Any]:
    made = {
        "full_name": "Giàng A Páo",
        "birth_date": "2015-03-02",
        "sex": 1,
        "ethnicity": "Mông",
        "identifiers": [ministry_code()],
        "enrolment": enrolment(),
    }
    return made | others


def staff(**others: Any) -> dict[str, Any]:
    made = {
        "full_name": "Hoàng Thị Lan",
        "birth_date": "1985",
        "sex": 2,
        "identifiers": [ministry_code()],
        "post": {
            "organisation_code": "S1",
            "role": "teacher",
            "subject": "informatics",
            "degree": "university",
            "started_on": "2016-08-01",
        },
        "certificates": [{"kind": "it", "name": "Ứng dụng CNTT cơ bản", "issued_on": "2016-01-05"}],
    }
    return made | others


def school_class(**others: Any) -> dict[str, Any]:
    return {"school_code": "S1", "school_year": YEAR, "name": "5A", "level": "primary", "grade": 5} | others


def person(**others: Any) -> dict[str, Any]:
    return {"full_name": "Giàng Seo Lử", "birth_date": "1988-01", "sex": 1} | others
