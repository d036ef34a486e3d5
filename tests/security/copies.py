"""Tells a service what the registry would have told it: where both schools stand, and who learns there."""

import asyncpg

from libs.common.events.apply import Applier
from tests.contract.operations import service
from tests.insight.support import Told, identity, organisation
from tests.security.schools import PROVINCE, School
from tests.support.postgres import TestDatabase


async def tell(name: str, database: TestDatabase, *told: Told) -> None:
    """Apply events through the service's own consumers."""
    records = [one.record(position) for position, one in enumerate(told)]
    connection = await asyncpg.connect(database.url)
    try:
        for consumer in service(name).consumers:
            topics = {topic.name for topic in consumer.topics}
            failure = await Applier(consumer).advance(connection, [record for record in records if record.topic in topics])
            assert failure is None, failure.reason
    finally:
        await connection.close()


def tree(*schools: School) -> list[Told]:
    """Return the events of the province, and of commune, school and site of each school; their names do not hold its word."""
    told = [organisation(PROVINCE, kind="province")]
    for school in schools:
        path = (PROVINCE, school.commune, school.code, school.site)
        told += [
            organisation(*path[: index + 1], kind=kind, name=f"Đơn vị {path[index]}")
            for index, kind in enumerate(("commune", "school", "site"), start=1)
        ]
        school.mark(school.word, *path[1:], *map(identity, path[1:]))
        school.ids |= {"organisation_code": school.code, "organisation": school.code, "organisation_id": str(identity(school.code))}
    return told
