"""The bus in production: Kafka through aiokafka, CloudEvents in binary mode."""

import asyncio
import logging
import ssl
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka import conn as connections
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import CommitFailedError, IllegalStateError, KafkaConnectionError, KafkaError, TopicAlreadyExistsError, for_code

from libs.common.events.envelope import Message, Record, readable
from libs.common.events.topics import HISTORY_RETENTION, Topic
from libs.common.events.transport import Place, Selection, grouped
from libs.common.settings import KafkaSettings

BATCH_BYTES = 512 * 1024
REQUEST_MS = 5000
CLOSE_SECONDS = 3.0
SESSION_MS = 10000
HEARTBEAT_MS = 2000
POLL_SECONDS = 1.0
log = logging.getLogger(__name__)

# aiokafka is published without types; these names keep it at the border of this module.
_consumer: Any = AIOKafkaConsumer
_producer: Any = AIOKafkaProducer
_admin: Any = AIOKafkaAdminClient
_topic: Any = NewTopic
_error: Any = for_code
_connections: Any = connections


class BusError(ConnectionError):
    """Kafka did not do what it was asked; the cause says why."""


class KafkaTransport:
    """See Transport. One idempotent producer, thrown away after any error; a consumer for each subscription, tail or read.

    `kafka://host:port[,host:port][?instance=name]`: `instance` makes group members static, so that a process that is killed and started
    again under the same name takes its partitions back at once, not after the session timeout. It must be unique per process.
    """

    def __init__(self, url: str, settings: KafkaSettings | None = None) -> None:
        parts = urlsplit(url)
        self._servers = parts.netloc
        self._security = _security(settings) if settings else {}
        self._instance: str | None = parse_qs(parts.query).get("instance", [None])[0]
        self._sender: Any = None
        self._partitions: dict[str, int] = {}
        self._turn = asyncio.Lock()

    async def ensure_topics(self, topics: Iterable[Topic]) -> None:
        """Create what is missing, with the broker's default replication."""
        admin = _admin(bootstrap_servers=self._servers, request_timeout_ms=REQUEST_MS, **self._security)
        await self._start(admin)
        try:
            known = set(await admin.list_topics())
            new = [_new_topic(topic) for topic in topics if topic.name not in known]
            response = await admin.create_topics(new) if new else None
            for name, code, *_ in response.topic_errors if response else ():
                if code not in {0, TopicAlreadyExistsError.errno}:
                    raise BusError(f"cannot create {name}") from _error(code)()
        finally:
            await admin.close()

    async def send(self, messages: Sequence[Message]) -> None:
        """Send as few large batches, one chain per partition, and wait for all in-sync replicas."""
        if not messages:
            return
        async with self._turn:
            try:
                producer = await self._started()
                await self._learn({message.topic for message in messages})
                places = grouped(messages, self._partitions)
                async with asyncio.TaskGroup() as group:
                    for place, here in places.items():
                        group.create_task(_send_to(producer, place, here))
            except BaseException as error:
                # Its sequence numbers may no longer match the broker's; what it still holds can only arrive as a repetition.
                await self._discard()
                if isinstance(error, Exception):
                    raise BusError(f"events could not be sent: {_first(error)}") from error
                raise

    async def subscribe(self, group: str, topics: Sequence[str], limit: int) -> "KafkaSubscription":
        """Join a group."""
        instance = None if self._instance is None else f"{group}-{self._instance}"
        consumer = self._reader(*topics, group_id=group, group_instance_id=instance, auto_offset_reset="earliest")
        await self._start(consumer)
        return KafkaSubscription(consumer, limit)

    async def tail(self, topics: Sequence[str], since: datetime, caught_up: asyncio.Event | None = None) -> AsyncIterator[Record]:
        """Read from `since` and follow for ever."""
        consumer = self._reader()
        await self._start(consumer)
        try:
            ends = await _assign(consumer, topics, since)
            while True:
                if caught_up is not None and not caught_up.is_set() and await _reached(consumer, ends):
                    caught_up.set()
                batches = await consumer.getmany(timeout_ms=int(POLL_SECONDS * 1000) if caught_up is None or caught_up.is_set() else 50)
                for records in batches.values():
                    for record in records:
                        yield _record(record)
        finally:
            await consumer.stop()

    async def read(self, topic: str, selection: Selection) -> AsyncIterator[Record]:
        """Read what is stored now."""
        consumer = self._reader()
        await self._start(consumer)
        try:
            ends = await _assign(consumer, [topic], selection.since)
            while not await _reached(consumer, ends):
                batches = await consumer.getmany(timeout_ms=200)
                for place, records in batches.items():
                    for record in map(_record, records):
                        if record.position < ends[place] and selection.matches(record):
                            yield record
        finally:
            await consumer.stop()

    async def maintain(self) -> None:
        """Kafka cleans up by itself."""

    async def close(self) -> None:
        """Stop the producer."""
        await self._discard()

    def _reader(self, *topics: str, **options: Any) -> Any:
        return _consumer(
            *topics,
            bootstrap_servers=self._servers,
            enable_auto_commit=False,
            session_timeout_ms=SESSION_MS,
            heartbeat_interval_ms=HEARTBEAT_MS,
            request_timeout_ms=max(REQUEST_MS, SESSION_MS) + 1000,
            fetch_max_wait_ms=250,
            metadata_max_age_ms=30000,
            **self._security,
            **options,
        )

    async def _started(self) -> Any:
        if self._sender is None:
            producer = _producer(
                bootstrap_servers=self._servers,
                acks="all",
                enable_idempotence=True,
                max_batch_size=BATCH_BYTES,
                request_timeout_ms=REQUEST_MS,
                **self._security,
            )
            self._sender = producer
            await self._start(producer)
        return self._sender

    async def _start(self, client: Any) -> None:
        try:
            await client.start()
        except BaseException as error:
            with suppress(Exception):  # the first error is the one to report
                await (getattr(client, "stop", None) or client.close)()
            if isinstance(error, KafkaConnectionError):
                raise BusError(f"Kafka at {self._servers} cannot be used: {await self._hindrance()}") from error
            raise

    async def _hindrance(self) -> str:
        """Return why a broker cannot be used: certificate, user or network. The client that failed has only logged it."""
        host, port, _ = _connections.collect_hosts(self._servers)[0]
        try:
            connection = await _connections.create_conn(host, port, request_timeout_ms=REQUEST_MS, **self._security)
        except (OSError, KafkaError, TimeoutError) as error:
            return _first(error)
        connection.close()
        return "it answers again"

    async def _learn(self, topics: set[str]) -> None:
        for topic in topics - self._partitions.keys():
            self._partitions[topic] = len(await self._sender.partitions_for(topic))

    async def _discard(self) -> None:
        producer, self._sender = self._sender, None
        self._partitions.clear()
        if producer is not None:
            with suppress(Exception):  # whatever it says, it is not used again
                await asyncio.wait_for(producer.stop(), CLOSE_SECONDS)


class KafkaSubscription:
    """See Subscription. A partition that moved to another member meanwhile is silently not ours: the inbox makes repetition harmless."""

    def __init__(self, consumer: Any, limit: int) -> None:
        self._consumer = consumer
        self._limit = limit

    async def fetch(self, wait_seconds: float) -> dict[Place, list[Record]]:
        """Return new records per partition of this member."""
        batches = await self._consumer.getmany(timeout_ms=int(wait_seconds * 1000), max_records=self._limit)
        return {(place.topic, place.partition): [_record(record) for record in records] for place, records in batches.items()}

    async def commit(self, place: Place, position: int) -> None:
        """Store the group's position."""
        try:
            await self._consumer.commit({TopicPartition(*place): position})
        except (CommitFailedError, IllegalStateError):
            log.info("%s/%s moved to another member", *place)

    def pause(self, place: Place) -> None:
        """Stop fetching from a partition."""
        with suppress(IllegalStateError):
            self._consumer.pause(TopicPartition(*place))

    def resume(self, place: Place) -> None:
        """Fetch from it again."""
        with suppress(IllegalStateError):
            self._consumer.resume(TopicPartition(*place))

    def rewind(self, place: Place, position: int) -> None:
        """Fetch from `position` next."""
        with suppress(IllegalStateError):
            self._consumer.seek(TopicPartition(*place), position)

    async def lag(self) -> dict[Place, int]:
        """Return how far each partition is behind, as of the last fetch."""
        behind = {}
        for place in self._consumer.assignment():
            end = self._consumer.highwater(place)
            if end is not None:
                with suppress(IllegalStateError):
                    behind[place.topic, place.partition] = max(0, end - await self._consumer.position(place))
        return behind

    async def close(self) -> None:
        """Leave the group."""
        with suppress(KafkaError, TimeoutError):
            await asyncio.wait_for(self._consumer.stop(), CLOSE_SECONDS)


def _security(settings: KafkaSettings) -> dict[str, Any]:
    """Return the options of every client. Raises ValueError where the certificates cannot be read."""
    options: dict[str, Any] = {"security_protocol": settings.security.value}
    if settings.tls:
        try:
            options["ssl_context"] = ssl.create_default_context(cafile=settings.ca_file)
        except OSError as error:
            raise ValueError(f"LIENTHONG_KAFKA_CA_FILE={settings.ca_file} holds no certificates that can be read: {error}") from error
    if settings.sasl:
        options["sasl_mechanism"] = settings.mechanism.value
        options["sasl_plain_username"] = settings.username
        options["sasl_plain_password"] = settings.password and settings.password.get_secret_value()
    return options


async def _send_to(producer: Any, place: Place, messages: Sequence[Message]) -> None:
    """Fill batches by hand: one future per batch instead of one per message is several times cheaper. aiokafka keeps their order."""
    topic, partition = place
    acknowledgements = []
    batch = producer.create_batch()
    for message in messages:
        if not _append(batch, message):
            acknowledgements.append(await producer.send_batch(batch, topic, partition=partition))
            batch = producer.create_batch()
            if not _append(batch, message):
                raise ValueError(f"{message.topic}: an event of {len(message.body)} bytes is too large for the bus")
    acknowledgements.append(await producer.send_batch(batch, topic, partition=partition))
    await asyncio.gather(*acknowledgements)


def _append(batch: Any, message: Message) -> bool:
    return batch.append(timestamp=None, key=message.key.encode(), value=message.body, headers=list(message.headers)) is not None


def _first(error: BaseException) -> str:
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return f"{type(error).__name__} {error}".strip()


async def _assign(consumer: Any, topics: Sequence[str], since: datetime | None) -> dict[Any, int]:
    """Take all partitions of topics, go to `since`, and return where they end now."""
    places = [TopicPartition(topic, number) for topic in topics for number in await _partitions(consumer, topic)]
    consumer.assign(places)
    ends: dict[Any, int] = await consumer.end_offsets(places)
    starts = await consumer.beginning_offsets(places)
    if since is not None:
        found = await consumer.offsets_for_times(dict.fromkeys(places, int(since.timestamp() * 1000)))
        starts = {place: found[place].offset if found.get(place) else ends[place] for place in places}
    for place in places:
        consumer.seek(place, starts[place])
    return ends


async def _partitions(consumer: Any, topic: str) -> list[int]:
    known = await consumer._client._wait_on_metadata(topic)  # noqa: SLF001 - the public call only knows subscribed topics
    return sorted(known)


async def _reached(consumer: Any, ends: dict[Any, int]) -> bool:
    return all([await consumer.position(place) >= end for place, end in ends.items()])


def _record(record: Any) -> Record:
    return Record(
        topic=record.topic,
        partition=record.partition,
        position=record.offset,
        key=readable(record.key or b""),
        headers=tuple(record.headers),
        body=record.value or b"",
        stored_at=datetime.fromtimestamp(record.timestamp / 1000, UTC),
    )


def _new_topic(topic: Topic) -> Any:
    created = _topic(topic.name, topic.partitions, 1, topic_configs=_configuration(topic))
    created.replication_factor = -1  # the broker's default; the constructor refuses it, the protocol has it since Kafka 2.4
    return created


def _configuration(topic: Topic) -> dict[str, str]:
    common = {"message.timestamp.type": "LogAppendTime"}
    if topic.state:
        return {**common, "cleanup.policy": "compact"}
    return {**common, "cleanup.policy": "delete", "retention.ms": str(int(HISTORY_RETENTION.total_seconds() * 1000))}
