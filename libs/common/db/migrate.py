"""Migrations, up and down, by the owner's role; afterwards the application role gets exactly what it needs."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from alembic import command, op
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text
from sqlalchemy.ext.asyncio import create_async_engine

ENVIRONMENT = Path(__file__).with_name("alembic")
# The audit trail is written once and never changed: not even the application can.
GRANTS = (
    "GRANT USAGE ON SCHEMA public TO {role}",
    "GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {role}",
    "GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO {role}",
    "REVOKE UPDATE, DELETE ON audit FROM {role}",
    "REVOKE INSERT, UPDATE, DELETE ON alembic_version FROM {role}",
    # What reads past row security is for the application alone, not for whoever else may connect (a report, say).
    """
    DO $$ DECLARE name regprocedure; BEGIN
        FOR name IN SELECT oid FROM pg_proc
            WHERE prosecdef AND pronamespace = 'public'::regnamespace AND pg_get_userbyid(proowner) = current_user
        LOOP
            EXECUTE format('REVOKE EXECUTE ON FUNCTION %s FROM PUBLIC', name);
            EXECUTE format('GRANT EXECUTE ON FUNCTION %s TO {role}', name);
        END LOOP;
    END $$""",
)
LOCK = "SELECT pg_advisory_xact_lock(hashtext('migrate'))"


def execute(statements: Iterable[str]) -> None:
    """Run DDL inside a revision as it stands (no parameter syntax is looked for in it)."""
    bind = op.get_bind()
    for statement in statements:
        bind.exec_driver_sql(statement)


def configuration(versions: Path) -> Config:
    """Return Alembic's configuration for one service's history."""
    config = Config()
    config.set_main_option("script_location", str(ENVIRONMENT))
    config.set_main_option("version_locations", str(versions))
    config.set_main_option("path_separator", "newline")
    return config


def head(versions: Path) -> str | None:
    """Return the newest revision of a history."""
    return ScriptDirectory.from_config(configuration(versions)).get_current_head()


async def migrate(owner_url: str, application_url: str, versions: Path, target: str = "head") -> None:
    """Bring the database to `target` (`base` takes everything down). Two at once wait for each other; failing changes nothing."""
    engine = create_async_engine(owner_url.replace("postgresql://", "postgresql+asyncpg://", 1))
    role = urlsplit(application_url).username
    try:
        async with engine.begin() as connection:
            await connection.execute(text(LOCK))
            await connection.run_sync(_run, configuration(versions), target)
            if target != "base":
                for grant in GRANTS:
                    await connection.exec_driver_sql(grant.format(role=role))
    finally:
        await engine.dispose()


def _run(connection: Connection, config: Config, target: str) -> None:
    config.attributes["connection"] = connection
    run: Any = command.downgrade if target == "base" else command.upgrade
    run(config, target)
