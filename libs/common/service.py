"""A service as one declaration: its API, its worker, its migrations, its contracts, and the command line that runs each."""

import argparse
import asyncio
import gc
import sys
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import orjson
import uvicorn
from fastapi import APIRouter, FastAPI
from pydantic import SecretStr

from libs.common import logs, openapi, worker_pages
from libs.common.app import DEFAULT_MAX_BODY_BYTES, Background, create_app
from libs.common.auth.revocation import REMEMBER_SECONDS, follow
from libs.common.clock import now
from libs.common.db.engine import Database
from libs.common.errors import Unavailable
from libs.common.events import catalogue, transport
from libs.common.events.catalogue import Event
from libs.common.events.consumer import Consumer
from libs.common.events.outbox import Waker
from libs.common.events.topics import IDENTITY_SESSION
from libs.common.events.worker import run_worker
from libs.common.http.idempotency import PURGE
from libs.common.settings import KafkaSettings, Settings

PURGE_SECONDS = 3600.0
Job = Callable[[Settings], Coroutine[Any, Any, None]]


@dataclass(frozen=True)
class Service:
    """What makes one service; `python -m services.<name>.main api|worker|migrate|openapi` runs it."""

    name: str
    title: str
    root: Path
    routers: Sequence[APIRouter]
    events: Sequence[type[Event]] = ()
    consumers: Sequence[Consumer] = ()
    settings: type[Settings] = Settings
    background: Sequence[Background] = ()
    jobs: Sequence[Job] = ()
    commands: Mapping[str, Callable[[list[str]], int]] = field(default_factory=dict)
    max_body_bytes: int = DEFAULT_MAX_BODY_BYTES

    @property
    def versions(self) -> Path:
        """Return the folder of the migration history."""
        return self.root / "migrations" / "versions"

    def app(self, settings: Settings | None = None) -> FastAPI:
        """Return the ASGI application; settings come from the environment unless given."""
        return create_app(
            name=self.name,
            title=self.title,
            routers=self.routers,
            settings=settings or self.settings(),
            background=(waking, revocations, *self.background),
            max_body_bytes=self.max_body_bytes,
        )

    def contracts(self) -> dict[str, dict[str, Any]]:
        """Return the OpenAPI and AsyncAPI documents by file name."""
        settings = self.settings.model_construct(
            database_url=SecretStr("postgresql://contract"),
            bus_url=SecretStr("postgresql://contract"),
            issuer="contract",
            jwks_url="contract",
        )
        return {
            "openapi.json": openapi.build(self.app(settings)),
            "asyncapi.json": catalogue.asyncapi(self.name, self.events, self.title),
        }

    def main(self, arguments: Sequence[str] | None = None) -> int:
        """Run one process of the service; returns its exit status."""
        given = list(sys.argv[1:] if arguments is None else arguments)
        if given and given[0] in self.commands:
            return self.commands[given[0]](given[1:])
        parser = argparse.ArgumentParser(prog="python -m services." + self.name + ".main")
        parser.add_argument("process", choices=["api", "worker", "migrate", "openapi", *self.commands])
        parser.add_argument("--down", action="store_true", help="with migrate: take every revision down")
        chosen = parser.parse_args(given)
        if chosen.process == "openapi":
            self._write_contracts()
            return 0
        settings = self.settings()
        logs.configure(self.name, settings.log_level)
        if chosen.process == "migrate":
            asyncio.run(self._migrate(settings, "base" if chosen.down else "head"))
        elif chosen.process == "worker":
            asyncio.run(self._work(settings))
        else:
            app = self.app(settings)
            gc.freeze()  # code and routes live as long as the process: no collection need look through them again
            uvicorn.run(app, host=settings.host, port=settings.port, log_config=None, access_log=False, timeout_graceful_shutdown=10)
        return 0

    async def _migrate(self, settings: Settings, target: str) -> None:
        from libs.common.db.migrate import migrate  # noqa: PLC0415 - Alembic takes 10 MB that no API and no worker needs

        if settings.owner_url is None:
            sys.exit("LIENTHONG_OWNER_URL is needed to migrate: the role that owns the schema.")
        await migrate(settings.owner_url.get_secret_value(), settings.database_url.get_secret_value(), self.versions, target)

    async def _work(self, settings: Settings) -> None:
        jobs = [asyncio.create_task(job(settings)) for job in (worker_pages.serve, purge, *self.jobs)]
        try:
            await run_worker(settings, self.consumers, sorted({event.TOPIC for event in self.events}, key=lambda topic: topic.name))
        finally:
            for job in jobs:
                job.cancel()
            await asyncio.gather(*jobs, return_exceptions=True)

    def _write_contracts(self) -> None:
        folder = self.root / "contract"
        folder.mkdir(exist_ok=True)
        for name, document in self.contracts().items():
            (folder / name).write_bytes(orjson.dumps(document, option=orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS) + b"\n")


async def purge(settings: Settings) -> None:
    """Forget stored answers after their 24 hours, once an hour."""
    database = Database(settings.database_url.get_secret_value(), pool_size=1)
    try:
        while True:
            with suppress(Unavailable):  # the next round finds what this one could not
                async with database.connection() as connection:
                    await connection.execute(PURGE)
            await asyncio.sleep(PURGE_SECONDS)
    finally:
        await database.close()


@asynccontextmanager
async def waking(app: FastAPI) -> AsyncIterator[None]:
    """Wake the relay after each commit that left events behind."""
    waker = Waker(app.state.settings.database_url.get_secret_value())
    app.state.platform.database.committed = waker.wake
    try:
        yield
    finally:
        await waker.close()


@asynccontextmanager
async def revocations(app: FastAPI) -> AsyncIterator[None]:
    """Keep the deny list fed: every API process reads all revocations of the last ten minutes, then follows."""
    bus = transport.connect(app.state.settings.bus_url.get_secret_value(), KafkaSettings())

    async def bodies() -> AsyncIterator[bytes]:
        await bus.ensure_topics([IDENTITY_SESSION])
        async for record in bus.tail([IDENTITY_SESSION.name], now() - timedelta(seconds=REMEMBER_SECONDS)):
            yield record.body

    task = asyncio.create_task(follow(app.state.platform.deny_list, bodies))
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
        await bus.close()
