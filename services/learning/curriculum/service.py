"""The curriculum: what is taught on a day, how much of it is covered, and corrections as dated data."""

from datetime import date
from typing import Any
from uuid import UUID

from sqlmodel import col, select

from libs.common.clock import today
from libs.common.db.write import WriteSession
from libs.common.errors import Conflict, FieldError, Forbidden
from libs.common.validation import did_you_mean
from services.learning.curriculum import queries
from services.learning.curriculum.rules import Level, SubjectKind, Taught, grade_fits, has_grades
from services.learning.curriculum.schemas import PeriodPut
from services.learning.curriculum.tables import CurriculumPeriod

KNOWN = """
SELECT DISTINCT subject FROM curriculum_period
WHERE level = $1 AND grade = $2 AND valid_from <= $3 AND (valid_to IS NULL OR valid_to > $3) ORDER BY subject"""
EVERYWHERE = "SELECT ''::ltree = ANY (scope_paths())"


class PeriodsOverlap(Conflict):
    """Another row of the subject in that grade holds in the period given."""

    slug = "curriculum-periods-overlap"
    title_vi = "Đã có số tiết của môn học trong khoảng thời gian này"
    title_en = "The subject has periods in that time already"


class WholePlatformOnly(Forbidden):
    """The programme is national: only who answers for the whole platform corrects it."""

    slug = "whole-platform-only"
    title_vi = "Chỉ quản trị toàn hệ thống được sửa chương trình"
    title_en = "Only the whole platform's administration corrects the programme"


async def taught(connection: Any, as_of: date) -> list[Taught]:
    """Return every subject-grade in force on the day."""
    rows = await connection.fetch(queries.TAUGHT, as_of)
    return [Taught(Level(row[0]), row[1], row[2], SubjectKind(row[3]), row[4]) for row in rows]


async def approved(connection: Any, as_of: date) -> dict[tuple[int, str], int]:
    """Return the number of approved contents by grade and subject at the end of the day, in the whole province."""
    return {(row[0], row[1]): row[2] for row in await connection.fetch(queries.APPROVED, as_of)}


async def place_faults(connection: Any, level: Level, grade: int | None, subject: str) -> list[FieldError]:
    """Check that the subject is taught in the grade of the level today; levels without grades take any subject."""
    if not grade_fits(level, grade):
        vi, en = "Khối lớp không thuộc cấp học.", "The grade does not belong to the level."
        return [FieldError(pointer="/grade", code="grade_level", vi=vi, en=en)]
    if not has_grades(level):
        return []
    known = [row[0] for row in await connection.fetch(KNOWN, str(level), grade, today())]
    if subject in known:
        return []
    vi, en = f"Khối {grade} không có môn “{subject}”.", f"Grade {grade} has no subject “{subject}”."
    near = did_you_mean(subject, known)
    if near:
        vi, en = f"{vi} Có phải ý bạn là “{near}”?", f"{en} Did you mean “{near}”?"
    return [FieldError(pointer="/subject", code="unknown_subject", vi=vi, en=en)]


async def put(db: WriteSession, body: PeriodPut) -> UUID:
    """Set what holds from a day on: the row that holds then ends there, the same again changes nothing. Raises PeriodsOverlap."""
    if not await db.connection.fetchval(EVERYWHERE):
        raise WholePlatformOnly
    db.expect(curriculum_period_overlap=PeriodsOverlap)
    query = select(CurriculumPeriod).where(
        col(CurriculumPeriod.grade) == body.grade,
        col(CurriculumPeriod.subject) == body.subject,
        col(CurriculumPeriod.valid_from) <= body.valid_from,
        col(CurriculumPeriod.valid_to).is_(None) | (col(CurriculumPeriod.valid_to) > body.valid_from),
    )
    row = (await db.session.execute(query.with_for_update())).scalars().one_or_none()
    values = body.model_dump()
    if row is not None and row.valid_from == body.valid_from:
        _set(row, values)
        await db.flush()
        return row.period_id
    if row is not None:
        row.valid_to = body.valid_from
        row.touch()
        await db.flush()
    added = CurriculumPeriod(**values)
    db.add(added)
    await db.flush()
    return added.period_id


def _set(row: CurriculumPeriod, values: dict[str, Any]) -> None:
    changed = {name: value for name, value in values.items() if getattr(row, name) != value}
    for name, value in changed.items():
        setattr(row, name, value)
    if changed:
        row.touch()
