"""From a CSV file to the staging table: bytes straight into COPY where that is safe, row by row where it is not."""

from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from typing import IO, BinaryIO, Final, cast

import asyncpg

from libs.common.imports.cells import create_stage
from libs.common.imports.columns import Column, header_faults
from libs.common.imports.faults import Fault, FileFaultError
from libs.common.imports.sniff import Layout, layout, rows

Connection = asyncpg.Connection
# Beyond this many rows of a wrong shape the file is another kind of file: counting on tells nothing new.
MAX_SHAPE_FAULTS: Final = 100_000


async def stage(connection: Connection, file: IO[bytes], columns: Sequence[Column]) -> list[Fault]:
    """Create the staging table and fill it; returns what is wrong with header and shape. Raises FileFaultError."""
    seen = layout(file)
    faults = header_faults(columns, seen.header)
    await connection.execute(create_stage(columns))
    if faults:
        return faults
    if seen.even and await _copy(connection, file, seen):
        return []
    return await _copy_rows(connection, file, seen)


async def _copy(connection: Connection, file: IO[bytes], seen: Layout) -> bool:
    """Send the bytes as they are; False when PostgreSQL could not read them (the row-wise reader then says where)."""
    file.seek(0)
    try:
        async with _savepoint(connection):
            await connection.copy_to_table(
                "stage",
                source=cast("BinaryIO", file),
                columns=seen.header,
                format="csv",
                header=True,
                delimiter=seen.delimiter,
                encoding="utf-8",
            )
    except (asyncpg.BadCopyFileFormatError, asyncpg.CharacterNotInRepertoireError):
        return False
    return True


async def _copy_rows(connection: Connection, file: IO[bytes], seen: Layout) -> list[Fault]:
    faults: list[Fault] = []
    width = len(seen.header)

    def shaped() -> Iterator[tuple[int | str | None, ...]]:
        for number, values in rows(file, seen.delimiter):
            if len(values) == width:
                yield (number, *values)
            elif len(faults) < MAX_SHAPE_FAULTS:
                faults.append((number, "", "row_shape", str(len(values)), str(width)))

    async with _savepoint(connection):
        await connection.copy_records_to_table("stage", records=shaped(), columns=("row_no", *seen.header))
    return faults


@asynccontextmanager
async def _savepoint(connection: Connection) -> AsyncIterator[None]:
    """Leave the caller's transaction usable when a file cannot be read to its end. By hand: the unit of work began it by hand."""
    await connection.execute("SAVEPOINT staging")
    try:
        yield
    except Exception:
        await connection.execute("ROLLBACK TO SAVEPOINT staging")
        raise
    await connection.execute("RELEASE SAVEPOINT staging")


async def count(connection: Connection, limit: int) -> int:
    """Return the number of staged rows. Raises FileFaultError when there are none or too many."""
    staged = int(await connection.fetchval("SELECT count(*) FROM stage"))
    if staged > limit:
        raise FileFaultError("too_many_rows", str(limit), limit + 2)
    return staged
