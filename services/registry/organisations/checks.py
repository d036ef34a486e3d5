"""What a change of the tree must satisfy before it is made; every fault names its field."""

from datetime import date
from uuid import UUID

from libs.common.db.write import WriteSession
from libs.common.errors import FieldError, Invalid
from services.registry.conflicts import invalid
from services.registry.organisations import rules, tree, units
from services.registry.organisations.problems import LearnersRemain
from services.registry.organisations.rules import Facts, OrganisationKind

ENROLLED = """
SELECT count(*) FROM enrolment WHERE school_id = $1 AND (upper(period) IS NULL OR upper(period) > $2)"""


def facts(given: Facts, on: date) -> None:
    """Check levels, attributes and administrative unit; raises Invalid with every fault."""
    faults = [*_level_faults(given), *_attribute_faults(given), *_unit_faults(given.administrative_unit_code, on)]
    if faults:
        raise Invalid(errors=faults)


async def parent(db: WriteSession, kind: OrganisationKind, code: str | None, on: date) -> UUID | None:
    """Return the parent's id; raises Invalid when there is none of that code on that day or it is of the wrong kind."""
    allowed = rules.PARENT_KINDS[kind]
    if code is None:
        if not allowed:
            return None
        raise invalid("/parent_code", "missing", "Thiếu đơn vị cấp trên.", "A parent is needed.")
    found = await tree.find(db, code, on)
    if found is None:
        raise invalid("/parent_code", "unknown_organisation", f"Không có đơn vị “{code}” vào ngày {on}.", f"There is no “{code}” on {on}.")
    if found.kind not in allowed:
        raise invalid(
            "/parent_code", "parent_kind", f"{kind} không thể thuộc {found.kind}.", f"A {kind} cannot stand under a {found.kind}."
        )
    return found.organisation_id


async def successor(db: WriteSession, code: str, on: date, organisation_id: UUID) -> UUID:
    """Return the id of the organisation that takes the place of another; raises Invalid."""
    found = await tree.find(db, code, on)
    if found is None or found.organisation_id == organisation_id:
        raise invalid("/into_code", "unknown_organisation", f"Không có đơn vị “{code}” khác vào ngày {on}.", f"No other “{code}” on {on}.")
    return found.organisation_id


async def nobody_enrolled(db: WriteSession, organisation_id: UUID, on: date) -> None:
    """Refuse to end a school while learners are enrolled beyond that day; raises LearnersRemain."""
    remaining = await db.connection.fetchval(ENROLLED, organisation_id, on)
    if remaining:
        raise LearnersRemain(detail_vi=f"Còn {remaining} học sinh sau ngày {on}.", detail_en=f"{remaining} learners beyond {on}.")


def _level_faults(given: Facts) -> list[FieldError]:
    if given.kind is OrganisationKind.SCHOOL and not given.levels:
        return [
            FieldError(pointer="/levels", code="missing", vi="Trường phải có ít nhất một cấp học.", en="A school has at least one level.")
        ]
    if len(set(given.levels)) < len(given.levels):
        return [FieldError(pointer="/levels", code="repeated", vi="Cấp học bị lặp.", en="A level is repeated.")]
    return []


def _attribute_faults(given: Facts) -> list[FieldError]:
    return [
        FieldError(
            pointer="/attributes/" + name,
            code="not_of_this_kind",
            vi=f"Thuộc tính này không dành cho loại đơn vị {given.kind}.",
            en=f"A {given.kind} does not have this attribute.",
        )
        for name in rules.attribute_faults(given.kind, given.attributes)
    ]


def _unit_faults(code: str | None, on: date) -> list[FieldError]:
    """Check the code on its day; before the two tiers our lists are not complete, so what they do not know passes."""
    if code is None or units.find(code, on) is not None or not units.is_verifiable(code, on):
        return []
    near = units.suggest(code, on)
    hint_vi = f" Có phải ý bạn là {near.code} ({near.full_name})?" if near else ""
    hint_en = f" Did you mean {near.code} ({near.full_name})?" if near else ""
    return [
        FieldError(
            pointer="/administrative_unit_code",
            code="unknown_unit",
            vi=f"Không có đơn vị hành chính {code} vào ngày {on}.{hint_vi}",
            en=f"There is no administrative unit {code} on {on}.{hint_en}",
        )
    ]
