"""Signs of life of a process's background loops, for readiness and for people on duty."""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable

LATE_SECONDS = 30.0
FIRST_DELAY_SECONDS = 0.2
LONGEST_DELAY_SECONDS = 5.0
log = logging.getLogger(__name__)


class Heartbeats:
    """When each loop last went round."""

    def __init__(self) -> None:
        self._last: dict[str, float] = {}

    def beat(self, loop: str) -> None:
        """Note that a loop is alive."""
        self._last[loop] = time.monotonic()

    def ages(self) -> dict[str, float]:
        """Return the seconds since each loop's last sign of life."""
        moment = time.monotonic()
        return {loop: round(moment - last, 3) for loop, last in self._last.items()}

    def forget(self, loop: str) -> None:
        """Note that a loop has ended for good."""
        self._last.pop(loop, None)

    def clear(self) -> None:
        """Forget all loops."""
        self._last.clear()


def delay(failures: int, longest: float = LONGEST_DELAY_SECONDS) -> float:
    """Return the seconds to wait after so many failures in a row: doubling, bounded."""
    return min(longest, FIRST_DELAY_SECONDS * 2.0 ** min(failures - 1, 16))


async def pause(stop: asyncio.Event, seconds: float) -> None:
    """Wait, but not beyond the order to stop."""
    try:
        await asyncio.wait_for(stop.wait(), seconds)
    except TimeoutError:
        return


async def keep_running(name: str, stop: asyncio.Event, work: Callable[[], Awaitable[None]], beats: Heartbeats) -> None:
    """Run a loop until `stop`; when it fails, start it again with back-off. `work` returns only because of `stop`."""
    failures = 0
    while not stop.is_set():
        started = time.monotonic()
        try:
            await work()
        except Exception as error:
            failures = 1 if time.monotonic() - started > LATE_SECONDS else failures + 1
            log.warning("%s failed (%s: %s), starting it again", name, type(error).__name__, error, exc_info=failures == 1)
            beats.beat(name)
            await pause(stop, delay(failures))
