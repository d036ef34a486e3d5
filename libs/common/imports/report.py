"""The report of a rejected file: how it is kept and read."""

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final
from uuid import UUID

from fastapi import Request
from pydantic import BaseModel
from starlette.responses import Response

from libs.common.access import ReadSession
from libs.common.db.read import Listing
from libs.common.http.paging import PageRequest
from libs.common.imports.columns import Column
from libs.common.imports.faults import BETWEEN, FORM, FORMULA, Sentence


class FaultOut(BaseModel):
    """One line of the report; row 1 is the header, an empty column means the row or file as a whole."""

    row: int
    column: str
    code: str
    message_vi: str
    message_en: str


STORE: Final = """
INSERT INTO import_error (import_id, "row", "column", code, message_vi, message_en)
SELECT $1, f.row_no, f.col, f.code, replace(replace(t.vi, '{value}', coalesce(f.value, '')), '{hint}', split_part(f.hint, '{between}', 1)),
       replace(replace(t.en, '{value}', coalesce(f.value, '')), '{hint}', split_part(f.hint, '{between}', -1))
FROM (SELECT * FROM fault ORDER BY row_no, col LIMIT $6) f
JOIN unnest($2::text[], $3::text[], $4::text[], $5::text[]) t (code, col, vi, en) ON t.code = f.code AND t.col IN ('', f.col)
ORDER BY f.row_no, f.col""".replace("{between}", BETWEEN)
FAULTS: Final = Listing(
    FaultOut,
    source="import_error e",
    key="e.error_id",
    key_type="bigint",
    where="e.import_id = :import_id",
    columns={"row": 'e."row"', "column": 'e."column"'},
)
AS_TABLE: Final = """
SELECT "row", "column", code, message_vi, message_en FROM import_error WHERE import_id = $1 ORDER BY error_id"""


async def store(connection: Any, import_id: UUID, columns: Sequence[Column], sentences: Mapping[str, Sentence], kept: int) -> None:
    """Turn the first `kept` rows of `fault` into the report; the codes of forms share one sentence, which names the column's form."""
    lines = [(code, "", text.vi, text.en) for code, text in sentences.items()]
    for column in columns:
        form = column.form
        lines.append((form.code, column.name, FORM.vi.replace("{hint}", form.vi), FORM.en.replace("{hint}", form.en)))
    await connection.execute(STORE, import_id, *(list(part) for part in zip(*lines, strict=True)), kept)


async def answer(request: Request, page: PageRequest, db: ReadSession, import_id: UUID) -> Response:
    """Answer a page of the report, or the whole kept report as one file where `Accept` asks for text/csv."""
    if "text/csv" not in request.headers.get("accept", ""):
        return await db.page(FAULTS, page, import_id=import_id)
    async with db.transaction() as connection:
        faults = await connection.fetch(AS_TABLE, import_id)
    name = f'attachment; filename="import-{import_id}-errors.csv"'
    return Response(_csv(tuple(fault) for fault in faults), headers={"Content-Disposition": name}, media_type="text/csv")


def _csv(rows: Iterable[tuple[object, ...]]) -> bytes:
    """Write the report with a byte order mark, so that spreadsheet programs read the Vietnamese."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(FaultOut.model_fields)
    # A heading of the sender's file may stand in a cell: it must not become a formula when the report is opened.
    writer.writerows(["'" + cell if isinstance(cell, str) and cell.startswith(FORMULA) else cell for cell in row] for row in rows)
    return b"\xef\xbb\xbf" + text.getvalue().encode()
