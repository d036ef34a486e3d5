"""The report of a rejected file: how it is kept and read."""

from collections.abc import Mapping, Sequence
from typing import Any, Final
from uuid import UUID

from pydantic import BaseModel

from libs.common.db.read import Listing
from libs.common.imports.columns import Column
from libs.common.imports.faults import FORM, Sentence


class FaultOut(BaseModel):
    """One line of the report; row 1 is the header, an empty column means the row or file as a whole."""

    row: int
    column: str
    code: str
    message_vi: str
    message_en: str


STORE: Final = """
INSERT INTO import_error (import_id, "row", "column", code, message_vi, message_en)
SELECT $1, f.row_no, f.col, f.code, replace(replace(t.vi, '{value}', coalesce(f.value, '')), '{hint}', f.hint),
       replace(replace(t.en, '{value}', coalesce(f.value, '')), '{hint}', f.hint)
FROM (SELECT * FROM fault ORDER BY row_no, col LIMIT $6) f
JOIN unnest($2::text[], $3::text[], $4::text[], $5::text[]) t (code, col, vi, en) ON t.code = f.code AND t.col IN ('', f.col)
ORDER BY f.row_no, f.col"""
FAULTS: Final = Listing(
    FaultOut,
    source="import_error e",
    key="e.error_id",
    key_type="bigint",
    where="e.import_id = :import_id",
    columns={"row": 'e."row"', "column": 'e."column"'},
)


async def store(connection: Any, import_id: UUID, columns: Sequence[Column], sentences: Mapping[str, Sentence], kept: int) -> None:
    """Turn the first `kept` rows of `fault` into the report; the codes of forms share one sentence, which names the column's form."""
    lines = [(code, "", text.vi, text.en) for code, text in sentences.items()]
    for column in columns:
        form = column.form
        lines.append((form.code, column.name, FORM.vi.replace("{hint}", form.vi), FORM.en.replace("{hint}", form.en)))
    await connection.execute(STORE, import_id, *(list(part) for part in zip(*lines, strict=True)), kept)
