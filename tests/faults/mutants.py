"""Designs that are known to be wrong, kept so that the fault test proves that it would notice them."""

import asyncio
import random

from libs.common.events import connections, outbox
from libs.common.events.envelope import receive
from libs.common.events.outbox import to_message
from libs.common.events.session import WorkerSession
from libs.common.events.transport import connect
from tests.common.events.support import COUNTER, Counted
from tests.faults.actors import GROUP, KEYS, Place, project

_AFTER = """
SELECT outbox_id, topic, key, event_id, type, sequence, occurred_at, traceparent, body FROM outbox
WHERE outbox_id > $1 ORDER BY outbox_id LIMIT 100
"""


def watermark_relay(place: Place) -> None:
    """Remember the greatest id that was sent and go on after it: ids that become visible later are lost."""
    asyncio.run(_watermark(place))


def hasty_writer(place: Place) -> None:
    """Write the outbox row first and lock the aggregate afterwards: ids no longer follow the order of the changes."""
    asyncio.run(_hasty(place))


def forgetful_reader(place: Place) -> None:
    """Apply and then commit the bus offset, without an inbox: whatever is delivered twice has its effect twice."""
    asyncio.run(_forgetful(place))


async def _forgetful(place: Place) -> None:
    connection, transport = await connections.connect(place.database, "mutant reader"), connect(place.bus)
    subscription = await transport.subscribe(GROUP, [COUNTER.name], 200)
    while True:
        for bus_place, records in (await subscription.fetch(1.0)).items():
            async with connection.transaction():
                await project.handler(WorkerSession(connection, GROUP), [receive(record) for record in records])
            await subscription.commit(bus_place, records[-1].position + 1)


async def _watermark(place: Place) -> None:
    connection, transport = await connections.connect(place.database, "mutant relay"), connect(place.bus)
    sent = 0
    while True:
        rows = await connection.fetch(_AFTER, sent)
        if rows:
            await transport.send([to_message(row) for row in rows])
            sent = rows[-1]["outbox_id"]
            await connection.execute("DELETE FROM outbox WHERE outbox_id = ANY($1::bigint[])", [row["outbox_id"] for row in rows])
        await asyncio.sleep(0.001)


async def _hasty(place: Place) -> None:
    chance = random.Random()
    connection = await connections.connect(place.database, "mutant writer")
    while True:
        key = chance.choice(KEYS[:2])
        async with connection.transaction():
            rows = outbox.outbox_rows([Counted(counter=key, version=0)])
            outbox_id = await connection.fetchval(f"{outbox.INSERT_OUTBOX} RETURNING outbox_id", *rows.arguments())
            version = await connection.fetchval(
                "INSERT INTO counter AS c VALUES ($1, 1) ON CONFLICT (key) DO UPDATE SET version = c.version + 1 RETURNING version", key
            )
            body = Counted(counter=key, version=version).model_dump_json()
            await connection.execute("UPDATE outbox SET sequence = $2, body = $3 WHERE outbox_id = $1", outbox_id, version, body)
