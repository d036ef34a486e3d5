"""Learning with both schools in it: of each a content that the province reads, and a draft with its file that nobody else may know of."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from tests.insight.support import identity
from tests.learning.samples import content
from tests.security.copies import tell, tree
from tests.security.schools import Body, Founder, School, Sent
from tests.support.postgres import TestDatabase

V1 = "/learning/v1"
WORK = f"{V1}/workspace"
ONE = WORK + "/{content_id}"
ANY = {"If-Match": "*"}
FILE_NAME = "Bài 1.txt"


def draft(school: School, **others: Any) -> Body:
    """Return a draft whose title and description hold the school's word."""
    about = {"title": f"Bài nháp {school.word}", "description": f"Bản của {school.word}"}
    return content(organisation_code=school.code, **(about | others))


def text_of(school: School) -> str:
    """Return the text of a file of the school."""
    return f"Bài giảng của {school.word}\n"


async def fill(founder: Founder, database: TestDatabase, *schools: School) -> None:
    """Put both schools in."""
    await tell("learning", database, *tree(*schools))
    for school in schools:
        own = founder.issuer.headers(f"school_admin@{school.code}", sub=school.subject)
        published = await _written(founder, draft(school, title=f"Bài {school.code}", description=""), f"Bài {school.code}\n", {})
        await founder.must("POST", f"{WORK}/{published}/submit", **ANY)
        await founder.must("POST", f"{WORK}/{published}/approve", **own, **ANY)
        drafted = await _written(founder, draft(school), text_of(school), own)
        school.mark(UUID(drafted))
        school.publish(UUID(published), school.code, identity(school.code), identity(school.commune))
        school.ids |= {"content_id": drafted, "published_id": published, "number": "1", "name": FILE_NAME}


async def _written(founder: Founder, body: Body, text: str, own: dict[str, str]) -> str:
    made = await founder.must("POST", WORK, body, **own)
    await founder.upload(f"{WORK}/{made['content_id']}/file", text, FILE_NAME, **own, **ANY)
    return str(made["content_id"])


def _period(_: School) -> Body:
    made = {"level": "primary", "grade": 4, "subject": "mathematics", "subject_vi": "Toán", "subject_en": "Mathematics"}
    made |= {"kind": "compulsory", "assessed_by": "marks", "periods_per_year": 175}
    return made | {"valid_from": "2040-09-01", "legal_basis": "Thông tư 1"}


BODIES: dict[str, Callable[[School], Body]] = {
    f"PUT {V1}/curriculum/periods": _period,
    f"POST {WORK}": draft,
    f"PATCH {ONE}": lambda _: {"title": "Tên khác"},
    f"POST {ONE}/return": lambda _: {"reasons": ["Thiếu đáp án"]},
    f"POST {ONE}/versions": lambda _: {"title": "Tên khác"},
    f"POST {ONE}/withdraw": lambda _: {"reason": "Nhầm tệp"},
}
FILES: dict[str, Callable[[School], Sent]] = {f"PUT {ONE}/file": lambda school: (text_of(school), "text/plain")}
