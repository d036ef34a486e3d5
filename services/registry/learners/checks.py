"""What an enrolment must satisfy: school, year, class, level and grade, read by one query on the day the spell begins."""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

import asyncpg

from libs.common.clock import today
from libs.common.errors import FieldError
from services.registry.learners.rules import LEAVING, EnrolmentStatus, grade_fits
from services.registry.learners.schemas import EnrolmentBody
from services.registry.organisations.rules import Level
from services.registry.organisations.service import Session

FACTS = """
SELECT y.school_year, v.organisation_id, v.kind, v.levels, o.organisation_path::text AS organisation_path, c.class_id, c.grade, c.level,
    c.studies_informatics
FROM (SELECT) one
LEFT JOIN school_year y ON y.school_year = $3
LEFT JOIN organisation_version v ON v.code = $1 AND v.valid_from <= $2 AND (v.valid_to IS NULL OR v.valid_to > $2)
LEFT JOIN organisation o ON o.organisation_id = v.organisation_id
LEFT JOIN class c ON c.school_id = v.organisation_id AND c.school_year = $3 AND (c.class_id = $4 OR c.name = $5)"""
SCHOOL_CODE = """
SELECT code FROM organisation_version WHERE organisation_id = $1 AND valid_from <= $2 ORDER BY valid_from DESC LIMIT 1"""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a spell begins: school, class and grade as resolved, and where the school stands in the tree."""

    school_id: UUID
    path: str
    class_id: UUID | None
    grade: int | None
    begins: date


async def place(db: Session, body: EnrolmentBody, prefix: str = "") -> tuple[Place | None, list[FieldError]]:
    """Return where the spell begins, and every fault; `prefix` is the JSON pointer of the enrolment in the body."""
    begins = body.enrolled_on or today()
    row = await db.connection.fetchrow(FACTS, body.school_code, begins, body.school_year, body.class_id, body.class_name)
    faults = [*_period_faults(body, begins), *_school_faults(body, row), *_class_faults(body, row)]
    if faults:
        return None, [fault.model_copy(update={"pointer": prefix + fault.pointer}) for fault in faults]
    grade = row["grade"] if body.grade is None else body.grade
    return Place(row["organisation_id"], row["organisation_path"], row["class_id"], grade, begins), []


async def school_code(db: Session, school_id: UUID, on: date) -> str:
    """Return the code that a school bears on a day."""
    return str(await db.connection.fetchval(SCHOOL_CODE, school_id, on))


def _period_faults(body: EnrolmentBody, begins: date) -> list[FieldError]:
    faults = []
    if body.left_on is not None and body.left_on <= begins:
        faults.append(_fault("/left_on", "order", "Ngày rời trường phải sau ngày nhập học.", "The end must come after the beginning."))
    if body.left_on is None and body.status in LEAVING:
        faults.append(_fault("/status", "leaving_status", "Tình trạng này cần ngày rời trường.", "This status needs the day of leaving."))
    if not grade_fits(body.level, body.grade):
        faults.append(
            _fault(
                "/grade",
                "grade_level",
                f"Lớp {body.grade} không thuộc cấp học {body.level}.",
                f"Grade {body.grade} is not of {body.level}.",
            )
        )
    return faults


def _school_faults(body: EnrolmentBody, row: asyncpg.Record) -> list[FieldError]:
    if row["organisation_id"] is None:
        return [_fault("/school_code", "unknown_school", "Không có trường này vào ngày nhập học.", "There is no such school on that day.")]
    if row["kind"] != "school":
        return [_fault("/school_code", "not_a_school", "Đơn vị này không phải trường học.", "This organisation is not a school.")]
    if row["school_year"] is None:
        return [_fault("/school_year", "unknown_school_year", "Năm học chưa được khai báo.", "The school year has not been set.")]
    if body.level not in row["levels"]:
        return [_fault("/level", "level_not_taught", "Trường không có cấp học này.", "The school does not teach this level.")]
    return []


def _class_faults(body: EnrolmentBody, row: asyncpg.Record) -> list[FieldError]:
    if body.class_id is None and body.class_name is None:
        return []
    if row["class_id"] is None:
        pointer = "/class_id" if body.class_id else "/class_name"
        return [_fault(pointer, "unknown_class", "Trường không có lớp này trong năm học.", "The school has no such class in that year.")]
    if Level(row["level"]) is not body.level:
        return [_fault("/level", "class_level", "Lớp thuộc cấp học khác.", "The class is of another level.")]
    if body.grade is not None and row["grade"] is not None and row["grade"] != body.grade:
        return [_fault("/grade", "class_grade", f"Lớp này là khối {row['grade']}.", f"The class is of grade {row['grade']}.")]
    return []


def leaving_faults(status: EnrolmentStatus) -> list[FieldError]:
    """Return the fault of a status that does not end a spell."""
    if status in LEAVING:
        return []
    return [_fault("/status", "not_a_leaving_status", "Đây không phải tình trạng rời trường.", "This status does not end an enrolment.")]


def _fault(pointer: str, code: str, vi: str, en: str) -> FieldError:
    return FieldError(pointer=pointer, code=code, vi=vi, en=en)


def other_than_path(pointer: str) -> FieldError:
    """Return the fault of an identifier that contradicts the one by which the learner is addressed."""
    return _fault(
        pointer, "other_than_path", "Mã khác với mã cùng loại trên đường dẫn.", "The path gives this kind of identifier another value."
    )


def missing_enrolment() -> FieldError:
    """Return the fault of a new learner without a school."""
    return _fault("/enrolment", "missing", "Học sinh mới phải có thông tin trường học.", "A new learner needs an enrolment.")
