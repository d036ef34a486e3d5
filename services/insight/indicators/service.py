"""Counts what the read model holds under one organisation as of a day; every figure and every drill-down comes from this one ledger."""

from collections.abc import Mapping
from datetime import date
from typing import Any
from uuid import UUID

from libs.common.errors import NotFound
from services.insight.indicators import queries
from services.insight.indicators.rules import SCHOOL, Ledger, Organisation, Tally

CLASS_MEASURES = ("classes", "classes_with_informatics")
LEARNER_MEASURES = ("learners", "learners_with_informatics")


async def ledger(connection: Any, code: str, on: date) -> Ledger:
    """Return everything counted under the organisation; raises NotFound when none of that code is in the caller's scope.

    An organisation that did not exist on the day has an empty ledger.
    """
    root = await connection.fetchrow(queries.ROOT, code, on)
    if root is None:
        raise NotFound(detail_vi=f"Không có tổ chức “{code}”.", detail_en=f"There is no organisation “{code}”.")
    if root["path"] is None:
        return Ledger({})
    organisations = {row["organisation_id"]: _organisation(row) for row in await connection.fetch(queries.TREE, root["path"], on)}
    keys = list(organisations)
    tallies: list[Tally] = []
    seen = {(key, SCHOOL) for key, organisation in organisations.items() if organisation.kind == SCHOOL}
    seen |= {(key, "website") for key, organisation in organisations.items() if organisation.has_website is not None}
    for query, kind, measures in ((queries.CLASSES, "class", CLASS_MEASURES), (queries.LEARNERS, "learner", LEARNER_MEASURES)):
        for row in await connection.fetch(query, keys, on):
            seen.add((row["organisation_id"], kind))
            tallies += [Tally(row["organisation_id"], measure, row["level"], row[measure]) for measure in measures]
    staff = await connection.fetch(queries.STAFF, keys, on)
    tallies += [Tally(row["organisation_id"], row["measure"], None, row["count"]) for row in staff]
    for query, kind in ((queries.STAFF_HOLDERS, "staff"), (queries.SITE_HOLDERS, "site")):
        seen |= {(row["organisation_id"], kind) for row in await connection.fetch(query, keys, on)}
    return Ledger(organisations, tallies, frozenset(_known(seen, organisations)))


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


def _known(seen: set[tuple[UUID, str]], organisations: Mapping[UUID, Organisation]) -> set[tuple[UUID, str]]:
    return {(key, kind) for key, kind in seen if key in organisations}
