"""Prometheus figures of the event machinery: how much waits, how far behind consumers are, what was put aside."""

from collections.abc import Iterable

from prometheus_client import Counter, Gauge

from libs.common.events.connections import Connection
from libs.common.events.runner import ConsumerRunner

BACKLOG_COUNTED = 100_000
BACKLOG = Gauge("lienthong_outbox_backlog", f"Committed events that are not on the bus yet (counted up to {BACKLOG_COUNTED})")
OLDEST = Gauge("lienthong_outbox_oldest_seconds", "Age of the oldest event that is not on the bus yet")
SENT = Counter("lienthong_relay_sent", "Events that the bus has taken")
LAG = Gauge("lienthong_consumer_lag", "Records of a partition that the consumer has not fetched", ["consumer", "topic", "partition"])
APPLIED = Gauge("lienthong_consumer_applied", "Events applied since the process started", ["consumer"])
REPEATED = Gauge("lienthong_consumer_repeated", "Events delivered again and passed over since the process started", ["consumer"])
FAILED = Gauge("lienthong_consumer_failed", "Failed transactions since the process started", ["consumer"])
DEAD_LETTERS = Gauge("lienthong_dead_letters", "Events put aside and not applied yet", ["consumer"])

# Counting stops early: a backlog of a million must not cost a scan of a million every few seconds.
_BACKLOG = "SELECT count(*) FROM (SELECT FROM outbox LIMIT $1) AS waiting"
_OLDEST = """
SELECT coalesce(extract(epoch FROM now() - min(first.occurred_at)), 0) FROM generate_series(0, 7) AS shards(shard)
CROSS JOIN LATERAL (SELECT o.occurred_at FROM outbox o WHERE o.shard = shards.shard ORDER BY o.outbox_id LIMIT 1) first
"""


async def sample_outbox(connection: Connection) -> None:
    """Read the figures of the outbox."""
    BACKLOG.set(await connection.fetchval(_BACKLOG, BACKLOG_COUNTED))
    OLDEST.set(float(await connection.fetchval(_OLDEST)))


def sample_consumers(runners: Iterable[ConsumerRunner]) -> None:
    """Read the figures of this process's consumers."""
    for runner in runners:
        APPLIED.labels(runner.name).set(runner.tally.applied)
        REPEATED.labels(runner.name).set(runner.tally.repeated)
        FAILED.labels(runner.name).set(runner.tally.failed)
        DEAD_LETTERS.labels(runner.name).set(runner.open_letters)
        for (topic, partition), behind in runner.lag.items():
            LAG.labels(runner.name, topic, partition).set(behind)
