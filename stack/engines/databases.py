"""Databases and roles of the services. Names and passwords are quoted by PostgreSQL itself (`format`), never pasted into SQL here."""

from __future__ import annotations

from typing import TYPE_CHECKING

import asyncpg

if TYPE_CHECKING:
    from collections.abc import Mapping

    Connection = asyncpg.Connection[asyncpg.Record]

EXTENSIONS = ("ltree", "btree_gist", "pg_trgm", "unaccent")

_ROLE_EXISTS = "SELECT EXISTS (SELECT FROM pg_roles WHERE rolname = $1)"
_CREATE_ROLE = "SELECT format('CREATE ROLE %I LOGIN PASSWORD %L NOSUPERUSER NOBYPASSRLS NOCREATEDB NOCREATEROLE', $1::text, $2::text)"
_SET_PASSWORD = "SELECT format('ALTER ROLE %I PASSWORD %L', $1::text, $2::text)"  # noqa: S105 - a statement
_DATABASE_EXISTS = "SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1)"
_CREATE_DATABASE = "SELECT format('CREATE DATABASE %I OWNER %I', $1::text, $2::text)"
_CLOSE_DATABASE = "SELECT format('REVOKE ALL ON DATABASE %I FROM PUBLIC', $1::text)"
_OPEN_DATABASE = "SELECT format('GRANT CONNECT, TEMPORARY ON DATABASE %I TO %I', $1::text, $2::text)"
_OPEN_SCHEMA = "SELECT format('GRANT USAGE ON SCHEMA public TO %I', $1::text)"
_EXTENSION = "SELECT format('CREATE EXTENSION IF NOT EXISTS %I', $1::text)"


async def create_database(admin_url: str, database_url: str, name: str, roles: Mapping[str, str]) -> None:
    """Create what is missing: roles with their passwords (the first one owns the database), the database, its extensions.

    Both addresses are the superuser's; the second one is in the new database.
    """
    owner = next(iter(roles))
    connection = await asyncpg.connect(admin_url)
    try:
        for role, password in roles.items():
            known = await connection.fetchval(_ROLE_EXISTS, role)
            await _run(connection, _SET_PASSWORD if known else _CREATE_ROLE, role, password)
        if not await connection.fetchval(_DATABASE_EXISTS, name):
            await _run(connection, _CREATE_DATABASE, name, owner)
        await _run(connection, _CLOSE_DATABASE, name)
        for role in roles:
            await _run(connection, _OPEN_DATABASE, name, role)
    finally:
        await connection.close()
    connection = await asyncpg.connect(database_url)
    try:
        for extension in EXTENSIONS:
            await _run(connection, _EXTENSION, extension)
        for role in roles:
            await _run(connection, _OPEN_SCHEMA, role)
    finally:
        await connection.close()


async def _run(connection: Connection, template: str, *values: str) -> None:
    """Let the server write a statement from a template and values, then run it."""
    await connection.execute(await connection.fetchval(template, *values))
