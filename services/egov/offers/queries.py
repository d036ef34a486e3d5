"""Reads of offers."""

from datetime import date
from typing import Literal

from libs.common.db.read import Filter, Listing
from services.egov.offers.schemas import OfferOut

OFFERS = Listing(
    OfferOut,
    "procedure_offer f LEFT JOIN organisation_path o USING (organisation_id)",
    key="f.offer_id",
    columns={"organisation_code": "o.code", "organisation_id": "f.organisation_id", "version": "f.version"},
    filters={
        "organisation": Filter("o.code", str),
        "procedure": Filter("f.procedure_code", str),
        "level": Filter("f.level", Literal["2", "3", "4", "full", "partial", "none"]),
        "as_of": Filter("", date, condition="f.valid_from <= :value AND (f.valid_to IS NULL OR f.valid_to > :value)"),
    },
)
