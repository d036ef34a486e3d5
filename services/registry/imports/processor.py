"""Takes one run from the received file to its end, in one transaction: stage, check, apply, or a report and nothing else.

Whoever holds the run's advisory lock works on it; when that process dies the lock goes with its connection, and the next worker starts
again from the file. Progress is written on a second connection, so that it can be read while the transaction is open.
"""

import asyncio
import logging
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, BinaryIO, Final
from uuid import UUID

import asyncpg

from libs.common.clock import today
from libs.common.events.outbox import CHANNEL
from libs.common.ids import new_id
from libs.common.imports import cells, report, staging, workbook
from libs.common.imports.faults import CREATE_FAULT, FileFaultError
from services.registry.imports.columns import COLUMNS, ImportKind
from services.registry.imports.kinds import PLANS
from services.registry.imports.messages import SENTENCES
from services.registry.imports.plan import CREATE_ALLOWED, SENDER_PATHS, Connection, Plan, bind
from services.registry.imports.settings import ImportSettings

log = logging.getLogger(__name__)
EVERYWHERE: Final = ["*"]
OPEN: Final = "SELECT open_scope($1::text[], NULL, $2)"
WORKER: Final = "worker:imports"
# Somebody else wrote the same thing between our look and our write: look again.
CONTENDED: Final = (
    asyncpg.UniqueViolationError,
    asyncpg.ExclusionViolationError,
    asyncpg.ForeignKeyViolationError,
    asyncpg.DeadlockDetectedError,
    asyncpg.SerializationError,
)
MAX_CONTENDED: Final = 3
# Temporary tables carry no statistics; guessed small, a join of 200,000 rows row by row takes minutes instead of a second.
MANY_ROWS: Final = 2_000
NO_NESTED_LOOPS: Final = "SELECT set_config('enable_nestloop', 'off', true)"
STEMS: Final = (
    "person_stem",
    "learner_stem",
    "enrolment_stem",
    "staff_stem",
    "post_stem",
    "class_stem",
    "organisation_stem",
    "event_stem",
    "state_stem",
)

READ_RUN: Final = """
SELECT import_id, kind, dry_run, actor, scope_codes, request_id, traceparent, media, file_sha256, attempts
FROM import_run WHERE import_id = $1 AND finished_at IS NULL"""
BEGIN_RUN: Final = """
UPDATE import_run SET state = 'received', attempts = attempts + 1, started_at = coalesce(started_at, now()), rows_staged = 0,
    rows_checked = 0,
    errors_total = 0, version = version + 1, updated_at = now() WHERE import_id = $1"""
STAGED: Final = """
UPDATE import_run SET state = 'staged', rows_total = $2, rows_staged = $2, version = version + 1, updated_at = now()
    WHERE import_id = $1"""
VALIDATED: Final = """
UPDATE import_run SET state = 'validated', rows_checked = rows_staged, version = version + 1, updated_at = now() WHERE import_id = $1"""
FINISH_RUN: Final = """
UPDATE import_run SET state = $2, errors_total = $3, created = $4, changed = $5, unchanged = $6, rows_checked = rows_staged,
    rows_applied = CASE WHEN $2 = 'applied' THEN rows_staged ELSE 0 END, failure = $7, finished_at = now(), version = version + 1,
        updated_at = now()
WHERE import_id = $1"""
DROP_FILE: Final = "DELETE FROM import_chunk WHERE import_id = $1"
AUDIT: Final = """
INSERT INTO audit (actor, action, request_id, resource, key, version, organisation_path, details)
SELECT $1, 'registry.import.run', $2, 'import_run', $3::uuid::text, 1, coalesce((SELECT min(path::text)::ltree FROM allowed), ''),
       jsonb_build_object('kind', $4::text, 'file_sha256', $5::text, 'created', $6::bigint, 'changed', $7::bigint, 'unchanged',
           $8::bigint)"""


@dataclass(frozen=True, slots=True)
class Run:
    """What the processor needs to know of a run."""

    import_id: UUID
    kind: ImportKind
    dry_run: bool
    actor: str
    scope_codes: Sequence[str]
    request_id: str
    traceparent: str | None
    media: str
    file_sha256: str
    attempts: int


class Processor:
    """Works on one run with two connections: `work` holds the transaction, `side` tells how far it is."""

    def __init__(self, work: Connection, side: Connection, settings: ImportSettings) -> None:
        self._work, self._side, self._settings = work, side, settings
        self.seconds: dict[str, float] = {}

    async def process(self, import_id: UUID) -> None:
        """Bring the run to its end; a run that is finished or gone is left alone."""
        run = await self._begin(import_id)
        if run is None:
            return
        if run.attempts >= self._settings.max_attempts:
            await self._finish_aside(run, "failed", "too_many_attempts")
            return
        for attempt in range(1, MAX_CONTENDED + 1):
            try:
                await self._attempt(run)
                break
            except CONTENDED:
                log.info("import %s met a concurrent change (%s)", import_id, attempt)
                if attempt == MAX_CONTENDED:
                    await self._reject_whole(run, FileFaultError("changed_meanwhile"))
        await self._side.execute("NOTIFY " + CHANNEL)

    async def _begin(self, import_id: UUID) -> Run | None:
        async with self._side.transaction():
            await self._side.execute(OPEN, EVERYWHERE, WORKER)
            row = await self._side.fetchrow(READ_RUN, import_id)
            if row is None:
                return None
            await self._side.execute(BEGIN_RUN, import_id)
        return Run(**{**row, "kind": ImportKind(row["kind"])})

    async def _attempt(self, run: Run) -> None:
        with tempfile.TemporaryFile() as file:
            try:
                await self._fetch(run, file)
                async with self._work.transaction():
                    await self._stage_check_apply(run, file)
            except FileFaultError as fault:
                await self._reject_whole(run, fault)

    async def _fetch(self, run: Run, file: BinaryIO) -> None:
        """Write the received file, as CSV, into `file`. Raises FileFaultError."""
        started = time.perf_counter()
        packed = file if run.media == "csv" else tempfile.TemporaryFile()  # noqa: SIM115 - closed below
        async with self._side.transaction():
            await self._side.execute(OPEN, EVERYWHERE, WORKER)
            async for row in self._side.cursor(
                "SELECT content FROM import_chunk WHERE import_id = $1 ORDER BY part", run.import_id, prefetch=4
            ):
                packed.write(row["content"])
        if packed is not file:
            bounds = workbook.Bounds(self._settings.max_rows)
            with packed:
                await asyncio.to_thread(workbook.to_csv, packed, file, bounds)
        self._took("fetch", started)

    async def _stage_check_apply(self, run: Run, file: BinaryIO) -> None:
        columns, plan = COLUMNS[run.kind], PLANS[run.kind]
        parameters = await self._prepare(run)
        started = time.perf_counter()
        faults = await staging.stage(self._work, file, columns)
        staged = await staging.count(self._work, self._settings.max_rows)
        await self._tell(run, STAGED, staged)
        if not (staged or faults):
            raise FileFaultError("empty_file")
        if staged >= MANY_ROWS:
            await self._work.execute(NO_NESTED_LOOPS)
        self._took("stage", started)
        await self._work.copy_records_to_table("fault", records=faults)
        counts = await self._check(run, plan, parameters) if staged else (0, 0, 0)
        total = int(await self._work.fetchval("SELECT count(*) FROM fault"))
        if total:
            await self._reject(run, total)
            return
        await self._tell(run, VALIDATED)
        if not run.dry_run:
            await self._apply(run, plan, parameters, counts)
        await self._work.execute(FINISH_RUN, run.import_id, "validated" if run.dry_run else "applied", 0, *counts, None)
        await self._work.execute(DROP_FILE, run.import_id)

    async def _prepare(self, run: Run) -> dict[str, Any]:
        """Set the transaction up: what the sender may write to, then sight of everything for the checks."""
        await self._work.execute("SELECT set_config('work_mem', $1, true)", self._settings.work_memory)
        await self._work.execute(OPEN, run.scope_codes, run.actor)
        query, arguments = bind(CREATE_ALLOWED, {"today": today()})
        await self._work.execute(query, *arguments)
        paths = await self._work.fetchval(SENDER_PATHS)
        await self._work.execute(OPEN, EVERYWHERE, run.actor)
        await self._work.execute(CREATE_FAULT)
        stems = {name: new_id().hex for name in STEMS}
        return {**stems, "sender_paths": paths, "traceparent": run.traceparent, "today": today()}

    async def _check(self, run: Run, plan: Plan, parameters: dict[str, Any]) -> tuple[int, int, int]:
        started = time.perf_counter()
        await cells.note_wrong(self._work, COLUMNS[run.kind])
        started = self._took("cells", started)
        for statement in (*plan.prepare, *plan.checks):
            started = await self._execute(statement, parameters, started)
        if plan.inspect is not None:
            await self._work.copy_records_to_table("fault", records=await plan.inspect(self._work))
        row = await self._work.fetchrow(*_called(plan.count, parameters))
        return (row["created"], row["changed"], row["unchanged"]) if row else (0, 0, 0)

    async def _apply(self, run: Run, plan: Plan, parameters: dict[str, Any], counts: tuple[int, int, int]) -> None:
        """Write under the sender's own scope: what the checks should have found, row security would still refuse."""
        await self._work.execute(OPEN, run.scope_codes, run.actor)
        started = time.perf_counter()
        for statement in plan.apply:
            started = await self._execute(statement, parameters, started)
        await self._work.execute(AUDIT, run.actor, run.request_id, run.import_id, run.kind, run.file_sha256, *counts)

    async def _execute(self, statement: str, parameters: dict[str, Any], started: float) -> float:
        query, arguments = bind(statement, parameters)
        await self._work.execute(query, *arguments)
        return self._took(" ".join(statement.split()[:5]), started)

    async def _reject(self, run: Run, total: int) -> None:
        await report.store(self._work, run.import_id, COLUMNS[run.kind], SENTENCES, self._settings.kept_errors)
        await self._work.execute(FINISH_RUN, run.import_id, "rejected", total, 0, 0, 0, None)
        await self._work.execute(DROP_FILE, run.import_id)

    async def _reject_whole(self, run: Run, fault: FileFaultError) -> None:
        """Reject a file that could not be read as a whole; the failed transaction has left nothing behind."""
        async with self._work.transaction():
            await self._work.execute(OPEN, EVERYWHERE, WORKER)
            await self._work.execute(CREATE_FAULT)
            await self._work.copy_records_to_table("fault", records=[fault.fault])
            await self._reject(run, 1)

    async def _finish_aside(self, run: Run, state: str, failure: str) -> None:
        async with self._side.transaction():
            await self._side.execute(OPEN, EVERYWHERE, WORKER)
            await self._side.execute(FINISH_RUN, run.import_id, state, 0, 0, 0, 0, failure)

    async def _tell(self, run: Run, statement: str, *values: int) -> None:
        async with self._side.transaction():
            await self._side.execute(OPEN, EVERYWHERE, WORKER)
            await self._side.execute(statement, run.import_id, *values)

    def _took(self, phase: str, started: float) -> float:
        ended = time.perf_counter()
        self.seconds[phase] = self.seconds.get(phase, 0.0) + ended - started
        return ended


def _called(statement: str, parameters: dict[str, Any]) -> list[Any]:
    query, arguments = bind(statement, parameters)
    return [query, *arguments]
