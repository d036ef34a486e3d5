"""The smallest service that uses all of libs/common: notes that belong to an organisation."""

from pathlib import Path
from typing import Annotated, ClassVar
from uuid import UUID

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from libs.common.access import ReadSession, reading, writing
from libs.common.db import foundation, policies
from libs.common.db.changes import ChangesRequest, changes_request
from libs.common.db.columns import Aggregate, id_column, path_column
from libs.common.db.policies import Access
from libs.common.db.read import Document, Filter, Listing, Sort
from libs.common.db.write import WriteSession
from libs.common.errors import Conflict, NotFound
from libs.common.events.catalogue import Event
from libs.common.events.topics import Topic
from libs.common.http.documents import document, page_of
from libs.common.http.paging import PageRequest

TOPIC = Topic("registry.note")
ROOT = Path(__file__).parent


class NoteTitleTaken(Conflict):
    """Two notes of one organisation cannot share a title."""

    slug = "note-title-taken"
    title_vi = "Tiêu đề đã được dùng"
    title_en = "The title is taken"


class Note(Aggregate, table=True):
    """A note of an organisation; its owner may read it wherever they are."""

    __tablename__ = "note"
    __access__: ClassVar[Access] = Access(relation="owner_id = (SELECT scope_person())")
    note_id: UUID = id_column()
    organisation_id: UUID
    owner_id: UUID | None = None
    title: str
    organisation_path: str = path_column()


class NoteCreate(BaseModel):
    """What a new note needs."""

    model_config = ConfigDict(extra="forbid")
    organisation_code: str
    title: str = Field(min_length=1, max_length=100)
    owner_id: UUID | None = None


class NoteChange(BaseModel):
    """What can be changed."""

    model_config = ConfigDict(extra="forbid")
    title: str = Field(min_length=1, max_length=100)


class NoteOut(BaseModel):
    """A note as it is read."""

    note_id: UUID
    organisation_code: str
    owner_id: UUID | None
    title: str
    version: int


class NoteWritten(Event):
    """A note was written or changed."""

    TYPE: ClassVar[str] = "vn.lienthong.miniature.note.written.v1"
    TOPIC: ClassVar[Topic] = TOPIC
    note_id: UUID
    version: int

    @property
    def key(self) -> str:
        """The note."""
        return str(self.note_id)

    @property
    def sequence(self) -> int:
        """The note's version."""
        return self.version


SOURCE = "note n JOIN organisation_path o USING (organisation_id)"
COLUMNS = {"organisation_code": "o.code", "version": "n.version"}
NOTE = Document(NoteOut, source=SOURCE, where="n.note_id = :note_id", columns=COLUMNS, version="n.version")
NOTES = Listing(
    NoteOut,
    source=SOURCE,
    key="n.note_id",
    columns=COLUMNS,
    filters={"organisation": Filter("o.code", str), "title": Filter("n.title", str)},
    sorts={"key": Sort("n.note_id", "uuid"), "title": "n.title"},
)
TABLES = """
CREATE TABLE note (note_id uuid PRIMARY KEY, organisation_id uuid NOT NULL, owner_id uuid, title text NOT NULL,
    organisation_path ltree NOT NULL, version int NOT NULL, created_at timestamptz NOT NULL, updated_at timestamptz NOT NULL,
    CONSTRAINT note_title UNIQUE (organisation_id, title))"""
DDL = [*foundation.UPGRADE_1, TABLES, "CREATE INDEX ON note (title, note_id)", *policies.statements(Note)]

router = APIRouter(prefix="/registry/v1/notes", tags=["notes"])


@router.get("/changes", responses=page_of(NoteOut))
async def list_changes(
    request: Annotated[ChangesRequest, changes_request()], db: Annotated[ReadSession, reading("registry.note.read")]
) -> Response:
    """The notes' change feed."""
    return await db.changes("note", request)


@router.get("/{note_id}", responses=document(NoteOut))
async def read_note(note_id: UUID, db: Annotated[ReadSession, reading("registry.note.read")]) -> Response:
    """Read one note."""
    return await db.one(NOTE, note_id=note_id)


@router.get("", responses=page_of(NoteOut))
async def list_notes(page: Annotated[PageRequest, NOTES.request()], db: Annotated[ReadSession, reading("registry.note.read")]) -> Response:
    """List notes."""
    return await db.page(NOTES, page)


@router.post("", status_code=201, responses=document(NoteOut, 201))
async def write_note(body: NoteCreate, db: Annotated[WriteSession, writing("registry.note.write")]) -> Response:
    """Write a note."""
    found = await db.connection.fetchrow(
        "SELECT organisation_id, path::text FROM organisation_path WHERE code = $1 AND path <@ ANY (scope_paths())", body.organisation_code
    )
    if found is None:
        raise NotFound
    note = Note(organisation_id=found[0], organisation_path=found[1], title=body.title, owner_id=body.owner_id)
    db.expect(note_title=NoteTitleTaken)
    db.add(note)
    db.record(NoteWritten(note_id=note.note_id, version=note.version), note)
    return await db.created(NOTE, location="/registry/v1/notes", key=note.note_id, note_id=note.note_id)


@router.patch("/{note_id}", responses=document(NoteOut))
async def change_note(note_id: UUID, body: NoteChange, db: Annotated[WriteSession, writing("registry.note.write")]) -> Response:
    """Change a note."""
    note = await db.lock(Note, note_id)
    note.title = body.title
    note.touch()
    db.expect(note_title=NoteTitleTaken)
    db.record(NoteWritten(note_id=note.note_id, version=note.version), note)
    return await db.changed(NOTE, note_id=note_id)
