"""The worker process of a service: its relay, its consumers and their upkeep, until SIGTERM."""

import asyncio
import logging
import signal
import time
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from libs.common.clock import now
from libs.common.events import connections, inbox, metrics
from libs.common.events.consumer import Consumer
from libs.common.events.heartbeat import LATE_SECONDS, Heartbeats, keep_running, pause
from libs.common.events.relay import Relay
from libs.common.events.runner import ConsumerRunner
from libs.common.events.session import WorkerSession
from libs.common.events.topics import Topic
from libs.common.events.transport import Transport, connect
from libs.common.settings import KafkaSettings, Settings

SAMPLE_SECONDS = 5.0
UPKEEP_SECONDS = 600.0
STOP_SECONDS = 10.0
SIGNALS = (signal.SIGTERM, signal.SIGINT)
log = logging.getLogger(__name__)
_beats = Heartbeats()


def worker_health() -> dict[str, Any]:
    """Return readiness and the age in seconds of each loop's last sign of life; a loop that waits for an engine is alive."""
    ages = _beats.ages()
    late = sorted(loop for loop, age in ages.items() if age > LATE_SECONDS)
    return {"ready": bool(ages) and not late, "loops": ages, "late": late}


async def run_worker(
    settings: Settings,
    consumers: Sequence[Consumer],
    topics: Sequence[Topic],
    *,
    stop: asyncio.Event | None = None,
    session_type: type[WorkerSession] = WorkerSession,
) -> None:
    """Relay and consume until SIGTERM, SIGINT or `stop`; engines that are away are waited for.

    `topics` are those the service publishes to; the consumers' topics are created as well, so that start order does not matter.
    """
    stopping = stop or asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in SIGNALS:
        loop.add_signal_handler(number, stopping.set)
    transport = connect(settings.bus_url.get_secret_value(), KafkaSettings())
    url = settings.database_url.get_secret_value()
    relay = Relay(url, transport, beats=_beats, on_sent=metrics.SENT.inc)
    runners = [
        ConsumerRunner(consumer, url, transport, session_type=session_type, on_recorded=relay.wake, beats=_beats) for consumer in consumers
    ]
    wanted = {topic.name: topic for topic in (*topics, *(topic for consumer in consumers for topic in consumer.topics))}
    try:
        await _prepare(transport, list(wanted.values()), stopping)
        loops = [relay.run, *(runner.run for runner in runners), lambda order: _upkeep(url, transport, runners, order)]
        await _run_all(loops, stopping)
    finally:
        for number in SIGNALS:
            loop.remove_signal_handler(number)
        await transport.close()
        _beats.clear()


async def _run_all(loops: Sequence[Callable[[asyncio.Event], Awaitable[None]]], stop: asyncio.Event) -> None:
    tasks = [asyncio.ensure_future(loop(stop)) for loop in loops]
    await stop.wait()
    _, unfinished = await asyncio.wait(tasks, timeout=STOP_SECONDS)
    for task in unfinished:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def _prepare(transport: Transport, topics: Sequence[Topic], stop: asyncio.Event) -> None:
    """Create topics, however long the bus is away, unless the order to stop comes first."""
    prepared = asyncio.Event()

    async def create() -> None:
        if not stop.is_set():
            await transport.ensure_topics(topics)
        prepared.set()

    await keep_running("topics", prepared, create, _beats)
    _beats.forget("topics")


async def _upkeep(url: str, transport: Transport, runners: Sequence[ConsumerRunner], stop: asyncio.Event) -> None:
    """Sample figures every few seconds; prune inbox and bus now and then."""

    async def rounds() -> None:
        connection = await connections.connect(url, "upkeep")
        prune_at = 0.0
        try:
            while not stop.is_set():
                _beats.beat("upkeep")
                await metrics.sample_outbox(connection)
                metrics.sample_consumers(runners)
                if time.monotonic() >= prune_at:
                    await inbox.prune(connection, now() - inbox.KEEP)
                    await transport.maintain()
                    prune_at = time.monotonic() + UPKEEP_SECONDS
                await pause(stop, SAMPLE_SECONDS)
        finally:
            connection.terminate()

    await keep_running("upkeep", stop, rounds, _beats)
