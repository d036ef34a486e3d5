"""Wear of one asset, of a year, and runs that store it; and new versions of the rule set."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from uuid import UUID

import orjson

from libs.common.clock import today
from libs.common.db.write import WriteSession
from libs.common.errors import Conflict, NotFound
from services.assets.assets.classes import classes
from services.assets.everywhere import everywhere
from services.assets.wear import present, queries, ruleset
from services.assets.wear.rules import CostChange, Holding, RuleSet, Standing, Wear, wear, years
from services.assets.wear.ruleset import RuleSetBody
from services.assets.wear.schemas import AssetWearOut, ClassWearOut, WearRunCreate, YearWearOut, YearWearQuery
from services.assets.wear.tables import RuleSetRow, WearRun

DECEMBER = 12


class RuleSetChanged(Conflict):
    """Somebody else has added a version at the same time."""

    slug = "rule-set-changed"
    title_vi = "Bộ quy tắc vừa được người khác cập nhật"
    title_en = "The rule set has just been changed by somebody else"


@dataclass
class Sums:
    """What is added up for one class."""

    assets: int = 0
    pieces: int = 0
    amounts: list[int] = field(default_factory=lambda: [0, 0, 0])

    def add(self, assets: int, pieces: int, each: tuple[int, int, int]) -> None:
        """Add like assets."""
        self.assets += assets
        self.pieces += pieces
        self.amounts = [known + pieces * amount for known, amount in zip(self.amounts, each, strict=True)]


async def of_asset(connection: Any, asset_id: UUID, as_of: date) -> AssetWearOut:
    """Return the wear of one asset until the year of a day; raises NotFound."""
    row = await connection.fetchrow(queries.ASSET, asset_id)
    if row is None:
        raise NotFound
    rules = await ruleset.current(connection)
    holding, quantity = _holding(row), row["quantity"]
    found = wear(rules, holding, as_of.year)
    booked, accumulated, remaining = amounts(found, holding, as_of.year)
    vi, en = present.STANDINGS[found.standing]
    return AssetWearOut(
        asset_id=asset_id,
        as_of=as_of,
        year=as_of.year,
        quantity=quantity,
        wear_class=holding.wear_class,
        standing=found.standing,
        standing_vi=vi,
        standing_en=en,
        rule_set=present.reference(rules),
        wear=booked * quantity,
        accumulated=accumulated * quantity,
        remaining=remaining * quantity,
        steps=[present.step(step) for step in years(rules, found, as_of.year)],
    )


async def of_year(connection: Any, query: YearWearQuery) -> YearWearOut:
    """Return a year's wear of all that an organisation holds, by class; raises NotFound."""
    root = await _root(connection, query.organisation)
    rules = await ruleset.current(connection)
    sums: dict[tuple[str, Standing], Sums] = {}
    for row in await connection.fetch(queries.GROUPS, root["path"], _new_year(query.year)):
        holding = _holding(row)
        found = wear(rules, holding, query.year)
        each = amounts(found, holding, query.year)
        sums.setdefault((holding.wear_class or "", found.standing), Sums()).add(row["assets"], row["pieces"], each)
    told = [_class_out(*key, sums[key]) for key in sorted(sums)]
    return YearWearOut(
        organisation=query.organisation,
        year=query.year,
        provisional=is_provisional(query.year),
        rule_set=present.reference(rules),
        assets=sum(entry.assets for entry in told),
        wear=sum(entry.wear for entry in told),
        accumulated=sum(entry.accumulated for entry in told),
        remaining=sum(entry.remaining for entry in told),
        classes=told,
    )


async def run(db: WriteSession, body: WearRunCreate) -> UUID:
    """Compute and store a year's wear for every asset; raises NotFound. Set-based: the engine works once for like assets."""
    root = await _root(db.connection, body.organisation_code)
    rules = await ruleset.current(db.connection)
    row = WearRun(
        organisation_id=root["organisation_id"],
        year=body.year,
        rule_set_id=rules.id,
        rule_set_version=rules.version,
        provisional=is_provisional(body.year),
        actor=db.principal.actor,
        organisation_path=root["path"],
    )
    db.add(row)
    await db.flush()
    sums = await book(db.connection, row.run_id, root["path"], body.year)
    for name, value in sums.items():
        setattr(row, name, value)
    return row.run_id


async def book(connection: Any, run_id: UUID, path: str, year: int) -> Mapping[str, int]:
    """Store what every asset under a path loses in a year, and return the sums; set-based but for one call of the engine a case."""
    rules = await ruleset.current(connection)
    await connection.execute(queries.CREATE_INPUT, path, _new_year(year))
    cases = await connection.fetch(queries.CASES)
    await _store(connection, run_id, list(_computed(rules, cases, year)))
    return dict(await connection.fetchrow(queries.SUMS, run_id))


async def add_version(db: WriteSession, body: RuleSetBody) -> None:
    """Add the next version of the rules; the same as the newest one changes nothing. Only the whole platform may."""
    await everywhere(db)
    newest = await ruleset.newest(db.connection)
    if newest.rules == body:
        return
    db.expect(rule_set_pkey=RuleSetChanged)
    db.add(RuleSetRow(rule_set_id=newest.id, version=newest.version + 1, document=body.model_dump(mode="json"), actor=db.principal.actor))


def amounts(found: Wear, holding: Holding, year: int) -> tuple[int, int, int]:
    """Return the year's wear, and accumulated and remaining at its end, of one piece."""
    if found.at(year) is not None:
        return found.amounts(year)
    if found.standing is not Standing.WEARS:
        return 0, 0, holding.cost or 0
    # Not yet in use, or the books were taken over at the end of a later year.
    taken = holding.opening[1] if holding.opening else 0
    return 0, taken, (holding.cost or 0) - taken


def is_provisional(year: int) -> bool:
    """Tell whether the year's December has not begun: wear is booked once a year, in December."""
    day = today()
    return (year, DECEMBER) > (day.year, day.month)


def _computed(rules: RuleSet, cases: Sequence[Any], year: int) -> Iterator[tuple[int, str, str, int, int, int]]:
    for row in cases:
        holding = _holding(row)
        found = wear(rules, holding, year)
        steps = [stretch._asdict() for stretch in found.stretches]
        yield (row["case_no"], found.standing, orjson.dumps(steps).decode(), *amounts(found, holding, year))


async def _store(connection: Any, run_id: UUID, computed: list[tuple[int, str, str, int, int, int]]) -> None:
    if not computed:
        return
    numbers, standings, steps, booked, accumulated, remaining = (list(column) for column in zip(*computed, strict=True))
    await connection.execute(queries.STORE_CASES, run_id, numbers, standings, steps)
    await connection.execute(queries.STORE_RESULTS, run_id, numbers, booked, accumulated, remaining)


async def _root(connection: Any, code: str) -> Mapping[str, Any]:
    row: Mapping[str, Any] | None = await connection.fetchrow(queries.ROOT, code)
    if row is None:
        raise NotFound(detail_vi=f"Không có đơn vị “{code}”.", detail_en=f"There is no organisation “{code}”.")
    return row


def _holding(row: Mapping[str, Any]) -> Holding:
    known = classes().get(row["class_code"])
    return Holding(
        wear_class=row["wear_class"] or (known.wear if known else None),
        cost=row["cost"],
        first_year=row["first_year"],
        second_hand_years=row["second_hand_years"],
        opening=None if row["opening_year"] is None else (row["opening_year"], row["opening_accumulated"]),
        exempt=row["no_wear"],
        changes=tuple(CostChange(*pair) for pair in orjson.loads(row["changes"])) if row["changes"] else (),
    )


def _class_out(wear_class: str, standing: Standing, sums: Sums) -> ClassWearOut:
    booked, accumulated, remaining = sums.amounts
    return ClassWearOut(
        wear_class=wear_class or None,
        standing=standing,
        assets=sums.assets,
        pieces=sums.pieces,
        wear=booked,
        accumulated=accumulated,
        remaining=remaining,
    )


def _new_year(year: int) -> date:
    return date(year + 1, 1, 1)
