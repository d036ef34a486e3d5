"""Emptying Kafka's topics between tests."""

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, RecordsToDelete

from libs.common.events.topics import Topic

_consumer: Any = AIOKafkaConsumer  # aiokafka is untyped
_admin: Any = AIOKafkaAdminClient
_until: Any = RecordsToDelete


async def forget_records(url: str, topics: Sequence[Topic]) -> None:
    """Delete all records of history topics (Kafka refuses that for compacted ones); groups then go on at the end."""
    servers = urlsplit(url).netloc
    consumer, admin = _consumer(bootstrap_servers=servers), _admin(bootstrap_servers=servers)
    await consumer.start()
    await admin.start()
    try:
        places = [TopicPartition(topic.name, number) for topic in topics for number in range(topic.partitions)]
        ends = await consumer.end_offsets(places)
        filled = {place: _until(before_offset=end) for place, end in ends.items() if end}
        if filled:
            await admin.delete_records(filled)
    finally:
        await consumer.stop()
        await admin.close()
