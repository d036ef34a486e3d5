"""What all services together hold of school transfers: the check that nothing is lost and nothing is done twice, whoever was killed."""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from libs.common.events import connections
from libs.common.events.replay import list_events
from libs.common.events.transport import Selection, connect
from stack.installation import SERVICES
from stack.story.cast import cast_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from stack.installation import Installation

CAST = cast_of("phong-dong")
WAITING = "SELECT (SELECT count(*) FROM outbox) AS outbox, (SELECT count(*) FROM dead_letter WHERE replayed_at IS NULL) AS dead"
DOSSIERS = "SELECT dossier_id::text, stage, version, learner_id::text FROM dossier WHERE created_at >= $1"
TRANSFERS = "SELECT dossier_id, learner_id::text, outcome FROM transfer WHERE decided_at >= $1"
MOVES = """
SELECT e.learner_id::text, array_agg(o.code || CASE WHEN upper_inf(e.period) THEN ' open' ELSE ' closed' END ORDER BY e.enrolment_id)
FROM enrolment e JOIN organisation_path o ON o.organisation_id = e.school_id
WHERE e.learner_id = ANY ($1::uuid[]) AND (upper_inf(e.period) OR upper(e.period) >= $2) GROUP BY e.learner_id"""
OPEN_SPELLS = "SELECT count(*) FROM enrolment WHERE upper_inf(period)"
CONTENTS = """
SELECT c.content_id, c.version, v.state
FROM content c JOIN content_version v ON v.content_id = c.content_id AND v.number = c.latest_number"""
TREE = "SELECT organisation_id, code, path::text FROM organisation_path WHERE strpos(code, '#') = 0"  # copies keep those that have ended
COPIES = (
    (
        ("registry", "SELECT enrolment_id, school_id, level, lower(period), upper(period) FROM enrolment"),
        ("assets", "SELECT enrolment_id, school_id, level, valid_from, valid_to FROM learner_spell"),
    ),
    (
        ("registry", "SELECT enrolment_id, learner_id, school_id, class_id, lower(period), upper(period) FROM enrolment"),
        ("insight", "SELECT enrolment_id, learner_id, school_id, class_id, valid_from, valid_to FROM spell"),
    ),
    (
        ("egov", "SELECT dossier_id, version, on_time, finished_at IS NULL FROM dossier"),
        ("insight", "SELECT dossier_id, version, on_time, finished_on IS NULL FROM dossier"),
    ),
    (
        (
            "learning",
            CONTENTS,
        ),
        ("insight", "SELECT DISTINCT ON (content_id) content_id, version, state FROM content_state ORDER BY content_id, version DESC"),
    ),
    (
        ("assets", "SELECT norm_id, key, level, value, valid_from, valid_to, version FROM norm"),
        ("insight", "SELECT norm_id, norm, level, value, valid_from, valid_to, version FROM norm"),
    ),
    *((("registry", TREE), (service, TREE)) for service in SERVICES if service != "registry"),
)
"""Pairs of what an owner holds and what another service holds of it; equal once every event has been applied."""
TOPICS = ("egov.dossier", "egov.transfer", "registry.transfer", "registry.learner")
MANY = 100_000
ONCE = {
    *(f"vn.lienthong.egov.dossier.{verb}.v1" for verb in ("drafted", "submitted", "received", "decided")),
    *(f"vn.lienthong.egov.dossier.{verb}.v1" for verb in ("released", "moved", "assigned", "finished")),
    *("vn.lienthong.egov.transfer.decided.v1", "vn.lienthong.registry.transfer.executed.v1"),
}
MOVED = "vn.lienthong.registry.learner.transferred.v1"


@dataclass(frozen=True, slots=True)
class Ledger:
    """Everything that happened to transfers in an installation since a moment."""

    installation: Installation
    since: datetime

    async def open_spells(self) -> int:
        """Return how many learners are enrolled anywhere."""
        return int((await self.rows("registry", OPEN_SPELLS))[0][0])

    async def faults(self, told: set[str]) -> list[str]:
        """Return what is wrong now; `told` are the dossiers of which stories have told. What is still under way counts as wrong."""
        found = await self._waiting() + await self._copies()
        dossiers = await self.rows("egov", DOSSIERS, self.since)
        if {row[0] for row in dossiers} != told:
            found.append(f"dossiers {sorted({row[0] for row in dossiers} ^ told)} are held or told of, not both")
        found += [f"dossier {row[0]} stands at {row[1]}" for row in dossiers if row[1] != "returned"]
        found += await self._registry({row[0]: row[3] for row in dossiers})
        return found + await self._events({row[0]: row[3] for row in dossiers}, {row[0]: row[2] for row in dossiers})

    async def _waiting(self) -> list[str]:
        held = {service: (await self.rows(service, WAITING))[0] for service in SERVICES}
        return [f"{service}: {outbox} events wait, {dead} are dead letters" for service, (outbox, dead) in held.items() if outbox or dead]

    async def _copies(self) -> list[str]:
        found = []
        for (owner, source), (holder, copy) in COPIES:
            here, there = Counter(await self.rows(owner, source)), Counter(await self.rows(holder, copy))
            if here != there:
                found.append(f"{holder} differs from {owner}: lacks {list(here - there)[:3]}, has {list(there - here)[:3]}")
        return found

    async def _registry(self, learners: dict[str, str]) -> list[str]:
        """Each dossier moved its learner once: one transfer, one spell closed at the old school, one open at the new one."""
        done = Counter(await self.rows("registry", TRANSFERS, self.since))
        found = [f"transfers {done}"] if done != Counter((*pair, "executed") for pair in learners.items()) else []
        spells = dict(await self.rows("registry", MOVES, list(learners.values()), self.since.date()))
        wanted = sorted([f"{CAST.sending} closed", f"{CAST.receiving} open"])
        return found + [f"learner {one}: spells {spells.get(one)}" for one in learners.values() if sorted(spells.get(one) or ()) != wanted]

    async def _events(self, learners: dict[str, str], versions: dict[str, int]) -> list[str]:
        """Each thing was told of once: repeated deliveries bear the same id, and the dossier's versions follow each other."""
        transport = connect(self.installation.bus_url)
        seen: dict[str, tuple[str, str, str]] = {}
        try:
            for records in await asyncio.gather(*(list_events(transport, topic, Selection(since=self.since), MANY) for topic in TOPICS)):
                for record in records:
                    seen[record.header("ce_id") or ""] = (record.key, record.header("ce_type") or "", record.header("ce_sequence") or "")
        finally:
            await transport.close()
        times = Counter((key, kind) for key, kind, _ in seen.values() if kind in ONCE | {MOVED})
        wanted = Counter((dossier, kind) for dossier in learners for kind in ONCE) + Counter((one, MOVED) for one in learners.values())
        found = [f"told of {times - wanted} too often, {wanted - times} too seldom"] if times != wanted else []
        numbers = {dossier: sorted(_numbers(dossier, seen)) for dossier in learners}
        return found + [f"dossier {one}: events {numbers[one]}" for one in learners if numbers[one] != [*range(1, versions[one] + 1)]]

    async def rows(self, service: str, query: str, *arguments: Any) -> list[tuple[Any, ...]]:
        """Return the rows of a statement in a service's database."""
        connection = await connections.connect(self.installation.postgres.url(service, "postgres"), "ledger")
        try:
            return [_plain(row) for row in await connection.fetch(query, *arguments)]
        finally:
            await connection.close()


def _plain(row: Any) -> tuple[Any, ...]:
    return tuple(tuple(value) if isinstance(value, list) else value for value in row)


def _numbers(dossier: str, seen: dict[str, tuple[str, str, str]]) -> Iterator[int]:
    return (int(number) for key, kind, number in seen.values() if key == dossier and ".egov.dossier." in kind)
