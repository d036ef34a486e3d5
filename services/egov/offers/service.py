"""Offers: upserted by natural key, many at once."""

from typing import Any

import orjson

from libs.common.db.work import UnitOfWork
from libs.common.errors import Conflict, FieldError
from services.egov import bulk
from services.egov.bulk import Load
from services.egov.fields import fault
from services.egov.offers.events import ProcedureOffered
from services.egov.offers.schemas import OfferPut, PutOut
from services.egov.offers.tables import ProcedureOffer, offer_id
from services.egov.procedures import service as procedures

PUT = """
INSERT INTO procedure_offer AS f (offer_id, organisation_id, procedure_code, level, one_stop, valid_from, valid_to, organisation_path)
SELECT r.offer_id, r.organisation_id, r.procedure_code, r.level, r.one_stop, r.valid_from, r.valid_to, text2ltree(r.path)
FROM jsonb_to_recordset($1::jsonb) AS r(offer_id uuid, organisation_id uuid, procedure_code text, level text, one_stop boolean,
    valid_from date, valid_to date, path text)
ORDER BY r.offer_id
ON CONFLICT (offer_id) DO UPDATE
SET level = excluded.level, one_stop = excluded.one_stop, valid_to = excluded.valid_to, organisation_path = excluded.organisation_path,
    version = f.version + 1
WHERE (f.level, f.one_stop, f.valid_to) IS DISTINCT FROM (excluded.level, excluded.one_stop, excluded.valid_to)
RETURNING to_jsonb(f)::text"""
MEETING = """
SELECT a.offer_id FROM procedure_offer a JOIN procedure_offer b
    ON b.organisation_id = a.organisation_id AND b.procedure_code = a.procedure_code AND b.offer_id <> a.offer_id
    AND daterange(b.valid_from, b.valid_to) && daterange(a.valid_from, a.valid_to)
WHERE a.offer_id = ANY ($1::uuid[])"""
CONSTRAIN = "SET CONSTRAINTS procedure_offer_period IMMEDIATE"


class OffersOverlap(Conflict):
    """An organisation would offer a procedure twice on one day."""

    slug = "offers-overlap"
    title_vi = "Một thủ tục được khai hai lần trong cùng thời gian"
    title_en = "A procedure would be offered twice at the same time"


APART = bulk.Periods(MEETING, CONSTRAIN, OffersOverlap)


async def put_many(db: UnitOfWork, load: Load[OfferPut]) -> PutOut:
    """Bring offers to what the sender knows; the same again changes nothing. Raises Invalid or OffersOverlap."""
    items = load.items
    found = await bulk.places(db.connection, (item.organisation_code for item in items))
    bulk.refuse(_faults(load, found))
    rows = [_row(item, found[item.organisation_code]) for item in items]
    written = await db.connection.fetch(PUT, orjson.dumps(rows).decode())
    await bulk.ensure_apart(db.connection, load, [row["offer_id"] for row in rows], APART)
    offers = [ProcedureOffer.model_validate_json(row[0]) for row in written]
    for offer in offers:
        db.record(ProcedureOffered.model_validate(offer.model_dump(exclude={"organisation_path"})), offer)
    created = sum(offer.version == 1 for offer in offers)
    return PutOut(created=created, changed=len(offers) - created, unchanged=len(items) - len(offers))


def _faults(load: Load[OfferPut], found: dict[str, Any]) -> list[FieldError]:
    unknown = [
        fault(f"{pointer}/procedure_code", "unknown_procedure", "Không có thủ tục này.", "The catalogue has no such procedure.")
        for pointer, item in zip(load.pointers, load.items, strict=True)
        if not procedures.known(item.procedure_code)
    ]
    keys = [(item.organisation_code, item.procedure_code, item.valid_from) for item in load.items]
    return [*bulk.place_faults(load, found), *unknown, *bulk.repeated(load.pointers, keys)]


def _row(item: OfferPut, place: Any) -> dict[str, Any]:
    return item.model_dump(exclude={"organisation_code"}) | {
        "offer_id": str(offer_id(place["organisation_id"], item.procedure_code, item.valid_from)),
        "organisation_id": str(place["organisation_id"]),
        "path": place["path"],
    }
