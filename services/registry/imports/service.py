"""Starting a run and taking a failed one up again; the work itself is the worker's."""

from typing import Final
from uuid import UUID

from libs.common.db.write import WriteSession
from libs.common.errors import Conflict, Forbidden, NotFound
from libs.common.ids import new_id
from libs.common.imports.sniff import chunks
from libs.common.imports.upload import Upload
from services.registry.imports.columns import ImportKind

# Importing is writing: whoever imports learners must be allowed to write learners, and only where they may.
PERMISSIONS: Final = {
    ImportKind.ORGANISATIONS: "registry.organisation.import",
    ImportKind.CLASSES: "registry.class.import",
    ImportKind.STAFF: "registry.staff.import",
    ImportKind.LEARNERS: "registry.learner.import",
}
SAME: Final = "state NOT IN ('rejected', 'failed') AND NOT (dry_run AND finished_at IS NOT NULL)"
FIND: Final = "SELECT import_id FROM import_run WHERE actor = $1 AND kind = $2 AND file_sha256 = $3 AND dry_run = $4 AND {same}".replace(
    "{same}", SAME
)
INSERT: Final = """
INSERT INTO import_run (import_id, kind, dry_run, actor, scope_codes, request_id, traceparent, media, file_sha256, file_bytes, rows_total)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
ON CONFLICT (actor, kind, file_sha256, dry_run) WHERE {same} DO NOTHING RETURNING import_id""".replace("{same}", SAME)
INSERT_CHUNK: Final = "INSERT INTO import_chunk (import_id, part, content) VALUES ($1, $2, $3)"
RESUME: Final = """
UPDATE import_run SET state = 'received', attempts = 0, failure = NULL, finished_at = NULL, version = version + 1, updated_at = now()
WHERE import_id = $1"""


class ImportEnded(Conflict):
    """The run has ended with a result: there is nothing to resume."""

    slug = "import-ended"
    title_vi = "Lần nhập đã kết thúc; hãy gửi lại tệp nếu cần"
    title_en = "The import has ended; send the file again if needed"


class ImportJustEnded(Conflict):
    """The same file was on its way when this one came, and was rejected in that very moment."""

    slug = "import-just-ended"
    title_vi = "Lần nhập cùng tệp vừa kết thúc; hãy gửi lại"
    title_en = "An import of the same file has just ended; send it again"


async def start(db: WriteSession, upload: Upload, kind: ImportKind, *, dry_run: bool) -> tuple[UUID, bool]:
    """Note the file for the worker; returns the run and whether it is new. The same file by the same account is one run."""
    permission = PERMISSIONS[kind]
    reach = db.principal.reach(permission)
    if reach is None or not reach.organisation_codes:
        raise Forbidden(detail_vi=f"Thiếu quyền “{permission}”.", detail_en=f"Missing permission “{permission}”.")
    import_id = await _note(db, upload, kind, list(reach.organisation_codes), dry_run=dry_run)
    if import_id is None:
        known = await db.connection.fetchval(FIND, db.principal.actor, kind, upload.sha256, dry_run)
        if known is None:
            raise ImportJustEnded
        return UUID(str(known)), False
    for part, content in enumerate(chunks(upload.file)):
        await db.connection.execute(INSERT_CHUNK, import_id, part, content)
    return import_id, True


async def _note(db: WriteSession, upload: Upload, kind: ImportKind, codes: list[str], *, dry_run: bool) -> UUID | None:
    """Write the run; None when the same file is on its way, or applied, already."""
    rows = max(upload.lines - 1, 0) if upload.media == "csv" else 0
    noted = await db.connection.fetchval(
        INSERT,
        new_id(),
        kind,
        dry_run,
        db.principal.actor,
        codes,
        db.origin.request_id,
        db.origin.traceparent,
        upload.media,
        upload.sha256,
        upload.size,
        rows,
    )
    return UUID(str(noted)) if noted else None


async def resume(db: WriteSession, import_id: UUID) -> None:
    """Give a failed run back to the worker; one that waits or runs is left as it is. Raises NotFound or ImportEnded."""
    state = await db.connection.fetchval("SELECT state FROM import_run WHERE import_id = $1 FOR UPDATE", import_id)
    if state is None:
        raise NotFound
    if state == "failed":
        await db.connection.execute(RESUME, import_id)
    elif await db.connection.fetchval("SELECT finished_at IS NOT NULL FROM import_run WHERE import_id = $1", import_id):
        raise ImportEnded
