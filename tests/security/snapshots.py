"""What stands in the tables about a school, read past row security."""

from tests.security.schools import School, on, superuser
from tests.support.postgres import TestDatabase

# Written by every request whoever sends it, or the sender's own file: what a neighbour does leaves its traces there.
LEDGERS = ["audit", "change", "idempotency", "outbox", "inbox", "import_run", "import_chunk", "import_error"]
TABLES = """
SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace AND relname <> ALL ($1) ORDER BY relname"""


async def about(database: TestDatabase, school: School) -> dict[str, list[str]]:
    """Return every row that mentions the school, by table."""
    found: dict[str, list[str]] = {}
    async with superuser(database) as connection:
        for (table,) in await connection.fetch(TABLES, LEDGERS):
            rows = await connection.fetch(on(table, "SELECT to_jsonb(t)::text FROM {t} t"))
            mine = sorted(row[0] for row in rows if any(marker in row[0] for marker in school.markers))
            if mine:
                found[table] = mine
    return found
