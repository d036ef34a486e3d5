"""People as the roles use them: drafts of new ones, corrections, identifiers that are added or replace a temporary code in place."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from libs.common.clock import today
from libs.common.db.write import WriteSession
from libs.common.errors import Conflict, FieldError
from libs.common.text import fold, split_name
from services.registry.conflicts import refusing
from services.registry.people import rules
from services.registry.people.rules import BirthDate, BirthPrecision, IdentifierKind
from services.registry.people.schemas import Identifier, PersonBody, PersonChange
from services.registry.people.tables import Person

FIND = "SELECT person_id FROM person_identifier WHERE kind = $1 AND value = $2"
KNOWN = """
SELECT known_person(i.kind, i.value, $3, $4) AS person_id FROM unnest($1::text[], $2::text[]) AS i(kind, value)
ORDER BY person_id NULLS LAST LIMIT 1"""
EMPLOY = "SELECT employ_person($1, text2ltree($2))"
HELD = "SELECT kind, value FROM person_identifier WHERE person_id = $1"
ADD = """
INSERT INTO person_identifier (kind, value, person_id, organisation_path)
SELECT n.kind, n.value, p.person_id, p.organisation_path FROM unnest($2::text[], $3::text[]) AS n(kind, value), person p
WHERE p.person_id = $1"""
REPLACE = "UPDATE person_identifier SET kind = $4, value = $5 WHERE person_id = $1 AND kind = $2 AND value = $3"


class IdentifierTaken(Conflict):
    """Another person bears the identifier, perhaps at a school that the caller cannot see."""

    slug = "identifier-taken"
    title_vi = "Mã định danh đã thuộc về một người khác"
    title_en = "Another person bears the identifier"


class MinistryCodeFixed(Conflict):
    """A ministry code is given once and never changed."""

    slug = "ministry-code-fixed"
    title_vi = "Mã định danh của Bộ đã cấp thì không thay đổi"
    title_en = "A ministry code is given once and never changed"


def faults(body: PersonBody | PersonChange) -> list[FieldError]:
    """Return what is wrong with a person's data, field by field."""
    found: list[FieldError] = []
    if body.birth_date is not None:
        found += rules.birth_date_faults(rules.parse_birth_date(body.birth_date), today(), "/birth_date")
    for index, identifier in enumerate(body.identifiers or []):
        found += rules.identifier_faults(identifier.kind, identifier.value, f"/identifiers/{index}/value")
    kinds = [identifier.kind for identifier in body.identifiers or []]
    if len(set(kinds)) < len(kinds):
        found.append(
            FieldError(pointer="/identifiers", code="repeated", vi="Một loại mã xuất hiện hai lần.", en="A kind of identifier is repeated.")
        )
    return found


def draft(body: PersonBody, path: str) -> Person:
    """Return a new person who stands at `path`; nothing is written."""
    birth = rules.parse_birth_date(body.birth_date)
    return Person(
        birth_date=birth.value,
        birth_precision=birth.precision,
        sex=int(body.sex),
        ethnicity=body.ethnicity,
        warnings=rules.personal_number_warnings(value_of(body.identifiers, IdentifierKind.PERSONAL_NUMBER), birth, body.sex),
        organisation_path=path,
        **_names(body.full_name),
    )


def value_of(identifiers: Sequence[Identifier], kind: IdentifierKind) -> str | None:
    """Return the value of the identifier of that kind, or None."""
    return next((identifier.value for identifier in identifiers if identifier.kind is kind), None)


async def find(db: WriteSession, kind: IdentifierKind, value: str) -> UUID | None:
    """Return the person who bears the identifier, if the caller may see them."""
    found: UUID | None = await db.connection.fetchval(FIND, kind, value)
    return found


async def known(db: WriteSession, body: PersonBody) -> UUID | None:
    """Return the person whom identifier, name and birth date name alike, wherever the record stands; so nobody is entered twice."""
    kinds, values = [str(one.kind) for one in body.identifiers], [one.value for one in body.identifiers]
    found: UUID | None = await db.connection.fetchval(KNOWN, kinds, values, body.full_name, rules.parse_birth_date(body.birth_date).value)
    return found


async def employ(db: WriteSession, person_id: UUID, path: str) -> None:
    """Let the record of a person stand where they work from now on, unless they also learn somewhere."""
    await db.connection.execute(EMPLOY, person_id, path)


async def correct(db: WriteSession, person: Person, body: PersonChange, ministry_code: str | None) -> bool:
    """Change what is given of a person, identifiers included; returns whether anything changed.

    `ministry_code` is the one that the person bears in the role that is being changed. Raises IdentifierTaken or MinistryCodeFixed.
    """
    values: dict[str, Any] = {}
    if body.full_name is not None:
        values |= _names(body.full_name)
    if body.birth_date is not None:
        birth = rules.parse_birth_date(body.birth_date)
        values |= {"birth_date": birth.value, "birth_precision": str(birth.precision)}
    if body.sex is not None:
        values["sex"] = int(body.sex)
    if "ethnicity" in body.model_fields_set:
        values["ethnicity"] = body.ethnicity
    identified = await _identify(db, person.person_id, body.identifiers or [], ministry_code)
    changed = {name: value for name, value in values.items() if getattr(person, name) != value}
    if not changed and not identified:
        return False
    for name, value in changed.items():
        setattr(person, name, value)
    held = {row["kind"]: row["value"] for row in await db.connection.fetch(HELD, person.person_id)}
    birth = BirthDate(person.birth_date, BirthPrecision(person.birth_precision))
    person.warnings = rules.personal_number_warnings(held.get(IdentifierKind.PERSONAL_NUMBER), birth, person.sex)
    person.touch()
    return True


async def add_identifiers(db: WriteSession, person_id: UUID, identifiers: Sequence[Identifier]) -> None:
    """Give identifiers to a person whose row is written; raises IdentifierTaken."""
    if identifiers:
        with refusing(person_identifier_pkey=IdentifierTaken):
            await db.connection.execute(ADD, person_id, [str(one.kind) for one in identifiers], [one.value for one in identifiers])


async def _identify(db: WriteSession, person_id: UUID, identifiers: Sequence[Identifier], ministry_code: str | None) -> bool:
    held = [(row["kind"], row["value"]) for row in await db.connection.fetch(HELD, person_id)] if identifiers else []
    fresh = [one for one in identifiers if (one.kind, one.value) not in held]
    added: list[Identifier] = []
    for identifier in fresh:
        old = _replaced(identifier, held, ministry_code)
        if old is None:
            added.append(identifier)
        else:
            held.remove(old)
            with refusing(person_identifier_pkey=IdentifierTaken):
                await db.connection.execute(REPLACE, person_id, *old, str(identifier.kind), identifier.value)
    await add_identifiers(db, person_id, added)
    return bool(fresh)


def _replaced(identifier: Identifier, held: Sequence[tuple[str, str]], ministry_code: str | None) -> tuple[str, str] | None:
    """Return the identifier that the new one takes the place of: a temporary code gives way to the ministry's, others are corrected."""
    if identifier.kind is not IdentifierKind.MINISTRY_CODE:
        return next((old for old in held if old[0] == identifier.kind), None)
    if ministry_code is not None:
        raise MinistryCodeFixed
    return next((old for old in held if old[0] == rules.TEMPORARY), None)


def _names(full_name: str) -> dict[str, Any]:
    parts = split_name(full_name)
    return {
        "full_name": full_name,
        "family_name": parts.family,
        "middle_name": parts.middle,
        "given_name": parts.given,
        "search_name": fold(full_name),
    }
