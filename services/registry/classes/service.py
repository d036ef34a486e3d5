"""School years and classes: natural-key upserts, and rules checked by one query."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

import asyncpg

from libs.common.clock import today
from libs.common.db.write import WriteSession
from libs.common.errors import Conflict, FieldError, Forbidden, Invalid
from services.registry.classes.events import ClassChanged, ClassEvent, ClassOpened, SchoolYearSet
from services.registry.classes.schemas import ClassBody, ClassChange, ClassCreate
from services.registry.classes.schemas import SchoolYearSet as SchoolYearBody
from services.registry.classes.tables import SchoolClass, SchoolYear
from services.registry.learners.rules import grade_fits
from services.registry.organisations.rules import Level

# The school is looked up on the last day of the year that has come: codes mean something only with a date.
FACTS = """
SELECT y.school_year, v.organisation_id, v.kind, v.levels, o.organisation_path::text AS organisation_path,
    (SELECT s.organisation_id FROM organisation_version s WHERE s.code = $3 AND s.parent_id = v.organisation_id AND s.kind = 'site'
        LIMIT 1) AS site_id,
    EXISTS (SELECT FROM staff t WHERE t.staff_id = $4) AS homeroom_known,
    (SELECT c.class_id FROM class c WHERE c.school_id = v.organisation_id AND c.school_year = $2 AND c.name = $5) AS class_id
FROM (SELECT) one
LEFT JOIN school_year y ON y.school_year = $2
LEFT JOIN organisation_version v ON v.code = $1 AND v.valid_from <= greatest(y.starts_on, least(y.ends_on, $6))
    AND (v.valid_to IS NULL OR v.valid_to > greatest(y.starts_on, least(y.ends_on, $6)))
LEFT JOIN organisation o ON o.organisation_id = v.organisation_id"""


class ClassNameTaken(Conflict):
    """The school has a class of that name in that year."""

    slug = "class-name-taken"
    title_vi = "Trường đã có lớp cùng tên trong năm học này"
    title_en = "The school has a class of that name in that year"


WHOLE_PROVINCE = """
SELECT '' = ANY (scope_paths()::text[]) OR EXISTS (
    SELECT FROM organisation_path p WHERE p.kind = 'province' AND p.path <@ ANY (scope_paths()))"""


@dataclass(frozen=True, slots=True)
class Upserted:
    """The class that a natural-key upsert made or met."""

    class_id: UUID
    created: bool


async def set_school_year(db: WriteSession, school_year: str, body: SchoolYearBody) -> None:
    """Fix the days of a school year for the whole province; the same again changes nothing. Raises Forbidden to a part of it."""
    if not await db.connection.fetchval(WHOLE_PROVINCE):
        raise Forbidden(
            detail_vi="Năm học do tỉnh quy định, không phải từng trường.",
            detail_en="The school year is set by the province, not by a school.",
        )
    row = await db.session.get(SchoolYear, school_year, with_for_update=True)
    if row is None:
        row = SchoolYear(school_year=school_year, starts_on=body.starts_on, ends_on=body.ends_on)
        db.add(row)
    elif (row.starts_on, row.ends_on) == (body.starts_on, body.ends_on):
        return
    else:
        row.starts_on, row.ends_on = body.starts_on, body.ends_on
        row.touch()
    db.record(SchoolYearSet(school_year=school_year, starts_on=row.starts_on, ends_on=row.ends_on, version=row.version))


async def open_class(db: WriteSession, body: ClassCreate) -> UUID:
    """Open a class; raises Invalid or ClassNameTaken."""
    facts = await _facts(db, body)
    if facts["class_id"] is not None:
        raise ClassNameTaken
    return await _open(db, body, facts)


async def upsert(db: WriteSession, body: ClassCreate) -> Upserted:
    """Open the class or bring it to what the sender knows, by school, year and name; the same again changes nothing."""
    facts = await _facts(db, body)
    if facts["class_id"] is None:
        return Upserted(await _open(db, body, facts), created=True)
    row = await db.lock(SchoolClass, facts["class_id"], match=False)
    _set(db, row, _values(body, facts))
    return Upserted(row.class_id, created=False)


async def change(db: WriteSession, class_id: UUID, body: ClassChange) -> None:
    """Change a class; what is absent stays. Raises Invalid or ClassNameTaken."""
    row = await db.lock(SchoolClass, class_id)
    given = body.model_dump(exclude_unset=True)
    site_code = given.pop("site_code", None)
    site_id, homeroom_known = await db.connection.fetchrow(
        "SELECT (SELECT organisation_id FROM organisation_version WHERE code = $1 AND parent_id = $2 AND kind = 'site' LIMIT 1), "
        "EXISTS (SELECT FROM staff WHERE staff_id = $3)",
        site_code,
        row.school_id,
        body.homeroom_staff_id,
    )
    after = {"level": row.level, "grade": row.grade} | given
    faults = [
        *_grade_faults(Level(after["level"]), after["grade"]),
        *_reference_faults(site_code, site_id, body.homeroom_staff_id, homeroom_known=homeroom_known),
    ]
    if faults:
        raise Invalid(errors=faults)
    if "site_code" in body.model_fields_set:
        given["site_id"] = site_id
    db.expect(class_natural_key=ClassNameTaken)
    _set(db, row, given)


async def _open(db: WriteSession, body: ClassCreate, facts: asyncpg.Record) -> UUID:
    row = SchoolClass(
        school_id=facts["organisation_id"],
        school_year=body.school_year,
        name=body.name,
        organisation_path=facts["organisation_path"],
        **_values(body, facts),
    )
    db.expect(class_natural_key=ClassNameTaken)
    db.add(row)
    _record(db, ClassOpened, row)
    return row.class_id


def _set(db: WriteSession, row: SchoolClass, values: dict[str, Any]) -> None:
    changed = {name: value for name, value in values.items() if getattr(row, name) != value}
    if not changed:
        return
    for name, value in changed.items():
        setattr(row, name, value)
    row.touch()
    _record(db, ClassChanged, row)


def _record(db: WriteSession, kind: type[ClassEvent], row: SchoolClass) -> None:
    db.record(
        kind(
            class_id=row.class_id,
            school_id=row.school_id,
            school_year=row.school_year,
            grade=row.grade,
            level=row.level,
            studies_informatics=row.studies_informatics,
            name=row.name,
            site_id=row.site_id,
            version=row.version,
        ),
        row,
    )


def _values(body: ClassBody, facts: asyncpg.Record) -> dict[str, Any]:
    return {
        "level": str(body.level),
        "grade": body.grade,
        "studies_informatics": body.studies_informatics,
        "homeroom_staff_id": body.homeroom_staff_id,
        "site_id": facts["site_id"],
    }


async def _facts(db: WriteSession, body: ClassCreate) -> asyncpg.Record:
    facts: asyncpg.Record = await db.connection.fetchrow(
        FACTS, body.school_code, body.school_year, body.site_code, body.homeroom_staff_id, body.name, today()
    )
    faults = [
        *_school_faults(body, facts),
        *_grade_faults(body.level, body.grade),
        *_reference_faults(body.site_code, facts["site_id"], body.homeroom_staff_id, homeroom_known=facts["homeroom_known"]),
    ]
    if faults:
        raise Invalid(errors=faults)
    return facts


def _school_faults(body: ClassCreate, facts: asyncpg.Record) -> list[FieldError]:
    if facts["school_year"] is None:
        return [_fault("/school_year", "unknown_school_year", "Năm học chưa được khai báo.", "The school year has not been set.")]
    if facts["organisation_id"] is None:
        return [_fault("/school_code", "unknown_school", "Không có trường này trong năm học.", "There is no such school in that year.")]
    if facts["kind"] != "school":
        return [_fault("/school_code", "not_a_school", "Đơn vị này không phải trường học.", "This organisation is not a school.")]
    if body.level not in facts["levels"]:
        return [_fault("/level", "level_not_taught", "Trường không có cấp học này.", "The school does not teach this level.")]
    return []


def _grade_faults(level: Level, grade: int | None) -> list[FieldError]:
    if grade_fits(level, grade):
        return []
    return [_fault("/grade", "grade_level", f"Lớp {grade} không thuộc cấp học {level}.", f"Grade {grade} is not of level {level}.")]


def _reference_faults(site_code: str | None, site_id: UUID | None, homeroom: UUID | None, *, homeroom_known: bool) -> list[FieldError]:
    faults = []
    if site_code is not None and site_id is None:
        faults.append(_fault("/site_code", "unknown_site", "Trường không có điểm trường này.", "The school has no such site."))
    if homeroom is not None and not homeroom_known:
        faults.append(_fault("/homeroom_staff_id", "unknown_staff", "Không có giáo viên này.", "There is no such staff member."))
    return faults


def _fault(pointer: str, code: str, vi: str, en: str) -> FieldError:
    return FieldError(pointer=pointer, code=code, vi=vi, en=en)
