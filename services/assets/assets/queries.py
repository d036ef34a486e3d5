"""Reads of assets."""

from datetime import date
from typing import Annotated
from uuid import UUID

from pydantic import Field

from libs.common.db.read import Document, Filter, Listing
from services.assets.assets.classes import Kind
from services.assets.assets.schemas import AssetOut, Provider
from services.assets.fields import Level

SOURCE = "asset a LEFT JOIN organisation_path o ON o.organisation_id = a.organisation_id"
COLUMNS = {
    "organisation_id": "a.organisation_id",
    "organisation_code": "o.code",
    "kind": "a.kind",
    "name": "a.name",
    "version": "a.version",
}
UNDER = "{e} <@ (SELECT s.path FROM organisation_path s WHERE s.code = :value)"
HELD = "a.valid_from <= :value AND (a.valid_to IS NULL OR a.valid_to > :value)"

ASSET = Document(AssetOut, SOURCE, where="a.asset_id = :asset_id", columns=COLUMNS, version="a.version")
ASSET_BY_CODE = Document(
    AssetOut, SOURCE, where="o.code = :organisation_code AND a.asset_code = :asset_code", columns=COLUMNS, version="a.version"
)
ASSETS = Listing(
    AssetOut,
    SOURCE,
    key="a.asset_id",
    columns=COLUMNS,
    filters={
        "organisation": Filter("a.organisation_path", Annotated[str, Field(max_length=100)], condition=UNDER),
        "organisation_id": Filter("a.organisation_id", UUID),
        "kind": Filter("a.kind", Kind),
        "class_code": Filter("a.class_code", str),
        "level": Filter("a.level", Level),
        "provider": Filter("a.provider", Provider),
        "as_of": Filter("a.valid_from", date, condition=HELD),
    },
    sorts={"key": "a.asset_id", "code": "a.asset_code"},
)
