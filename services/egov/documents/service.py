"""Document counts: upserted by organisation and period, many at once."""

from typing import Any

import orjson

from libs.common.db.work import UnitOfWork
from libs.common.errors import Conflict
from services.egov import bulk
from services.egov.bulk import Load
from services.egov.documents.events import DocumentsCounted
from services.egov.documents.schemas import CountPut, CountsOut
from services.egov.documents.tables import DocumentCount, count_id

PUT = """
INSERT INTO document_count AS t (count_id, organisation_id, period_start, period_end, incoming, incoming_scanned, outgoing,
    outgoing_scanned, organisation_path)
SELECT r.count_id, r.organisation_id, r.period_start, r.period_end, r.incoming, r.incoming_scanned, r.outgoing, r.outgoing_scanned,
    text2ltree(r.path)
FROM jsonb_to_recordset($1::jsonb) AS r(count_id uuid, organisation_id uuid, period_start date, period_end date, incoming integer,
    incoming_scanned integer, outgoing integer, outgoing_scanned integer, path text)
ORDER BY r.count_id
ON CONFLICT (count_id) DO UPDATE
SET incoming = excluded.incoming, incoming_scanned = excluded.incoming_scanned, outgoing = excluded.outgoing,
    outgoing_scanned = excluded.outgoing_scanned, organisation_path = excluded.organisation_path, version = t.version + 1
WHERE (t.incoming, t.incoming_scanned, t.outgoing, t.outgoing_scanned)
    IS DISTINCT FROM (excluded.incoming, excluded.incoming_scanned, excluded.outgoing, excluded.outgoing_scanned)
RETURNING to_jsonb(t)::text"""
MEETING = """
SELECT a.count_id FROM document_count a JOIN document_count b ON b.organisation_id = a.organisation_id AND b.count_id <> a.count_id
    AND daterange(b.period_start, b.period_end, '[]') && daterange(a.period_start, a.period_end, '[]')
WHERE a.count_id = ANY ($1::uuid[])"""
CONSTRAIN = "SET CONSTRAINTS document_count_period IMMEDIATE"


class CountsOverlap(Conflict):
    """Documents of a day would be counted twice."""

    slug = "counts-overlap"
    title_vi = "Hai kỳ thống kê của một đơn vị trùng thời gian"
    title_en = "Two periods of an organisation would overlap"


APART = bulk.Periods(MEETING, CONSTRAIN, CountsOverlap)


async def put_many(db: UnitOfWork, load: Load[CountPut]) -> CountsOut:
    """Bring counts to what the sender knows; the same again changes nothing. Raises Invalid or CountsOverlap."""
    items = load.items
    found = await bulk.places(db.connection, (item.organisation_code for item in items))
    keys = [(item.organisation_code, item.period_start, item.period_end) for item in items]
    bulk.refuse([*bulk.place_faults(load, found), *bulk.repeated(load.pointers, keys)])
    rows = [_row(item, found[item.organisation_code]) for item in items]
    written = await db.connection.fetch(PUT, orjson.dumps(rows).decode())
    await bulk.ensure_apart(db.connection, load, [row["count_id"] for row in rows], APART)
    counts = [DocumentCount.model_validate_json(row[0]) for row in written]
    for count in counts:
        db.record(DocumentsCounted.model_validate(count.model_dump(exclude={"organisation_path"})), count)
    created = sum(count.version == 1 for count in counts)
    return CountsOut(created=created, changed=len(counts) - created, unchanged=len(items) - len(counts))


def _row(item: CountPut, place: Any) -> dict[str, Any]:
    return item.model_dump(exclude={"organisation_code"}) | {
        "count_id": str(count_id(place["organisation_id"], item.period_start, item.period_end)),
        "organisation_id": str(place["organisation_id"]),
        "path": place["path"],
    }
