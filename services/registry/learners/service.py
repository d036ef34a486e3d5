"""Learners: registered, brought to what the sender knows, changed, leaving. One query checks, one statement writes a new learner."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from libs.common.clock import today
from libs.common.db.work import UnitOfWork
from libs.common.db.write import WriteSession
from libs.common.errors import Conflict, Invalid
from libs.common.ids import new_id
from services.registry.conflicts import refusing
from services.registry.learners import checks, spells
from services.registry.learners.checks import Place
from services.registry.learners.events import (
    LearnerChanged,
    LearnerEnrolled,
    LearnerEvent,
    LearnerLeft,
    LearnerRegistered,
    Spell,
)
from services.registry.learners.schemas import EnrolmentBody, LearnerChange, LearnerCreate, LearnerLeave, LearnerUpsert
from services.registry.learners.spells import NewSpell, SpellNotOpen
from services.registry.learners.tables import Learner
from services.registry.organisations.rules import Level
from services.registry.people import service as people
from services.registry.people.rules import IdentifierKind, identifier_faults
from services.registry.people.schemas import Identifier, PersonBody, PersonChange
from services.registry.people.tables import Person

LearnerAlreadyEnrolled = spells.LearnerAlreadyEnrolled

# A new learner is four kinds of row; together they are one round trip.
REGISTER = """
WITH placed AS (SELECT text2ltree($1) AS path), new_person AS (
    INSERT INTO person (person_id, full_name, family_name, middle_name, given_name, search_name, birth_date, birth_precision, sex,
        ethnicity, warnings, organisation_path, created_at, updated_at)
    SELECT $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, path, $13, $13 FROM placed
), identified AS (
    INSERT INTO person_identifier (kind, value, person_id, organisation_path)
    SELECT n.kind, n.value, $2, path FROM unnest($14::text[], $15::text[]) AS n(kind, value), placed
), new_learner AS (
    INSERT INTO learner (learner_id, person_id, ministry_code, school_id, class_id, grade, level, status, organisation_path,
        created_at, updated_at)
    SELECT $16, $2, $17, $18, $19, $20, $21, $22, path, $13, $13 FROM placed
)
INSERT INTO enrolment (enrolment_id, learner_id, school_id, class_id, school_year, grade, level, studies_informatics, status_from,
    status_to, period, organisation_path)
SELECT $23, $16, $24, $19, $25, $20, $21, $26, $27, $28, daterange($29, $30), path FROM placed"""
LEARNER_OF = "SELECT learner_id FROM learner WHERE person_id = $1"


class LearnerExists(Conflict):
    """The person is a learner already."""

    slug = "learner-exists"
    title_vi = "Người này đã có hồ sơ học sinh"
    title_en = "The person is a learner already"


@dataclass(frozen=True, slots=True)
class Upserted:
    """The learner that a natural-key upsert made or met."""

    learner_id: UUID
    created: bool


async def register(db: UnitOfWork, body: LearnerCreate) -> UUID:
    """Register a learner with the first spell. Raises Invalid with every fault, IdentifierTaken or LearnerExists."""
    place, faults = await checks.place(db, body.enrolment, "/enrolment")
    faults = people.faults(body) + faults
    if faults or place is None:
        raise Invalid(errors=faults)
    return await _register(db, body, body.enrolment, place)


async def upsert(db: WriteSession, kind: IdentifierKind, value: str, body: LearnerUpsert) -> Upserted:
    """Bring the learner who bears the identifier to what the sender knows; the same again changes nothing."""
    whole = _named(body, Identifier(kind=kind, value=value))
    person_id = await people.find(db, kind, value)
    learner_id = await db.connection.fetchval(LEARNER_OF, person_id) if person_id else None
    if learner_id is None:
        return Upserted(await _register_or_adopt(db, whole, person_id), created=True)
    row = await db.lock(Learner, learner_id, match=False)
    faults = people.faults(whole)
    if faults:
        raise Invalid(errors=faults)
    person = await _person(db, row)
    corrected = await people.correct(db, person, PersonChange(**whole.model_dump(exclude={"enrolment"})), row.ministry_code)
    row.ministry_code = people.value_of(whole.identifiers, IdentifierKind.MINISTRY_CODE) or row.ministry_code
    changed = await _enrol(db, row, whole.enrolment) if whole.enrolment else None
    if changed is not None:
        kind_of_event, after = changed
        _settle(db, row, person, kind_of_event, after)
    elif corrected:
        _settle(db, row, person, LearnerChanged, [])
    return Upserted(row.learner_id, created=False)


async def change(db: WriteSession, learner_id: UUID, body: LearnerChange) -> None:
    """Change the person or the current spell; what is absent stays. Raises Invalid, SpellNotOpen, IdentifierTaken or MinistryCodeFixed."""
    row = await db.lock(Learner, learner_id)
    faults = people.faults(body)
    if faults:
        raise Invalid(errors=faults)
    person = await _person(db, row)
    changed = await people.correct(db, person, body, row.ministry_code)
    row.ministry_code = people.value_of(body.identifiers or [], IdentifierKind.MINISTRY_CODE) or row.ministry_code
    after: list[Spell] = []
    if body.model_fields_set & {"grade", "level", "class_id", "class_name", "school_year", "studies_informatics", "status", "changed_on"}:
        after = await _change_spell(db, row, body)
    if changed or after or row.status != (body.status or row.status):
        row.status = str(body.status or row.status)
        _settle(db, row, person, LearnerChanged, after)


async def leave(db: WriteSession, learner_id: UUID, body: LearnerLeave) -> None:
    """End the current spell. Raises Invalid or SpellNotOpen."""
    row = await db.lock(Learner, learner_id)
    faults = checks.leaving_faults(body.status)
    if faults:
        raise Invalid(errors=faults)
    ended = await spells.end(db, await _open_spell(db, row), body.left_on, body.status)
    row.status = str(body.status)
    if body.left_on <= today():
        row.school_id = row.class_id = None
    _settle(db, row, await _person(db, row), LearnerLeft, [ended])


async def find(db: WriteSession, learner_id: UUID) -> Learner | None:
    """Return the learner, locked, if the caller may see them."""
    return await db.session.get(Learner, learner_id, with_for_update=True)


async def touch(db: WriteSession, row: Learner) -> None:
    """Make the next version after a change of what belongs to the learner."""
    _settle(db, row, await _person(db, row), LearnerChanged, [])


async def _register_or_adopt(db: WriteSession, body: LearnerUpsert, person_id: UUID | None) -> UUID:
    """Register a learner; a person whom the registry knows already (a guardian, say) becomes one."""
    if body.enrolment is None:
        raise Invalid(errors=[checks.missing_enrolment()])
    place, faults = await checks.place(db, body.enrolment, "/enrolment")
    faults = people.faults(body) + faults
    if faults or place is None:
        raise Invalid(errors=faults)
    if person_id is None:
        return await _register(db, body, body.enrolment, place)
    person = await db.lock(Person, person_id, match=False)
    await people.correct(db, person, PersonChange(**body.model_dump(exclude={"enrolment"})), None)
    row = Learner(person_id=person_id, organisation_path=place.path, **_current(body.enrolment, place, _code(body)))
    db.add(row)
    db.expect(learner_person=LearnerExists)
    await db.flush()
    spell = await spells.open_spell(db, row.learner_id, _new_spell(body.enrolment, place))
    db.record(_event(LearnerRegistered, row, person, [spell]), row)
    return row.learner_id


async def _register(db: UnitOfWork, body: PersonBody, enrolment: EnrolmentBody, place: Place) -> UUID:
    person = people.draft(body, place.path)
    row = Learner(person_id=person.person_id, organisation_path=place.path, **_current(enrolment, place, _code(body)))
    spell = _spell(enrolment, place)
    await _write(db, person, body.identifiers, row, enrolment, spell)
    db.record(_event(LearnerRegistered, row, person, [spell]), row)
    return row.learner_id


async def _write(
    db: UnitOfWork, person: Person, identifiers: list[Identifier], row: Learner, enrolment: EnrolmentBody, spell: Spell
) -> None:
    leaving = str(enrolment.status) if enrolment.left_on else None
    with refusing(person_identifier_pkey=people.IdentifierTaken, learner_person=LearnerExists, enrolment_one_school=LearnerAlreadyEnrolled):
        await db.connection.execute(
            REGISTER,
            row.organisation_path,
            *(person.person_id, person.full_name, person.family_name, person.middle_name, person.given_name, person.search_name),
            *(person.birth_date, str(person.birth_precision), person.sex, person.ethnicity, person.warnings, person.created_at),
            *([str(one.kind) for one in identifiers], [one.value for one in identifiers]),
            *(row.learner_id, row.ministry_code, row.school_id, spell.class_id, spell.grade, spell.level, row.status),
            *(spell.enrolment_id, spell.school_id, spell.school_year, spell.studies_informatics),
            *(str(enrolment.status), leaving, spell.valid_from, spell.valid_to),
        )


async def _enrol(db: WriteSession, row: Learner, body: EnrolmentBody) -> tuple[type[LearnerEvent], list[Spell]] | None:
    """Bring the enrolment to what the sender knows; None when it is so already. Another school needs the old spell ended first."""
    place, faults = await checks.place(db, body, "/enrolment")
    if faults or place is None:
        raise Invalid(errors=faults)
    last = await spells.last(db, row.learner_id)
    new = _new_spell(body, place)
    if last is not None and (last.school_id, last.school_year) == (new.school_id, new.school_year) and _meets(last, body, place):
        return await _adjust(db, row, last, body, new)
    before: list[Spell] = []
    if last is not None and last.school_id == new.school_id and last.valid_to is None and last.school_year < new.school_year:
        before = [await spells.end(db, last, place.begins, None)]
    spell = await spells.open_spell(db, row.learner_id, new)
    if place.begins <= today() or row.school_id is None:
        for name, value in _current(body, place, row.ministry_code).items():
            setattr(row, name, value)
        await _stand(db, row, place.path)
    return LearnerEnrolled, [*before, spell]


async def _adjust(
    db: WriteSession, row: Learner, last: Spell, body: EnrolmentBody, new: NewSpell
) -> tuple[type[LearnerEvent], list[Spell]] | None:
    """Amend or end the spell that is there already."""
    wanted = last.model_copy(
        update={"class_id": new.class_id, "grade": new.grade, "level": new.level, "studies_informatics": new.studies_informatics}
    )
    after = await spells.amend(db, wanted) if wanted != last else last
    if body.left_on is not None and after.valid_to != body.left_on:
        after = await spells.end(db, after, body.left_on, str(body.status))
    if after == last:
        return None
    _follow(row, after, str(body.status))
    return LearnerLeft if after.valid_to != last.valid_to else LearnerChanged, [after]


async def _change_spell(db: WriteSession, row: Learner, body: LearnerChange) -> list[Spell]:
    """Amend the current spell in place, or end it and go on with a new one when a day or a new school year is given."""
    last = await _open_spell(db, row)
    begins = body.changed_on or today()
    same_year = body.school_year in {None, last.school_year}
    # Within a year a learner keeps what is not changed; in a new year the class is another one.
    kept_class = last.class_id if same_year and not body.class_name and "class_id" not in body.model_fields_set else None
    wanted = EnrolmentBody(
        school_code=await checks.school_code(db, last.school_id, begins),
        school_year=body.school_year or last.school_year,
        level=body.level or Level(last.level),
        grade=body.grade if "grade" in body.model_fields_set else (last.grade if same_year else None),
        class_id=body.class_id or kept_class,
        class_name=body.class_name,
        studies_informatics=last.studies_informatics if body.studies_informatics is None else body.studies_informatics,
        enrolled_on=begins,
    )
    place, faults = await checks.place(db, wanted)
    if faults or place is None:
        raise Invalid(errors=faults)
    new = _new_spell(wanted, place)
    update = {"class_id": new.class_id, "grade": new.grade, "level": new.level, "studies_informatics": new.studies_informatics}
    if same_year and (body.changed_on is None or body.changed_on <= last.valid_from):
        amended = last.model_copy(update=update)
        after = [await spells.amend(db, amended)] if amended != last else []
    else:
        after = [await spells.end(db, last, begins, None), await spells.open_spell(db, row.learner_id, new)]
    if after:
        _follow(row, after[-1], str(body.status or row.status))
    return after


async def _stand(db: WriteSession, row: Learner, path: str) -> None:
    if row.organisation_path != path:
        row.organisation_path = path
        await db.flush()
        await spells.move(db, row.learner_id, path)


async def _open_spell(db: WriteSession, row: Learner) -> Spell:
    last = await spells.last(db, row.learner_id)
    if last is None or last.valid_to is not None:
        raise SpellNotOpen
    return last


def _named(body: LearnerUpsert, named: Identifier) -> LearnerUpsert:
    """Return the body with the identifier of the path; raises Invalid where it is none, or the body gives that kind another value."""
    faults = identifier_faults(named.kind, named.value, "path/value") + [
        checks.other_than_path(f"/identifiers/{index}/value")
        for index, one in enumerate(body.identifiers)
        if one.kind is named.kind and one.value != named.value
    ]
    if faults:
        raise Invalid(errors=faults)
    return body if named in body.identifiers else body.model_copy(update={"identifiers": [*body.identifiers, named]})


async def _person(db: WriteSession, row: Learner) -> Person:
    return await db.lock(Person, row.person_id, match=False)


def _meets(last: Spell, body: EnrolmentBody, place: Place) -> bool:
    """Tell whether the sender means the last spell: the same beginning, or none given while it is open."""
    return last.valid_from == place.begins if body.enrolled_on else last.valid_to is None


def _follow(row: Learner, spell: Spell, status: str) -> None:
    """Let the learner's own columns show the spell; one that begins later is followed when its day comes."""
    if spell.valid_from > today():
        return
    left = spell.valid_to is not None and spell.valid_to <= today()
    row.school_id, row.class_id = (None, None) if left else (spell.school_id, spell.class_id)
    row.grade, row.level, row.status = spell.grade, spell.level, status


def _settle(db: WriteSession, row: Learner, person: Person, kind: type[LearnerEvent], after: list[Spell]) -> None:
    row.touch()
    db.record(_event(kind, row, person, after), row)


def _event(kind: type[LearnerEvent], row: Learner, person: Person, after: list[Spell]) -> LearnerEvent:
    return kind(learner_id=row.learner_id, birth_year=person.birth_date.year, sex=person.sex, enrolments=after, version=row.version)


def _code(body: PersonBody) -> str | None:
    return people.value_of(body.identifiers, IdentifierKind.MINISTRY_CODE)


def _current(body: EnrolmentBody, place: Place, ministry_code: str | None) -> dict[str, Any]:
    """Return the learner's own columns for a spell: without school and class once it has ended."""
    ended = body.left_on is not None and body.left_on <= today()
    return {
        "ministry_code": ministry_code,
        "school_id": None if ended else place.school_id,
        "class_id": None if ended else place.class_id,
        "grade": place.grade,
        "level": str(body.level),
        "status": str(body.status),
    }


def _new_spell(body: EnrolmentBody, place: Place) -> NewSpell:
    return NewSpell(
        school_id=place.school_id,
        class_id=place.class_id,
        school_year=body.school_year,
        grade=place.grade,
        level=str(body.level),
        studies_informatics=body.studies_informatics,
        status_from=str(body.status),
        valid_from=place.begins,
        valid_to=body.left_on,
    )


def _spell(body: EnrolmentBody, place: Place) -> Spell:
    return Spell(
        enrolment_id=new_id(),
        school_id=place.school_id,
        class_id=place.class_id,
        school_year=body.school_year,
        grade=place.grade,
        level=str(body.level),
        studies_informatics=body.studies_informatics,
        valid_from=place.begins,
        valid_to=body.left_on,
    )
