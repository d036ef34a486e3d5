"""Reads of document counts."""

from datetime import date

from libs.common.db.read import Filter, Listing
from services.egov.documents.schemas import CountOut

COUNTS = Listing(
    CountOut,
    "document_count t LEFT JOIN organisation_path o USING (organisation_id)",
    key="t.count_id",
    columns={"organisation_code": "o.code", "organisation_id": "t.organisation_id", "version": "t.version"},
    filters={
        "organisation": Filter("o.code", str),
        "from": Filter("t.period_start", date, condition="{e} >= :value"),
        "to": Filter("t.period_end", date, condition="{e} <= :value"),
    },
)
