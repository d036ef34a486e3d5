"""Assets of the province's schools."""

from uuid import UUID, uuid4

from sqlmodel.ext.asyncio.session import AsyncSession

from services.assets.assets import queries
from services.assets.assets.schemas import AssetOut
from services.assets.assets.tables import Asset
from tests.bench.resource import TREE, Creation, Resource, bare, bare_page, code_of

PATH = "/assets/v1/assets"
FILL = (
    *TREE,
    """INSERT INTO asset (asset_id, organisation_id, asset_code, kind, class_code, level, cost, first_used_on, valid_from,
           organisation_path)
       SELECT row_id, organisation_id, 'A' || n, 'device', 'teaching_computer', 'primary', 10000000, '2020-01-15', '2020-01-15', path
       FROM bench_place""",
)


async def naive(db: AsyncSession, key: UUID) -> AssetOut:
    """Read the object."""
    asset = await db.get_one(Asset, key)
    return AssetOut.model_validate({**asset.model_dump(), "organisation_code": await code_of(db, asset.organisation_id)})


CREATION = Creation(
    PATH,
    body=lambda: {
        "organisation_code": "S7",
        "asset_code": uuid4().hex,
        "class_code": "teaching_computer",
        "level": "primary",
        "cost": 12_000_000,
        "valid_from": "2026-01-15",
    },
)
RESOURCE = Resource(
    grant="province_officer@P",
    fill=FILL,
    keys="SELECT asset_id FROM asset",
    read=PATH + "/{key}",
    page=PATH + "?organisation=S7",
    every=PATH,
    bare=bare(queries.ASSET, "asset_id"),
    bare_page=bare_page(queries.ASSETS, organisation="S7"),
    naive=naive,
    out=AssetOut,
    creation=CREATION,
)
