"""Whether this very code has already migrated these databases and created these accounts: then a further start need not do it again."""

from __future__ import annotations

import json
from hashlib import sha256
from typing import TYPE_CHECKING, Any

import asyncpg

from stack.installation import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from stack.engines.postgres import EmbeddedPostgres

SOURCES = ("libs", "services", "deploy/keycloak")
SUFFIXES = frozenset({".py", ".sql", ".yaml", ".csv"})
DATABASE = "postgres"

# The mark lies in the cluster itself: a new cluster has none, whatever else was kept.
_READ = "SELECT shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = current_database()"
_WRITE = "SELECT format('COMMENT ON DATABASE %I IS %L', current_database(), $1::text)"


def fingerprint(document: Mapping[str, Any], sources: Iterable[Path] | None = None) -> str:
    """Return a hash of the code and data that migrate and fill the databases, and of the accounts' document."""
    digest = sha256(json.dumps(document, sort_keys=True).encode())
    for file in sorted(_files() if sources is None else sources):
        digest.update(str(file).encode())
        digest.update(file.read_bytes())
    return digest.hexdigest()


async def is_prepared(postgres: EmbeddedPostgres, wanted: str) -> bool:
    """Tell whether the cluster bears the mark of this fingerprint."""
    connection = await asyncpg.connect(postgres.url(DATABASE))
    try:
        return bool(await connection.fetchval(_READ) == wanted)
    finally:
        await connection.close()


async def mark(postgres: EmbeddedPostgres, reached: str) -> None:
    """Note that databases and accounts are as this fingerprint says; an empty one takes the note away."""
    connection = await asyncpg.connect(postgres.url(DATABASE))
    try:
        await connection.execute(await connection.fetchval(_WRITE, reached))
    finally:
        await connection.close()


def _files() -> list[Path]:
    return [file for folder in SOURCES for file in (ROOT / folder).rglob("*") if file.suffix in SUFFIXES]
