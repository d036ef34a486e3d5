"""Contents: draft, submit, review by somebody else, approve, return, withdraw. The database holds the same rules once more."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlmodel import col, select

from libs.common.clock import now
from libs.common.db.work import UnitOfWork
from libs.common.db.write import WriteSession
from libs.common.errors import FieldError, Invalid, NotFound
from libs.common.ids import new_id
from services.learning.content.events import (
    ContentApproved,
    ContentChanged,
    ContentDrafted,
    ContentEvent,
    ContentReturned,
    ContentSubmitted,
    ContentWithdrawn,
)
from services.learning.content.problems import (
    NothingToReview,
    NothingToWithdraw,
    NotTheAuthor,
    NotUnderReview,
    OwnReview,
    VersionFrozen,
    VersionOpen,
)
from services.learning.content.rules import OPEN, STANDING, State
from services.learning.content.schemas import ContentChange, ContentCreate
from services.learning.content.tables import Content, ContentVersion
from services.learning.content.upload import Upload
from services.learning.curriculum import service as curriculum
from services.learning.curriculum.rules import Level

REVIEW = "learning.content.review"
DESCRIBED = ("title", "subject", "level", "grade", "kind", "licence", "language", "description")
COPIED = (*DESCRIBED, "file_sha256", "file_name", "file_media", "file_bytes")
NEVER_EMPTY = frozenset(COPIED) - {"grade"}
PLACE = """
SELECT organisation_id, path::text FROM organisation_path
WHERE code = $1 AND kind <> 'site' AND path <@ ANY (scope_paths())"""
STANDS = "SELECT path::text FROM organisation_path WHERE organisation_id = $1"
REACHED = """
SELECT EXISTS (SELECT FROM organisation_path o JOIN organisation_path a ON o.path <@ a.path
    WHERE o.organisation_id = $1 AND a.code = ANY ($2))"""


# Both rows in one statement: one round trip, and no objects to keep track of.
DRAFT = """
WITH content AS (INSERT INTO content (content_id, organisation_id, organisation_path) VALUES ($1, $2, text2ltree($3)))
INSERT INTO content_version (content_id, organisation_id, number, author, title, subject, level, grade, kind, licence, language,
    description)
VALUES ($1, $2, 1, $4, $5, $6, $7, $8, $9, $10, $11, $12)"""


async def create(db: UnitOfWork, body: ContentCreate) -> UUID:
    """Begin a draft; raises Invalid with every fault."""
    place = await db.connection.fetchrow(PLACE, body.organisation_code)
    faults = await curriculum.place_faults(db.connection, body.level, body.grade, body.subject)
    if place is None:
        vi, en = f"Không có đơn vị “{body.organisation_code}”.", f"There is no organisation “{body.organisation_code}”."
        faults.append(FieldError(pointer="/organisation_code", code="unknown_organisation", vi=vi, en=en))
    if faults or place is None:
        raise Invalid(errors=faults)
    content = Content(content_id=new_id(), organisation_id=place["organisation_id"], organisation_path=place["path"])
    values = body.model_dump(mode="json", exclude={"organisation_code"})
    draft = ContentVersion(
        content_id=content.content_id, number=1, organisation_id=content.organisation_id, author=db.principal.actor, **values
    )
    where = (content.content_id, content.organisation_id, content.organisation_path, draft.author)
    await db.connection.execute(DRAFT, *where, *(values[name] for name in DESCRIBED))
    _record(db, ContentDrafted, content, draft, [draft])
    return content.content_id


async def change(db: WriteSession, content_id: UUID, body: ContentChange) -> None:
    """Change the draft; what is absent stays. Raises VersionFrozen, NotTheAuthor or Invalid."""
    content, versions = await _lock(db, content_id)
    draft = _own_draft(db, versions)
    changed = await _differing(db, draft, body)
    if not changed:
        return
    for name, value in changed.items():
        setattr(draft, name, value)
    await _touch(db, ContentChanged, content, draft, versions)


async def fill(db: WriteSession, content_id: UUID, upload: Upload) -> None:
    """Give the draft its file; the same file again changes nothing. Raises VersionFrozen or NotTheAuthor."""
    content, versions = await _lock(db, content_id)
    draft = _own_draft(db, versions)
    if (draft.file_sha256, draft.file_name) == (upload.sha256, upload.name):
        return
    draft.file_sha256, draft.file_name, draft.file_media, draft.file_bytes = upload.sha256, upload.name, upload.media, upload.size
    await _touch(db, ContentChanged, content, draft, versions)


async def revise(db: WriteSession, content_id: UUID, body: ContentChange) -> None:
    """Begin a new version as a copy of the newest one with changes, its file included; raises VersionOpen or Invalid."""
    content, versions = await _lock(db, content_id)
    newest = versions[-1]
    if newest.state in OPEN:
        raise VersionOpen
    draft = ContentVersion(
        content_id=content.content_id,
        number=newest.number + 1,
        organisation_id=content.organisation_id,
        author=db.principal.actor,
        **{name: getattr(newest, name) for name in COPIED},
    )
    for name, value in (await _differing(db, draft, body)).items():
        setattr(draft, name, value)
    db.add(draft)
    content.latest_number = draft.number
    await _touch(db, ContentDrafted, content, draft, [*versions, draft])


async def submit(db: WriteSession, content_id: UUID) -> None:
    """Submit the draft for review; from now on it is frozen. Raises VersionFrozen, NotTheAuthor or NothingToReview."""
    content, versions = await _lock(db, content_id)
    draft = _own_draft(db, versions)
    if draft.file_sha256 is None:
        raise NothingToReview
    draft.state, draft.submitted_at = State.SUBMITTED, now()
    await _touch(db, ContentSubmitted, content, draft, versions)


async def approve(db: WriteSession, content_id: UUID) -> None:
    """Approve the version under review; an older approved one is superseded. Raises NotUnderReview or OwnReview."""
    content, versions = await _lock(db, content_id)
    reviewed = _under_review(db, versions)
    moment = now()
    for published in (version for version in versions if version.state == State.APPROVED):
        published.state, published.ended_at = State.SUPERSEDED, moment
    await db.flush()
    reviewed.state, reviewed.decided_at, reviewed.decided_by = State.APPROVED, moment, db.principal.actor
    content.published_number = reviewed.number
    await _touch(db, ContentApproved, content, reviewed, versions)


async def send_back(db: WriteSession, content_id: UUID, reasons: Sequence[str]) -> None:
    """Return the version under review with reasons; its author makes a new version. Raises NotUnderReview or OwnReview."""
    content, versions = await _lock(db, content_id)
    reviewed = _under_review(db, versions)
    reviewed.state, reviewed.decided_at, reviewed.decided_by = State.RETURNED, now(), db.principal.actor
    reviewed.reasons = list(reasons)
    await _touch(db, ContentReturned, content, reviewed, versions)


async def withdraw(db: WriteSession, content_id: UUID, reason: str) -> None:
    """Take the content away, what is published and what is open: its author may, and who reviews.

    Raises NothingToWithdraw or NotTheAuthor.
    """
    content, versions = await _lock(db, content_id)
    standing = [version for version in versions if version.state in STANDING]
    if not standing:
        raise NothingToWithdraw
    if any(version.author != db.principal.actor for version in standing) and not await _reviews(db, content):
        raise NotTheAuthor
    for version in standing:
        version.state, version.ended_at, version.end_reason = State.WITHDRAWN, now(), reason
    content.published_number = None
    await _touch(db, ContentWithdrawn, content, standing[-1], versions)


async def _lock(db: WriteSession, content_id: UUID) -> tuple[Content, list[ContentVersion]]:
    """Return the locked content and its versions, oldest first; the lock is what two reviewers meet at."""
    content = await db.lock(Content, content_id)
    query = select(ContentVersion).where(col(ContentVersion.content_id) == content_id).order_by(col(ContentVersion.number))
    return content, list((await db.session.execute(query)).scalars().all())


def _own_draft(db: WriteSession, versions: Sequence[ContentVersion]) -> ContentVersion:
    newest = versions[-1]
    if newest.author != db.principal.actor:
        raise NotTheAuthor
    if newest.state != State.DRAFT:
        raise VersionFrozen
    return newest


def _under_review(db: WriteSession, versions: Sequence[ContentVersion]) -> ContentVersion:
    newest = versions[-1]
    if newest.state != State.SUBMITTED:
        raise NotUnderReview
    if any(version.author == db.principal.actor for version in versions):
        raise OwnReview
    return newest


async def _reviews(db: WriteSession, content: Content) -> bool:
    """Tell whether the caller may review what belongs to the content's organisation."""
    reach = db.principal.reach(REVIEW)
    if reach is None:
        return False
    if "*" in reach.organisation_codes:
        return True
    return bool(await db.connection.fetchval(REACHED, content.organisation_id, list(reach.organisation_codes)))


async def _differing(db: WriteSession, row: ContentVersion, body: ContentChange) -> dict[str, Any]:
    """Return what the body changes; raises Invalid."""
    given = body.model_dump(mode="json", exclude_unset=True)
    empty = [name for name, value in given.items() if value is None and name in NEVER_EMPTY]
    faults = [FieldError(pointer="/" + name, code="missing", vi="Không được để trống.", en="Must not be empty.") for name in empty]
    changed = {name: value for name, value in given.items() if name not in empty and getattr(row, name) != value}
    after = {name: changed.get(name, getattr(row, name)) for name in ("level", "grade", "subject")}
    if changed.keys() & after.keys():
        faults += await curriculum.place_faults(db.connection, Level(after["level"]), after["grade"], after["subject"])
    if faults:
        raise Invalid(errors=faults)
    return changed


async def _touch(
    db: WriteSession, kind: type[ContentEvent], content: Content, about: ContentVersion, all_: Sequence[ContentVersion]
) -> None:
    """Make the content's next version, where its organisation stands now, and note the event."""
    path = await db.connection.fetchval(STANDS, content.organisation_id)
    if path is None:
        raise NotFound
    content.organisation_path = path
    content.touch()
    _record(db, kind, content, about, all_)


def _record(db: UnitOfWork, kind: type[ContentEvent], content: Content, about: ContentVersion, all_: Sequence[ContentVersion]) -> None:
    public = next((version for version in all_ if version.state == State.APPROVED), about)
    db.record(
        kind(
            content_id=content.content_id,
            version=content.version,
            organisation_id=content.organisation_id,
            subject=public.subject,
            level=public.level,
            grade=public.grade,
            kind=public.kind,
            state=public.state,
            approved_at=public.decided_at if public.state == State.APPROVED else None,
        ),
        content,
    )
