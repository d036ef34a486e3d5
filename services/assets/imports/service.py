"""One import from the received file to its end, inside the request's transaction and under the sender's own scope."""

from typing import Any
from uuid import UUID

from libs.common.db.work import UnitOfWork
from libs.common.errors import Conflict
from libs.common.ids import new_id
from libs.common.imports import cells, report, staging
from libs.common.imports.columns import DAY
from libs.common.imports.faults import CREATE_FAULT, Fault, FileFaultError
from libs.common.imports.upload import Upload
from services.assets.assets.classes import classes
from services.assets.imports import statements
from services.assets.imports.columns import COLUMNS
from services.assets.imports.messages import SENTENCES
from services.assets.imports.settings import ImportSettings
from services.assets.wear import ruleset

NOTHING = (0, 0, 0)


class ImportJustEnded(Conflict):
    """The same file was on its way when this one came, and was rejected in that very moment."""

    slug = "asset-import-just-ended"
    title_vi = "Lần nhập cùng tệp vừa kết thúc; hãy gửi lại"
    title_en = "An import of the same file has just ended; send it again"


async def run(db: UnitOfWork, upload: Upload, *, dry_run: bool) -> tuple[UUID, bool]:
    """Check and apply a file, all or nothing; returns the run and whether it is new (the same file again is the same import)."""
    actor, import_id = db.principal.actor, new_id()
    begin = (import_id, dry_run, actor, upload.media, upload.sha256, upload.size)
    if await db.connection.fetchval(statements.BEGIN_RUN, *begin) is None:
        known = await db.connection.fetchval(statements.KNOWN_RUN, actor, upload.sha256)
        if known is None:
            raise ImportJustEnded
        return UUID(str(known)), False
    settings = ImportSettings()
    await db.connection.execute(CREATE_FAULT)
    rows, faults = await _stage(db.connection, upload, settings.max_rows)
    await db.connection.copy_records_to_table("fault", records=faults)
    counts = await _check(db.connection) if rows else NOTHING
    errors = int(await db.connection.fetchval("SELECT count(*) FROM fault"))
    if errors:
        counts, state = NOTHING, "rejected"
        await report.store(db.connection, import_id, COLUMNS, SENTENCES, settings.kept_errors)
    elif dry_run:
        state = "validated"
    else:
        state = "applied"
        for statement in (statements.INSERT, statements.UPDATE, statements.FEED):
            await db.connection.execute(statement)
        await db.connection.execute(statements.OUTBOX, db.origin.traceparent)
    await db.connection.execute(statements.FINISH_RUN, import_id, state, rows, errors, *counts)
    return import_id, True


async def _stage(connection: Any, upload: Upload, limit: int) -> tuple[int, list[Fault]]:
    """Fill the staging table; returns its rows and what is wrong with the file, its header and the shape of its rows."""
    try:
        faults = await staging.stage(connection, upload.readable(), COLUMNS)
        rows = await staging.count(connection, limit)
    except FileFaultError as error:
        return 0, [error.fault]
    return rows, faults if rows or faults else [FileFaultError("empty_file").fault]


async def _check(connection: Any) -> tuple[int, int, int]:
    await cells.note_wrong(connection, COLUMNS)
    await connection.execute(statements.LOCK_ORGANISATIONS)
    known = classes()
    await connection.execute(statements.CREATE_TYPED, list(known), [entry.kind for entry in known.values()])
    await connection.execute(statements.ANALYSE)
    await connection.execute(statements.LOCK_ASSETS)
    rules = await ruleset.current(connection)
    await connection.execute(statements.REFERENCES, sorted(rules.classes))
    await cells.suggest(connection, "wear_class", "unknown_wear_class", sorted(rules.classes))
    await connection.execute(statements.CREATE_MERGED)
    await connection.execute(statements.RULES, DAY.pattern)
    await connection.execute(statements.CREATE_TOUCHED)
    await connection.execute(statements.AGAINST_RECORD)
    row = await connection.fetchrow(statements.COUNT)
    return row["created"], row["changed"], row["unchanged"]
