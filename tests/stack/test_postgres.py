"""The embedded PostgreSQL: as root and as an ordinary user, after a crash, and what its roles may do."""

import os
import stat
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import psutil
import pytest

from stack.engines.leftovers import LOCK_FILE
from stack.engines.postgres import EmbeddedPostgres
from stack.engines.unprivileged import Account, reaches
from tests.stack.support import ROOT, as_ordinary_user

only_root = pytest.mark.skipif(not ROOT, reason="only root needs another user for PostgreSQL")


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[EmbeddedPostgres]:
    made = EmbeddedPostgres(tmp_path / "postgres")
    yield made
    made.destroy()


def processes_in(data: Path) -> list[psutil.Process]:
    found = []
    for process in psutil.process_iter():
        try:
            if process.cwd() == str(data):
                found.append(process)
        except psutil.Error:
            continue
    return found


def sleeper() -> subprocess.Popen[bytes]:
    return subprocess.Popen(["/bin/sleep", "600"])


async def fetch(url: str, query: str) -> object:
    connection = await asyncpg.connect(url)
    try:
        return await connection.fetchval(query)
    finally:
        await connection.close()


async def test_it_starts_keeps_data_and_stops(engine: EmbeddedPostgres) -> None:
    engine.start()
    database = await engine.create_service_database("registry")
    await fetch(database.owner_url, "CREATE TABLE kept AS SELECT 'trường' AS word")
    engine.stop()
    assert not processes_in(engine.data)
    engine.start()
    assert await fetch(database.owner_url, "SELECT word FROM kept") == "trường"
    assert await fetch(database.owner_url, "SHOW fsync") == "on"
    assert await fetch(database.owner_url, "SELECT lower('ĐÀO TẠO')") == "đào tạo"


async def test_the_application_role_owns_nothing_and_cannot_bypass_row_security(engine: EmbeddedPostgres) -> None:
    engine.start()
    database = await engine.create_service_database("registry")
    again = await engine.create_service_database("registry")
    assert again == database
    await engine.create_service_database("identity")
    query = "SELECT rolsuper OR rolbypassrls OR rolcreatedb OR rolcreaterole FROM pg_roles WHERE rolname = 'registry_app'"
    assert await fetch(engine.url("registry"), query) is False
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await fetch(database.app_url, "CREATE TABLE mine (a integer)")
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await fetch(engine.url("identity", "registry_app"), "SELECT 1")
    with pytest.raises(asyncpg.InvalidPasswordError):
        await fetch(database.app_url.replace(engine.role_password("registry_app"), "wrong"), "SELECT 1")
    extensions = "SELECT array_agg(extname::text ORDER BY extname) FROM pg_extension WHERE extname <> 'plpgsql'"
    assert await fetch(database.app_url, extensions) == ["btree_gist", "ltree", "pg_trgm", "unaccent"]


async def test_it_comes_back_after_kill_9(engine: EmbeddedPostgres) -> None:
    engine.start()
    database = await engine.create_service_database("registry")
    await fetch(database.owner_url, "CREATE TABLE kept AS SELECT 1 AS n")
    engine.kill()
    engine.start()
    assert await fetch(database.owner_url, "SELECT n FROM kept") == 1


async def test_a_server_that_lost_its_supervisor_is_ended_first(engine: EmbeddedPostgres) -> None:
    engine.start()
    second = EmbeddedPostgres(engine.folder)
    second.start()
    try:
        assert await fetch(second.url("postgres"), "SELECT 1") == 1
        with pytest.raises(OSError, match=r"refused|Connect"):
            await fetch(engine.url("postgres"), "SELECT 1")
    finally:
        second.stop()


async def test_a_lock_file_that_names_a_stranger_is_no_hindrance(engine: EmbeddedPostgres) -> None:
    engine.start()
    engine.kill()
    stranger = sleeper()
    lock = engine.data / LOCK_FILE
    lines = lock.read_text().splitlines() if lock.exists() else ["", str(engine.data), "0", "0", "", "", "", "ready"]
    lock.write_text("\n".join([str(stranger.pid), *lines[1:], ""]))
    engine.start()
    assert await fetch(engine.url("postgres"), "SELECT 1") == 1
    assert stranger.poll() is None
    stranger.kill()
    stranger.wait()


def test_the_secret_is_kept_where_only_we_can_read_it(engine: EmbeddedPostgres) -> None:
    engine.prepare()
    file = engine.folder / "password"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert EmbeddedPostgres(engine.folder).password == engine.password
    assert engine.password not in engine.url("registry", "registry_app")


@only_root
def test_as_root_it_runs_as_somebody_else_where_that_user_can_reach() -> None:
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o711)
        engine = EmbeddedPostgres(Path(folder) / "postgres")
        engine.start()
        try:
            assert engine.data == engine.folder / "pgdata"
            assert engine.notes == []
            assert {process.username() for process in processes_in(engine.data)} == {"nobody"}
        finally:
            engine.destroy()


@only_root
def test_as_root_data_in_a_closed_folder_is_put_elsewhere_and_told(engine: EmbeddedPostgres, tmp_path: Path) -> None:
    tmp_path.chmod(0o700)
    engine.start()
    assert tmp_path not in engine.data.parents
    assert str(engine.data) in engine.notes[0]
    assert EmbeddedPostgres(engine.folder).data == engine.data


@only_root
def test_as_root_programs_in_a_closed_folder_are_copied(engine: EmbeddedPostgres, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("stack.engines.unprivileged.REACHABLE", Path(tempfile.mkdtemp()))
    monkeypatch.setattr("stack.engines.postgres.reaches", lambda *_: False)
    engine.start()
    program = Path(engine.launch().arguments[0])
    assert "site-packages" not in program.parts
    assert subprocess.run([program, "--version"], capture_output=True, check=True).stdout.startswith(b"postgres")


def test_as_an_ordinary_user_it_runs_as_that_user() -> None:
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o777)

        def act() -> None:
            engine = EmbeddedPostgres(Path(folder) / "postgres")
            engine.start()
            try:
                assert engine.data == engine.folder / "pgdata"
                assert {process.uids().real for process in processes_in(engine.data)} == {os.getuid()}
                assert os.getuid() != 0
            finally:
                engine.destroy()

        assert as_ordinary_user(act) == 0


def test_reach_is_judged_folder_by_folder(tmp_path: Path) -> None:
    inner = tmp_path / "closed" / "open"
    inner.mkdir(parents=True)
    everybody, owner = Account(65_534, 65_534), Account(os.getuid(), os.getgid())
    assert reaches(everybody, Path("/usr"))
    inner.parent.chmod(0o700)
    assert not reaches(everybody, inner)
    assert reaches(owner, inner)
    inner.parent.chmod(0o600)
    assert not reaches(owner, inner)
    inner.parent.chmod(0o700)
