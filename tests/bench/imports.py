"""Import of a province's learners, from the received file to the last event, beside a raw COPY of the rows it leaves behind."""

import asyncio
import csv
import hashlib
import random
import statistics
import tempfile
import time
from collections.abc import Collection, Iterator
from pathlib import Path
from uuid import UUID

import asyncpg

from libs.common.clock import now
from libs.common.ids import new_id
from libs.common.imports.sniff import CHUNK_BYTES
from services.registry.imports.columns import COLUMNS, ImportKind
from services.registry.imports.processor import EVERYWHERE, OPEN, Processor
from services.registry.imports.settings import ImportSettings
from services.registry.imports.worker import SESSION
from tests.bench.figures import Figure
from tests.support.postgres import TestDatabase, server

LEARNERS = 200_866
SCHOOLS = 646
GRADES = range(1, 6)
CLASSES_OF_GRADE = 3
YEAR = "2026-2027"
REACH = 10.0
NAMES = ("import.learners",)
VERSIONS = Path("services/registry/migrations/versions")
FAMILY = ("Nguyễn", "Hoàng", "Trần", "Lý", "Giàng", "Vàng", "Sùng", "Thào", "Lò", "Tẩn")
MIDDLE = ("Thị", "Văn", "A", "Seo", "Minh", "Thị Thu", "Đức", "Láo")
GIVEN = ("Mai", "Páo", "Hòa", "Thủy", "Dơ", "Chúng", "Phương", "Quý", "Hạnh", "Tỏa", "Lử", "Nga")
# Everything that an import of learners leaves behind, events and feed included.
TABLES = ("person", "person_identifier", "learner", "enrolment", "outbox", "change")
COPIES = 3
"""The reference is short, so it is taken as the middle of several."""
ROOT = """
WITH root AS (INSERT INTO organisation (organisation_id, organisation_path) SELECT i, text2ltree(replace(i::text, '-', '')) FROM new_id() i
              RETURNING organisation_id, organisation_path)
INSERT INTO organisation_version (organisation_id, valid_from, code, name, kind, path, organisation_path)
SELECT organisation_id, '2000-01-01', 'P', 'Tỉnh', 'province', organisation_path, organisation_path FROM root"""

RUN = """
INSERT INTO import_run (import_id, kind, actor, scope_codes, media, file_sha256, file_bytes) VALUES ($1, $2, 'bench', $3, 'csv', $4, $5)"""


def write(kind: ImportKind, rows: Iterator[dict[str, str]], file: Path) -> bytes:
    """Write a file of a kind and return its bytes."""
    names = [column.name for column in COLUMNS[kind]]
    with file.open("w", newline="", encoding="utf-8") as target:
        writer = csv.DictWriter(target, names, restval="", lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    return file.read_bytes()


def organisations() -> Iterator[dict[str, str]]:
    """Yield the schools of a province."""
    for school in range(SCHOOLS):
        yield {
            "code": f"S{school}",
            "name": f"Trường Tiểu học {school}",
            "kind": "school",
            "parent_code": "P",
            "levels": "primary",
            "school_type": "public",
            "valid_from": "2010-09-01",
        }


def classes() -> Iterator[dict[str, str]]:
    """Yield the classes of every school."""
    for school in range(SCHOOLS):
        for grade in GRADES:
            for number in range(CLASSES_OF_GRADE):
                name = f"{grade}A{number}"
                yield {"school_code": f"S{school}", "school_year": YEAR, "name": name, "grade": str(grade), "level": "primary"}


def learners(count: int = LEARNERS) -> Iterator[dict[str, str]]:
    """Yield learners school by school; the seed makes every run the same."""
    chance = random.Random(157)
    for number in range(count):
        school, grade, sex = number * SCHOOLS // count, 1 + number % len(GRADES), number % 2
        year = 2020 - grade
        yield {
            "ministry_code": f"{1_000_000_000 + number}",
            "personal_number": f"010{2 + sex}{year % 100:02d}{number:06d}",
            "full_name": f"{chance.choice(FAMILY)} {chance.choice(MIDDLE)} {chance.choice(GIVEN)}",
            "birth_date": f"{year}-{1 + number % 12:02d}-{1 + number % 28:02d}",
            "sex": str(1 + sex),
            "ethnicity": "Mông",
            "school_code": f"S{school}",
            "school_year": YEAR,
            "class_name": f"{grade}A{number % CLASSES_OF_GRADE}",
            "grade": str(grade),
            "level": "primary",
            "studies_informatics": "true" if grade > 2 else "false",
            "enrolled_on": "2026-09-05",
        }


async def receive(connection: asyncpg.Connection, kind: ImportKind, content: bytes) -> UUID:
    """Store a file as the upload route does."""
    import_id = new_id()
    async with connection.transaction():
        await connection.execute(OPEN, EVERYWHERE, "bench")
        await connection.execute(
            RUN,
            import_id,
            kind,
            ["P"],
            hashlib.sha256(content).hexdigest(),
            len(content),
        )
        for part, start in enumerate(range(0, len(content), CHUNK_BYTES)):
            await connection.execute("INSERT INTO import_chunk VALUES ($1, $2, $3)", import_id, part, content[start : start + CHUNK_BYTES])
    return import_id


async def imported(database: TestDatabase, kind: ImportKind, content: bytes) -> dict[str, float]:
    """Receive and process a file; returns the seconds of each phase and of the whole."""
    work, side = [await asyncpg.connect(database.url, server_settings=SESSION) for _ in range(2)]
    try:
        started = time.perf_counter()
        import_id = await receive(side, kind, content)
        received = time.perf_counter()
        processor = Processor(work, side, ImportSettings())
        await processor.process(import_id)
        ended = time.perf_counter()
    finally:
        work.terminate()
        side.terminate()
    return {"receive": received - started, **processor.seconds, "whole": ended - started}


async def copied(database: TestDatabase, folder: Path) -> float:
    """Return the seconds of a raw COPY of the same rows into plain tables of the same shape, without any index or constraint."""
    connection = await asyncpg.connect(database.superuser_url)
    try:
        for table in TABLES:
            await connection.copy_from_table(table, output=folder / table)
        return statistics.median([await copy_once(connection, folder) for _ in range(COPIES)])
    finally:
        await connection.close()


async def copy_once(connection: asyncpg.Connection, folder: Path) -> float:
    """Return the seconds of one COPY of all tables."""
    seconds = 0.0
    for table in TABLES:
        plain = "plain_" + table
        await connection.execute("CREATE TABLE " + plain + " AS TABLE " + table + " WITH NO DATA")
        started = time.perf_counter()
        await connection.copy_to_table(plain, source=folder / table)
        seconds += time.perf_counter() - started
        await connection.execute("DROP TABLE " + plain)
    return seconds


async def plant(database: TestDatabase, folder: Path) -> None:
    """Make the province and import its schools and classes."""
    connection = await asyncpg.connect(database.superuser_url)
    try:
        await connection.execute(ROOT)
        await connection.execute("SELECT refresh_organisations($1)", now().date())
        await connection.execute("INSERT INTO school_year (school_year, starts_on, ends_on) VALUES ($1, '2026-09-01', '2027-05-31')", YEAR)
    finally:
        await connection.close()
    await imported(database, ImportKind.ORGANISATIONS, write(ImportKind.ORGANISATIONS, organisations(), folder / "organisations.csv"))
    await imported(database, ImportKind.CLASSES, write(ImportKind.CLASSES, classes(), folder / "classes.csv"))


async def compare(database: TestDatabase, folder: Path) -> Figure:
    """Import and copy in one run."""
    await plant(database, folder)
    content = write(ImportKind.LEARNERS, learners(), folder / "learners.csv")
    phases = await imported(database, ImportKind.LEARNERS, content)
    await check(database)
    for phase, seconds in phases.items():
        print(f"  {seconds:7.3f} s  {phase}")
    reference = await copied(database, folder)
    return Figure("import.learners", phases["whole"], reference, "s", phases["whole"] / reference, REACH, at_least=False)


async def check(database: TestDatabase) -> None:
    """Make sure that everything measured was done: every learner with an event and a place in the feed."""
    connection = await asyncpg.connect(database.superuser_url)
    try:
        for query in (
            "SELECT count(*) FROM learner",
            "SELECT count(*) FROM enrolment",
            "SELECT count(*) FROM outbox WHERE topic = 'registry.learner'",
            "SELECT count(*) FROM change WHERE resource = 'learner'",
        ):
            if (found := await connection.fetchval(query)) != LEARNERS:
                raise AssertionError(query, found)
    finally:
        await connection.close()


def measure(_names: Collection[str]) -> Iterator[Figure]:
    """Yield the figure of the import on a fresh database."""
    with tempfile.TemporaryDirectory() as folder, server(Path(folder) / "postgres") as postgres:
        database = postgres.database("registry", VERSIONS)
        try:
            yield asyncio.run(compare(database, Path(folder)))
        finally:
            postgres.drop(database)
