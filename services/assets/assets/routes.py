"""Routes of assets and their classes."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter
from starlette.responses import Response

from libs.common.access import ReadSession, reading, writing
from libs.common.db.changes import ChangeOut, ChangesRequest, changes_request
from libs.common.db.write import WriteSession
from libs.common.http.documents import document, page_of
from libs.common.http.paging import PageRequest
from services.assets.answers import answer
from services.assets.assets import queries, service
from services.assets.assets.classes import classes as known_classes
from services.assets.assets.schemas import AssetBody, AssetChange, AssetClassesOut, AssetClassOut, AssetCreate, AssetOut, AssetRetire
from services.assets.fields import AssetCode, Code

PREFIX = "/assets/v1/assets"
router = APIRouter(prefix=PREFIX, tags=["assets"])
classes = APIRouter(prefix="/assets/v1/classes", tags=["classes of assets"])
Reader = Annotated[ReadSession, reading("assets.asset.read")]


@classes.get("", responses=document(AssetClassesOut))
async def list_classes(db: Reader) -> Response:  # noqa: ARG001 - the session is the check of the permission
    """List what can be recorded."""
    return answer(AssetClassesOut(items=[AssetClassOut(**entry.model_dump()) for entry in known_classes().values()]))


@router.get("", responses=page_of(AssetOut))
async def list_assets(db: Reader, page: Annotated[PageRequest, queries.ASSETS.request()]) -> Response:
    """List assets: of an organisation and everything under it, of a kind, class, level or provider, as of a day."""
    return await db.page(queries.ASSETS, page)


@router.get("/changes", responses=page_of(ChangeOut))
async def list_asset_changes(request: Annotated[ChangesRequest, changes_request()], db: Reader) -> Response:
    """Follow what changes, in the order in which it became visible."""
    return await db.changes("asset", request)


@router.get("/by-code/{organisation_code}/{asset_code}", responses=document(AssetOut))
async def read_asset_by_code(organisation_code: Code, asset_code: AssetCode, db: Reader) -> Response:
    """Read one asset by its code in its organisation."""
    return await db.one(queries.ASSET_BY_CODE, organisation_code=organisation_code, asset_code=asset_code)


@router.get("/{asset_id}", responses=document(AssetOut))
async def read_asset(asset_id: UUID, db: Reader) -> Response:
    """Read one asset."""
    return await db.one(queries.ASSET, asset_id=asset_id)


@router.post("", status_code=201, responses=document(AssetOut, 201))
async def record_asset(body: AssetCreate, db: Annotated[WriteSession, writing("assets.asset.record")]) -> Response:
    """Put an asset on record."""
    asset_id = await service.record(db, body)
    return await db.created(queries.ASSET, location=PREFIX, key=asset_id, asset_id=asset_id)


@router.put("/by-code/{organisation_code}/{asset_code}", responses=document(AssetOut) | document(AssetOut, 201))
async def put_asset(
    organisation_code: Code, asset_code: AssetCode, body: AssetBody, db: Annotated[WriteSession, writing("assets.asset.record")]
) -> Response:
    """Record the asset or bring it to what the sender knows, by its code in its organisation; the same again changes nothing."""
    done = await service.upsert(db, organisation_code, asset_code, body)
    if done.created:
        return await db.created(queries.ASSET, location=PREFIX, key=done.asset_id, asset_id=done.asset_id)
    return await db.changed(queries.ASSET, asset_id=done.asset_id)


@router.patch("/{asset_id}", responses=document(AssetOut))
async def change_asset(asset_id: UUID, body: AssetChange, db: Annotated[WriteSession, writing("assets.asset.change")]) -> Response:
    """Change an asset."""
    await service.change(db, asset_id, body)
    return await db.changed(queries.ASSET, asset_id=asset_id)


@router.post("/{asset_id}/retire", responses=document(AssetOut))
async def retire_asset(asset_id: UUID, body: AssetRetire, db: Annotated[WriteSession, writing("assets.asset.retire")]) -> Response:
    """End the holding of an asset; with If-Match."""
    await service.retire(db, asset_id, body)
    return await db.changed(queries.ASSET, asset_id=asset_id)
