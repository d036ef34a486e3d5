"""Routes of school years and classes."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter
from starlette.responses import Response

from libs.common.access import ReadSession, reading, writing
from libs.common.db.changes import ChangeOut, ChangesRequest, changes_request
from libs.common.db.write import WriteSession
from libs.common.http.documents import document, page_of
from libs.common.http.paging import PageRequest
from services.registry.classes import queries, service
from services.registry.classes.schemas import ClassChange, ClassCreate, ClassOut, SchoolYearOut, SchoolYearSet
from services.registry.fields import SchoolYear

PREFIX = "/registry/v1/classes"
router = APIRouter(prefix=PREFIX, tags=["classes"])
school_years = APIRouter(prefix="/registry/v1/school-years", tags=["school years"])

Reader = Annotated[ReadSession, reading("registry.class.read")]


@school_years.get("", responses=page_of(SchoolYearOut))
async def list_school_years(
    db: Annotated[ReadSession, reading("registry.school_year.read")], page: Annotated[PageRequest, queries.SCHOOL_YEARS.request()]
) -> Response:
    """List school years."""
    return await db.page(queries.SCHOOL_YEARS, page)


@school_years.get("/{school_year}", responses=document(SchoolYearOut))
async def read_school_year(school_year: SchoolYear, db: Annotated[ReadSession, reading("registry.school_year.read")]) -> Response:
    """Read one school year."""
    return await db.one(queries.SCHOOL_YEAR, school_year=school_year)


@school_years.put("/{school_year}", responses=document(SchoolYearOut))
async def set_school_year(
    school_year: SchoolYear, body: SchoolYearSet, db: Annotated[WriteSession, writing("registry.school_year.set")]
) -> Response:
    """Fix the first and last day of a school year."""
    await service.set_school_year(db, school_year, body)
    return await db.changed(queries.SCHOOL_YEAR, school_year=school_year)


@router.get("", responses=page_of(ClassOut))
async def list_classes(db: Reader, page: Annotated[PageRequest, queries.CLASSES.request()]) -> Response:
    """List classes."""
    return await db.page(queries.CLASSES, page)


@router.get("/changes", responses=page_of(ChangeOut))
async def list_class_changes(request: Annotated[ChangesRequest, changes_request()], db: Reader) -> Response:
    """Follow what changes, in the order in which it became visible."""
    return await db.changes("class", request)


@router.get("/{class_id}", responses=document(ClassOut))
async def read_class(class_id: UUID, db: Reader) -> Response:
    """Read one class."""
    return await db.one(queries.CLASS, class_id=class_id)


@router.post("", status_code=201, responses=document(ClassOut, 201))
async def open_class(body: ClassCreate, db: Annotated[WriteSession, writing("registry.class.open")]) -> Response:
    """Open a class of a school in a year."""
    class_id = await service.open_class(db, body)
    return await db.created(queries.CLASS, location=PREFIX, key=class_id, class_id=class_id)


@router.put("/by-key", responses=document(ClassOut) | document(ClassOut, 201))
async def put_class(body: ClassCreate, db: Annotated[WriteSession, writing("registry.class.open")]) -> Response:
    """Open the class or bring it to what the sender knows, by school, year and name; the same again changes nothing."""
    done = await service.upsert(db, body)
    if done.created:
        return await db.created(queries.CLASS, location=PREFIX, key=done.class_id, class_id=done.class_id)
    return await db.changed(queries.CLASS, class_id=done.class_id)


@router.patch("/{class_id}", responses=document(ClassOut))
async def change_class(class_id: UUID, body: ClassChange, db: Annotated[WriteSession, writing("registry.class.change")]) -> Response:
    """Change a class."""
    await service.change(db, class_id, body)
    return await db.changed(queries.CLASS, class_id=class_id)
