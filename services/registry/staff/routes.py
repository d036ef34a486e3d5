"""Routes of staff."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter
from starlette.responses import Response

from libs.common.access import ReadSession, reading, writing
from libs.common.db.changes import ChangeOut, ChangesRequest, changes_request
from libs.common.db.write import WriteSession
from libs.common.http.documents import document, page_of
from libs.common.http.paging import PageRequest
from services.registry.staff import queries, service
from services.registry.staff.schemas import CertificateBody, PostBody, StaffChange, StaffCreate, StaffListed, StaffOut

PREFIX = "/registry/v1/staff"
router = APIRouter(prefix=PREFIX, tags=["staff"])

Reader = Annotated[ReadSession, reading("registry.staff.read")]
Changer = Annotated[WriteSession, writing("registry.staff.change")]


@router.get("", responses=page_of(StaffListed))
async def list_staff(db: Reader, page: Annotated[PageRequest, queries.STAFF_LISTED.request()]) -> Response:
    """List staff."""
    return await db.page(queries.STAFF_LISTED, page)


@router.get("/changes", responses=page_of(ChangeOut))
async def list_staff_changes(request: Annotated[ChangesRequest, changes_request()], db: Reader) -> Response:
    """Follow what changes, in the order in which it became visible."""
    return await db.changes("staff", request)


@router.get("/{staff_id}", responses=document(StaffOut))
async def read_staff_member(staff_id: UUID, db: Reader) -> Response:
    """Read one staff member with posts and certificates."""
    return await db.one(queries.STAFF, staff_id=staff_id)


@router.post("", status_code=201, responses=document(StaffOut, 201))
async def register_staff_member(body: StaffCreate, db: Annotated[WriteSession, writing("registry.staff.register")]) -> Response:
    """Register a staff member with the first post."""
    staff_id = await service.register(db, body)
    return await db.created(queries.STAFF, location=PREFIX, key=staff_id, staff_id=staff_id)


@router.patch("/{staff_id}", responses=document(StaffOut))
async def change_staff_member(staff_id: UUID, body: StaffChange, db: Changer) -> Response:
    """Change the person, the main role, or end every open post."""
    await service.change(db, staff_id, body)
    return await db.changed(queries.STAFF, staff_id=staff_id)


@router.post("/{staff_id}/posts", responses=document(StaffOut))
async def add_post(staff_id: UUID, body: PostBody, db: Changer) -> Response:
    """Add a post."""
    await service.add_post(db, staff_id, body)
    return await db.changed(queries.STAFF, staff_id=staff_id)


@router.post("/{staff_id}/certificates", responses=document(StaffOut))
async def add_certificate(staff_id: UUID, body: CertificateBody, db: Changer) -> Response:
    """Add a certificate."""
    await service.add_certificate(db, staff_id, body)
    return await db.changed(queries.STAFF, staff_id=staff_id)
