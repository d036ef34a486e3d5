"""Counts learners and computers, applies the norms of the day; and sets norms."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any
from uuid import UUID

from libs.common.auth.principal import Principal
from libs.common.db.write import WriteSession
from libs.common.errors import Invalid, NotFound
from libs.common.rounding import Rounding
from services.assets.assets.classes import meeting
from services.assets.everywhere import everywhere
from services.assets.fields import Level, fault
from services.assets.need import queries
from services.assets.need.events import NormSet
from services.assets.need.rules import Holding, Norm, levels, total, without_people
from services.assets.need.schemas import LevelNeedOut, NeedByRounding, NeedOut, NeedQuery, NormBody, TotalOut
from services.assets.need.tables import NormRow

COMPUTERS, SEES_PEOPLE = "learners_per_computer", "registry.learner.read"
FIND = "SELECT norm_id FROM norm WHERE key = $1 AND level = $2 AND valid_from = $3"


@dataclass(frozen=True, slots=True)
class Counted:
    """What was counted under an organisation on a day."""

    holdings: Sequence[Holding]
    norms: dict[str, Norm]
    without_level: int


async def need(connection: Any, query: NeedQuery, principal: Principal) -> NeedOut:
    """Return the need of an organisation as the caller may see it; raises NotFound when none of that code is in the caller's scope."""
    people = principal.reach(SEES_PEOPLE)
    root = await connection.fetchrow(queries.ROOT, query.organisation, list(people.organisation_codes) if people else [])
    if root is None:
        raise NotFound(detail_vi=f"Không có đơn vị “{query.organisation}”.", detail_en=f"There is no organisation “{query.organisation}”.")
    counted = await count(connection, root["path"], query.as_of)
    first, *others = [_by_rounding(counted, rounding, people=root["sees_people"]) for rounding in query.rounding]
    return NeedOut(
        organisation=query.organisation,
        organisation_id=root["organisation_id"],
        as_of=query.as_of,
        schools=len({holding.school_id for holding in counted.holdings}),
        present_without_level=counted.without_level,
        compared=others,
        **dict(first),
    )


async def count(connection: Any, path: str, on: date) -> Counted:
    """Count learners and computers by school and level under a path, and read the norms of the day."""
    norms = {row["level"]: Norm(**row) for row in await connection.fetch(queries.NORMS_ON, COMPUTERS, on)}
    learners: dict[tuple[UUID, str], int] = {}
    present: dict[tuple[UUID, str], int] = {}
    without_level = 0
    for row in await connection.fetch(queries.LEARNERS, path, on):
        learners[row["school_id"], row["level"]] = row["learners"]
    for row in await connection.fetch(queries.PRESENT, path, on, meeting(COMPUTERS)):
        if row["level"] is None:
            without_level += row["present"]
        else:
            present[row["school_id"], row["level"]] = row["present"]
    keys = sorted(learners.keys() | present.keys())
    holdings = [Holding(*key, learners=learners.get(key, 0), present=present.get(key, 0)) for key in keys]
    return Counted(holdings, norms, without_level)


def _by_rounding(counted: Counted, rounding: Rounding, *, people: bool) -> NeedByRounding:
    needs = levels(counted.holdings, counted.norms, rounding)
    if not people:
        needs = [without_people(one) for one in needs]
    return NeedByRounding(
        rounding=rounding,
        levels=[LevelNeedOut.model_validate(asdict(need)) for need in needs],
        total=TotalOut(**asdict(total(needs))),
    )


async def set_norm(db: WriteSession, level: Level, valid_from: date, body: NormBody) -> None:
    """Set the norm of a level from a day on; the same again changes nothing. Only the whole platform may."""
    await everywhere(db)
    if body.valid_to is not None and body.valid_to <= valid_from:
        vi, en = "Ngày kết thúc phải sau ngày bắt đầu.", "The end must come after the beginning."
        raise Invalid(errors=[fault("/valid_to", "period_order", vi, en)])
    known = await db.connection.fetchval(FIND, COMPUTERS, level, valid_from)
    if known is None:
        made = NormRow(key=COMPUTERS, level=level, valid_from=valid_from, **body.model_dump())
        db.add(made)
        _tell(db, made)
        return
    row = await db.lock(NormRow, UUID(str(known)), match=False)
    changed = {name: value for name, value in body.model_dump().items() if getattr(row, name) != value}
    for name, value in changed.items():
        setattr(row, name, value)
    if changed:
        row.touch()
        _tell(db, row)


def _tell(db: WriteSession, row: NormRow) -> None:
    db.record(NormSet(norm=row.key, **row.model_dump(include=set(NormSet.model_fields))), row)
