"""Staff: registered with a first post, further posts and certificates, changes, and leaving."""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy.dialects.postgresql import Range
from sqlmodel import col, select

from libs.common.clock import today
from libs.common.db.write import WriteSession
from libs.common.errors import Conflict, FieldError, Invalid
from services.registry.organisations import service as organisations
from services.registry.organisations.rules import OrganisationKind
from services.registry.people import service as people
from services.registry.people.rules import IdentifierKind
from services.registry.people.schemas import PersonChange
from services.registry.people.tables import Person
from services.registry.staff import moves
from services.registry.staff.events import HeldCertificate, HeldPost, StaffCertified, StaffChanged, StaffEvent, StaffLeft, StaffRegistered
from services.registry.staff.schemas import CertificateBody, PostBody, StaffChange, StaffCreate
from services.registry.staff.tables import Post, Staff, StaffCertificate


class StaffExists(Conflict):
    """The person works in the sector already; add a post."""

    slug = "staff-exists"
    title_vi = "Người này đã có hồ sơ nhân sự"
    title_en = "The person is a staff member already"


class CertificateKnown(Conflict):
    """The same certificate is on file."""

    slug = "certificate-known"
    title_vi = "Chứng chỉ này đã có trong hồ sơ"
    title_en = "The certificate is on file already"


@dataclass(frozen=True, slots=True)
class Place:
    """Where a post is held."""

    organisation_id: UUID
    path: str
    begins: date


async def register(db: WriteSession, body: StaffCreate) -> UUID:
    """Register a staff member with the first post; a person known already (a guardian, say) is not entered twice.

    Raises Invalid with every fault, IdentifierTaken or StaffExists.
    """
    place, faults = await _place(db, body.post, "/post")
    faults = people.faults(body) + faults
    if faults or place is None:
        raise Invalid(errors=faults)
    person_id = await _person(db, body, place.path)
    row = Staff(
        person_id=person_id,
        ministry_code=people.value_of(body.identifiers, IdentifierKind.MINISTRY_CODE),
        school_id=place.organisation_id,
        role=str(body.post.role),
        organisation_path=place.path,
    )
    db.expect(staff_person=StaffExists, staff_certificate_pkey=CertificateKnown)
    # The mapper knows no relationships, so rows that others refer to go first.
    db.add(row)
    await db.flush()
    post, certificates = _post(row, body.post, place), [_certificate(row, one) for one in body.certificates]
    db.add(post, *certificates)
    _record(db, StaffRegistered, row, [post], certificates)
    return row.staff_id


async def _person(db: WriteSession, body: StaffCreate, path: str) -> UUID:
    known = await people.known(db, body)
    if known is not None:
        await people.employ(db, known, path)
        await people.correct(db, await db.lock(Person, known, match=False), PersonChange(identifiers=body.identifiers), None)
        return known
    person = people.draft(body, path)
    db.add(person)
    await db.flush()
    await people.add_identifiers(db, person.person_id, body.identifiers)
    return person.person_id


async def change(db: WriteSession, staff_id: UUID, body: StaffChange) -> None:
    """Change the person or the main role, or end every open post. Raises Invalid, IdentifierTaken or MinistryCodeFixed."""
    row = await db.lock(Staff, staff_id)
    faults = people.faults(body)
    if faults:
        raise Invalid(errors=faults)
    person = await db.lock(Person, row.person_id, match=False)
    changed = await people.correct(db, person, body, row.ministry_code)
    row.ministry_code = people.value_of(body.identifiers or [], IdentifierKind.MINISTRY_CODE) or row.ministry_code
    if body.role is not None and body.role != row.role:
        row.role, changed = str(body.role), True
    posts, certificates = await _held(db, staff_id)
    left = body.left_on is not None and _end(posts, body.left_on)
    if changed or left:
        row.touch()
        _record(db, StaffLeft if left else StaffChanged, row, posts, certificates)


async def add_post(db: WriteSession, staff_id: UUID, body: PostBody) -> None:
    """Add a post. A staff member without another post is then of that school."""
    row = await db.lock(Staff, staff_id)
    place, faults = await _place(db, body, "")
    if faults or place is None:
        raise Invalid(errors=faults)
    posts, certificates = await _held(db, staff_id)
    added = _post(row, body, place)
    db.add(added)
    row.touch()
    await db.flush()
    await moves.settle_due(db, today())
    await db.session.refresh(row)
    _record(db, StaffChanged, row, [*posts, added], certificates)


async def add_certificate(db: WriteSession, staff_id: UUID, body: CertificateBody) -> None:
    """Add a certificate; raises CertificateKnown."""
    row = await db.lock(Staff, staff_id)
    if body.issued_on > today():
        raise Invalid(errors=[_fault("/issued_on", "future_date", "Ngày cấp ở trong tương lai.", "The day of issue is in the future.")])
    posts, certificates = await _held(db, staff_id)
    if any((one.kind, one.name) == (body.kind, body.name) for one in certificates):
        raise CertificateKnown
    added = _certificate(row, body)
    db.add(added)
    row.touch()
    _record(db, StaffCertified, row, posts, [*certificates, added])


async def _place(db: WriteSession, body: PostBody, prefix: str) -> tuple[Place | None, list[FieldError]]:
    begins = body.started_on or today()
    if body.ended_on is not None and body.ended_on <= begins:
        return None, [
            _fault(prefix + "/ended_on", "order", "Ngày kết thúc phải sau ngày bắt đầu.", "The end must come after the beginning.")
        ]
    # A post that began before the organisation's first version is looked up as it is today: careers are longer than our tree.
    found = await organisations.find(db, body.organisation_code, begins) or await organisations.find(db, body.organisation_code, today())
    if found is None or found.kind is OrganisationKind.SITE:
        vi, en = f"Không có đơn vị “{body.organisation_code}”.", f"There is no organisation “{body.organisation_code}”."
        return None, [_fault(prefix + "/organisation_code", "unknown_organisation", vi, en)]
    return Place(found.organisation_id, found.path, begins), []


async def _held(db: WriteSession, staff_id: UUID) -> tuple[list[Post], list[StaffCertificate]]:
    posts = (await db.session.execute(select(Post).where(col(Post.staff_id) == staff_id).order_by(col(Post.post_id)))).scalars().all()
    query = select(StaffCertificate).where(col(StaffCertificate.staff_id) == staff_id).order_by(col(StaffCertificate.issued_on))
    return list(posts), list((await db.session.execute(query)).scalars().all())


def _end(posts: list[Post], on: date) -> bool:
    """End the open posts on that day (exclusive); returns whether there was one."""
    ended = [post for post in posts if _is_open(post) and post.period.lower is not None and post.period.lower < on]
    for post in ended:
        post.period = Range(post.period.lower, on)
    return bool(ended)


def _is_open(post: Post) -> bool:
    return post.period.upper is None


def _post(row: Staff, body: PostBody, place: Place) -> Post:
    return Post(
        staff_id=row.staff_id,
        organisation_id=place.organisation_id,
        role=str(body.role),
        subject=body.subject,
        degree=str(body.degree) if body.degree else None,
        uses_it=body.uses_it,
        makes_elearning=body.makes_elearning,
        period=Range(place.begins, body.ended_on),
        organisation_path=place.path,
    )


def _certificate(row: Staff, body: CertificateBody) -> StaffCertificate:
    return StaffCertificate(
        staff_id=row.staff_id, kind=body.kind, name=body.name, issued_on=body.issued_on, organisation_path=row.organisation_path
    )


def _record(db: WriteSession, kind: type[StaffEvent], row: Staff, posts: list[Post], certificates: list[StaffCertificate]) -> None:
    db.record(
        kind(
            staff_id=row.staff_id,
            posts=[_held_post(post) for post in posts],
            certificates=[HeldCertificate(kind=one.kind, issued_on=one.issued_on) for one in certificates],
            version=row.version,
        ),
        row,
    )


def _held_post(post: Post) -> HeldPost:
    return HeldPost(
        post_id=post.post_id,
        organisation_id=post.organisation_id,
        role=post.role,
        subject=post.subject,
        degree=post.degree,
        uses_it=post.uses_it,
        makes_elearning=post.makes_elearning,
        valid_from=post.period.lower or date.min,
        valid_to=post.period.upper,
    )


def _fault(pointer: str, code: str, vi: str, en: str) -> FieldError:
    return FieldError(pointer=pointer, code=code, vi=vi, en=en)
