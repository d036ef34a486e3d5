"""Counts what the read model holds under one organisation as of a day; every figure and every drill-down comes from this one ledger."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any
from uuid import UUID

from libs.common.auth.principal import Principal
from libs.common.errors import NotFound
from services.insight.indicators import queries
from services.insight.indicators.catalogue import Indicator, catalogue
from services.insight.indicators.counting import Count
from services.insight.indicators.ledger import Ledger, Organisation
from services.insight.indicators.needs import Rounding, norms_file, norms_on
from services.insight.indicators.protection import Suppression
from services.insight.indicators.rules import Contribution, Figure, figure

READ, SEES_PEOPLE = "insight.figure.read", "registry.learner.read"
CLASS_MEASURES = ("classes", "classes_with_informatics")
LEARNER_MEASURES = (
    *("learners", "learners_with_informatics", "learners_in_class"),
    *("learners_grade3_up", "learners_grade3_up_informatics"),
)
DOCUMENT_MEASURES = ("incoming", "incoming_scanned", "outgoing", "outgoing_scanned")
DOSSIER_MEASURES = ("dossiers", "dossiers_online", "dossiers_full_online", "dossiers_finished", "dossiers_on_time")


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


async def book(connection: Any, principal: Principal, code: str, on: date, rounding: Rounding | None = None) -> Book:
    """Return everything counted under the organisation as the caller may see it; raises NotFound when it is not in the caller's scope.

    An organisation that did not exist on the day has an empty ledger.
    """
    root = await connection.fetchrow(queries.ROOT, code, on)
    if root is None:
        raise NotFound(detail_vi=f"Không có tổ chức “{code}”.", detail_en=f"There is no organisation “{code}”.")
    if root["path"] is None:
        return Book(Ledger({}))
    counted = replace(await ledger(connection, root["organisation_id"], root["path"], on), rounding=rounding or norms_file().rounding)
    return Book(counted, await _suppression(connection, principal, counted, on))


async def ledger(connection: Any, root: UUID, path: str, on: date) -> Ledger:
    """Return everything counted under the organisation of this path."""
    organisations = {row["organisation_id"]: _organisation(row) for row in await connection.fetch(queries.TREE, path, on)}
    keys, norms, count = list(organisations), norms_on(on), Count(organisations)
    count.add_organisations(norms)
    count.add("class", CLASS_MEASURES, await connection.fetch(queries.CLASSES, keys, on))
    count.add("learner", LEARNER_MEASURES, await connection.fetch(queries.LEARNERS, keys, on))
    count.add_named(await connection.fetch(queries.STAFF, keys, on))
    count.add_holders("staff", await connection.fetch(queries.STAFF_HOLDERS, keys, on))
    count.add_holders("site", await connection.fetch(queries.SITE_HOLDERS, keys, on))
    count.add_assets(await connection.fetch(queries.ASSETS, keys, on))
    count.add_named(await connection.fetch(queries.PROCEDURES, keys, on))
    count.add_holders("procedure", await connection.fetch(queries.PROCEDURE_HOLDERS, keys, on))
    count.add("document", DOCUMENT_MEASURES, await connection.fetch(queries.DOCUMENTS, keys, on))
    count.add("dossier", DOSSIER_MEASURES, await connection.fetch(queries.DOSSIERS, keys, on))
    count.add_contents(root, on, await connection.fetch(queries.CONTENTS, keys, on))
    seen = frozenset((key, kind) for key, kind in count.seen if key in organisations)
    return Ledger(organisations, count.tallies, seen, root, norms)


async def _suppression(connection: Any, principal: Principal, counted: Ledger, on: date) -> Suppression | None:
    """Return what is kept from a caller whose roles do not let them see people everywhere in the ledger."""
    people = principal.reach(SEES_PEOPLE)
    codes = list(people.organisation_codes) if people else []
    root = counted.root
    if root is None or await connection.fetchval(queries.SEES_PEOPLE, list(counted.organisations), codes):
        return None
    reach = principal.reach(READ)
    top = await connection.fetchval(queries.TOPMOST, root, list(reach.organisation_codes) if reach else [])
    path = await connection.fetchval(queries.PATH, top, on) if top and top != root else None
    whole = await ledger(connection, top, path, on) if path else counted
    return Suppression(catalogue(), whole if root in whole.organisations else counted, root)


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
