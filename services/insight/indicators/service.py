"""Counts what the read model holds under one organisation as of a day; every figure and every drill-down comes from this one ledger."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from libs.common.auth.principal import Principal
from libs.common.errors import NotFound
from libs.common.rounding import Rounding
from services.insight.indicators import queries
from services.insight.indicators.catalogue import Indicator, catalogue
from services.insight.indicators.counting import Count
from services.insight.indicators.ledger import Ledger, Organisation
from services.insight.indicators.needs import Norm, norms_file, norms_on
from services.insight.indicators.protection import Suppression
from services.insight.indicators.rules import Contribution, Figure, figure
from services.insight.indicators.sources import SOURCES

READ, SEES_PEOPLE = "insight.figure.read", "registry.learner.read"


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked for: of an organisation (its code), as of a day, some indicators; needs are rounded as the norms say unless told."""

    code: str
    on: date
    wanted: Collection[Indicator]
    rounding: Rounding | None = None


@dataclass(frozen=True, slots=True)
class Book:
    """A ledger, and what of it is kept from the caller (None: nothing)."""

    ledger: Ledger
    suppression: Suppression | None = None

    def figure(self, indicator: Indicator, level: str | None) -> Figure:
        """Compute an indicator as the caller may see it."""
        return figure(catalogue(), indicator, self.ledger, level, self.suppression)

    def told(self, found: Figure) -> list[Contribution]:
        """Return the contributions to a figure that the caller may see; of a share or ratio both counts or none."""
        if self.suppression is None:
            return list(found.contributions)
        hides, parts = self.suppression.hides, catalogue().parts_of(found.indicator)
        return [part for part in found.contributions if not any(hides(one, found.level, part.organisation_id) for one in parts)]

    def rounded(self, rounding: Rounding) -> "Book":
        """Return the same with needs rounded in another way."""
        return replace(self, ledger=replace(self.ledger, rounding=rounding))


async def book(connection: Any, principal: Principal, question: Question) -> Book:
    """Return what is counted under the organisation as the caller may see it; raises NotFound when it is not in the caller's scope.

    An organisation that did not exist on the day has an empty ledger.
    """
    people = _codes(principal, SEES_PEOPLE)
    tree = await connection.fetch(queries.TREE, question.code, question.on, people)
    if not tree and not await connection.fetchval(queries.KNOWN, question.code):
        raise NotFound(detail_vi=f"Không có tổ chức “{question.code}”.", detail_en=f"There is no organisation “{question.code}”.")
    counted = await _ledger(connection, tree, question) if tree else Ledger({})
    if all(row["sees_people"] for row in tree):
        return Book(counted)
    return Book(counted, await _suppression(connection, principal, counted, question))


async def _ledger(connection: Any, tree: Sequence[Mapping[str, Any]], question: Question) -> Ledger:
    """Return what is counted in a tree, its root first: of the kinds of record that the question looks at."""
    organisations = {row["organisation_id"]: _organisation(row) for row in tree}
    keys, kinds = list(organisations), catalogue().kinds_behind(question.wanted)
    told = await connection.fetch(queries.COMPUTER_NORMS) if "computer_norm" in kinds else ()
    norms = norms_on(question.on, [Norm(**row) for row in told])
    count = Count(organisations, keys[0], question.on)
    count.add_organisations(norms)
    for source in SOURCES:
        if source.kinds & kinds:
            source.add(count, await connection.fetch(source.statement, keys, question.on))
    seen = frozenset((key, kind) for key, kind in count.seen if key in organisations)
    return Ledger(organisations, count.tallies, seen, keys[0], norms, question.rounding or norms_file().rounding)


async def _suppression(connection: Any, principal: Principal, counted: Ledger, question: Question) -> Suppression:
    """Return what is kept from a caller whose roles do not let them see people everywhere in the ledger."""
    root, whole = next(iter(counted.organisations)), counted
    top = await connection.fetchval(queries.TOPMOST, root, _codes(principal, READ))
    if top != root:
        tree = await connection.fetch(queries.TREE_OF, top, question.on)
        if root in {row["organisation_id"] for row in tree}:
            whole = await _ledger(connection, tree, question)
    return Suppression(catalogue(), whole, root)


def _codes(principal: Principal, permission: str) -> list[str]:
    reach = principal.reach(permission)
    return list(reach.organisation_codes) if reach else []


def _organisation(row: Mapping[str, Any]) -> Organisation:
    return Organisation(
        organisation_id=row["organisation_id"],
        code=row["code"],
        name=row["name"],
        kind=row["kind"],
        parent_id=row["parent_id"],
        levels=frozenset(row["levels"]),
        has_website=row["has_website"],
    )
