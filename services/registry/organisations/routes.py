"""Routes of organisations."""

from datetime import date
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from starlette.responses import Response

from libs.common.access import ReadSession, reading, writing
from libs.common.clock import today
from libs.common.db.changes import ChangeOut, ChangesRequest, changes_request
from libs.common.db.write import WriteSession
from libs.common.http.documents import document, page_of
from libs.common.http.paging import PageRequest
from services.registry.fields import Code
from services.registry.organisations import queries, service, succession
from services.registry.organisations.schemas import (
    OrganisationBody,
    OrganisationChange,
    OrganisationClose,
    OrganisationCreate,
    OrganisationMerge,
    OrganisationOut,
    OrganisationReparent,
    OrganisationVersionOut,
)

PREFIX = "/registry/v1/organisations"
router = APIRouter(prefix=PREFIX, tags=["organisations"])

Reader = Annotated[ReadSession, reading("registry.organisation.read")]
AsOf = Annotated[date | None, Query(description="the tree as it was, or will be, on that day")]


@router.get("", responses=page_of(OrganisationOut))
async def list_organisations(db: Reader, page: Annotated[PageRequest, queries.LISTED.request()]) -> Response:
    """List organisations, of today or `as_of` a day."""
    if "as_of" in page.filters:
        return await db.page(queries.LISTED_AT, page)
    return await db.page(queries.LISTED, page, today=today())


@router.get("/changes", responses=page_of(ChangeOut))
async def list_organisation_changes(request: Annotated[ChangesRequest, changes_request()], db: Reader) -> Response:
    """Follow what changes, in the order in which it became visible."""
    return await db.changes("organisation", request)


@router.get("/by-code/{code}", responses=document(OrganisationOut))
async def read_organisation_by_code(code: Code, db: Reader, as_of: AsOf = None) -> Response:
    """Read the organisation that bears a code on a day: codes are given anew, so the day matters."""
    return await db.one(queries.BY_CODE, code=code, as_of=as_of or today())


@router.get("/{organisation_id}", responses=document(OrganisationOut))
async def read_organisation(organisation_id: UUID, db: Reader, as_of: AsOf = None) -> Response:
    """Read one organisation."""
    if as_of is not None:
        return await db.one(queries.AT, organisation_id=organisation_id, as_of=as_of)
    return await db.one(queries.LATEST, organisation_id=organisation_id, today=today())


@router.get("/{organisation_id}/versions", responses=page_of(OrganisationVersionOut))
async def list_organisation_versions(
    organisation_id: UUID, db: Reader, page: Annotated[PageRequest, queries.VERSIONS.request()]
) -> Response:
    """List all dated versions of one organisation."""
    return await db.page(queries.VERSIONS, page, of=queries.LATEST, organisation_id=organisation_id, today=today())


@router.post("", status_code=201, responses=document(OrganisationOut, 201))
async def create_organisation(body: OrganisationCreate, db: Annotated[WriteSession, writing("registry.organisation.create")]) -> Response:
    """Create an organisation."""
    organisation_id = await service.create(db, body)
    return await db.created(queries.LATEST, location=PREFIX, key=organisation_id, organisation_id=organisation_id, today=today())


@router.put("/by-code/{code}", responses=document(OrganisationOut) | document(OrganisationOut, 201))
async def put_organisation(
    code: Code, body: OrganisationBody, db: Annotated[WriteSession, writing("registry.organisation.create")]
) -> Response:
    """Create the organisation or bring it to what the sender knows; sending the same again changes nothing."""
    done = await service.upsert(db, code, body)
    values = {"organisation_id": done.organisation_id, "today": today()}
    if done.created:
        return await db.created(queries.LATEST, location=PREFIX, key=done.organisation_id, **values)
    return await db.changed(queries.LATEST, **values)


@router.patch("/{organisation_id}", responses=document(OrganisationOut))
async def change_organisation(
    organisation_id: UUID, body: OrganisationChange, db: Annotated[WriteSession, writing("registry.organisation.change")]
) -> Response:
    """Change what is true of an organisation from a day on."""
    await service.change(db, organisation_id, body)
    return await db.changed(queries.LATEST, organisation_id=organisation_id, today=today())


@router.post("/{organisation_id}/close", responses=document(OrganisationOut))
async def close_organisation(
    organisation_id: UUID, body: OrganisationClose, db: Annotated[WriteSession, writing("registry.organisation.change")]
) -> Response:
    """End an organisation, naming those that take its place."""
    await succession.close(db, organisation_id, body)
    return await db.changed(queries.LATEST, organisation_id=organisation_id, today=today())


@router.post("/{organisation_id}/merge", responses=document(OrganisationOut))
async def merge_organisation(
    organisation_id: UUID, body: OrganisationMerge, db: Annotated[WriteSession, writing("registry.organisation.change")]
) -> Response:
    """Let an organisation go into another one."""
    await succession.merge(db, organisation_id, body)
    return await db.changed(queries.LATEST, organisation_id=organisation_id, today=today())


@router.post("/{organisation_id}/reparent", responses=document(OrganisationOut))
async def reparent_organisation(
    organisation_id: UUID, body: OrganisationReparent, db: Annotated[WriteSession, writing("registry.organisation.change")]
) -> Response:
    """Put an organisation under another parent."""
    await service.reparent(db, organisation_id, body)
    return await db.changed(queries.LATEST, organisation_id=organisation_id, today=today())
