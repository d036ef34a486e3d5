"""Registry events as tests need them: bodies of the published contract, applied through the real consumers."""

import zlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid4, uuid5

import asyncpg
import orjson

from libs.common.events.apply import Applier
from libs.common.events.envelope import Attributes, Record, binary_headers
from libs.common.events.topics import (
    ASSETS_ASSET,
    ASSETS_NORM,
    EGOV_DOCUMENT,
    EGOV_DOSSIER,
    EGOV_PROCEDURE,
    LEARNING_CONTENT,
    REGISTRY_CLASS,
    REGISTRY_LEARNER,
    REGISTRY_ORGANISATION_STATE,
    REGISTRY_SCHOOL_YEAR,
    REGISTRY_STAFF,
    Topic,
)
from services.insight.copies.consumers import CONSUMERS

EMPTY = """
TRUNCATE asset, norm, offer, document_count, dossier, content_state,
    organisation_path, inbox, dead_letter, freshness, certificate, post, staff, spell, class, school_year,
    organisation_version, organisation"""
SINCE = date(2010, 1, 1)
MOMENT = datetime(2017, 11, 12, 8, tzinfo=UTC)


def identity(name: str) -> UUID:
    """Return the same id for the same name."""
    return uuid5(NAMESPACE_URL, name)


def path_of(*names: str) -> str:
    """Return the ltree path from the root down."""
    return ".".join(identity(name).hex for name in names)


@dataclass(frozen=True, slots=True)
class Told:
    """One event, before it is a record."""

    topic: Topic
    type: str
    key: str
    version: int
    body: dict[str, Any]
    event_id: UUID = field(default_factory=uuid4)
    at: datetime = MOMENT

    @property
    def service(self) -> str:
        """Return who tells it."""
        return self.topic.name.partition(".")[0]

    def record(self, position: int) -> Record:
        """Return it as the bus gives it."""
        attributes = Attributes(self.event_id, f"vn.lienthong.{self.service}." + self.type, self.key, self.version, self.at)
        partition = zlib.crc32(self.key.encode()) % self.topic.partitions
        body = orjson.dumps(self.body | {"version": self.version})
        return Record(self.topic.name, partition, position, self.key, binary_headers(attributes), body, MOMENT)


class Feed:
    """Applies events through the consumers of insight."""

    def __init__(self, connection: "asyncpg.Connection[asyncpg.Record]", superuser_url: str) -> None:
        self.connection = connection
        self._superuser_url = superuser_url
        self._position = 0

    async def clear(self) -> None:
        """Empty the read model."""
        superuser = await asyncpg.connect(self._superuser_url)
        await superuser.execute(EMPTY)
        await superuser.close()

    async def apply(self, *told: Told, batch: int = 500) -> None:
        """Give the events to every consumer of their topic, in batches, in this order."""
        records = []
        for one in told:
            self._position += 1
            records.append(one.record(self._position))
        for consumer in CONSUMERS:
            mine = [record for record in records if record.topic in {topic.name for topic in consumer.topics}]
            for start in range(0, len(mine), batch):
                failure = await Applier(consumer).advance(self.connection, mine[start : start + batch])
                assert failure is None, failure.reason

    async def rows(self, query: str, *arguments: Any) -> list[tuple[Any, ...]]:
        """Return rows as a consumer sees them: all."""
        async with self.connection.transaction():
            await self.connection.execute("SELECT open_scope('{*}', NULL, 'tests')")
            return [tuple(row) for row in await self.connection.fetch(query, *arguments)]


def organisation(*path: str, kind: str, version: int = 1, versions: Sequence[dict[str, Any]] = (), **others: Any) -> Told:
    """Tell the state of the organisation at the end of `path`; `versions` override fields of one dated version each."""
    name = path[-1]
    successors = others.pop("successors", [])
    base = {
        "code": name,
        "name": "Tổ chức " + name,
        "kind": kind,
        "parent_id": identity(path[-2]) if len(path) > 1 else None,
        "path": path_of(*path),
        "levels": [],
        "school_type": None,
        "administrative_unit_code": None,
        "attributes": {},
        "valid_from": SINCE,
        "valid_to": None,
    } | others
    body = {"organisation_id": identity(name), "versions": [base | one for one in versions] or [base], "successors": successors}
    return Told(REGISTRY_ORGANISATION_STATE, "organisation.state.v1", str(identity(name)), version, body)


def school_year(code: str, starts_on: date, ends_on: date, version: int = 1) -> Told:
    """Tell the days of a school year."""
    body = {"school_year": code, "starts_on": starts_on, "ends_on": ends_on}
    return Told(REGISTRY_SCHOOL_YEAR, "school_year.set.v1", code, version, body)


def school_class(name: str, school: str, year: str, level: str, *, informatics: bool = False, version: int = 1) -> Told:
    """Tell a class."""
    body = {
        "class_id": identity(name),
        "school_id": identity(school),
        "school_year": year,
        "grade": 6,
        "level": level,
        "studies_informatics": informatics,
        "name": name,
        "site_id": None,
    }
    return Told(REGISTRY_CLASS, "class.opened.v1", str(identity(name)), version, body)


def spell(name: str, school: str, level: str, since: date, until: date | None = None, *, informatics: bool = False) -> dict[str, Any]:
    """Return one enrolment spell."""
    return {
        "enrolment_id": identity("spell " + name),
        "school_id": identity(school),
        "class_id": None,
        "school_year": "2017-2018",
        "grade": 6,
        "level": level,
        "studies_informatics": informatics,
        "valid_from": since,
        "valid_to": until,
    }


def learner(name: str, *spells: dict[str, Any], version: int = 1, verb: str = "registered", **others: Any) -> Told:
    """Tell a learner's changed spells."""
    body = {"learner_id": identity(name), "birth_year": 2006, "sex": 1, "enrolments": list(spells)} | others
    return Told(REGISTRY_LEARNER, f"learner.{verb}.v1", str(identity(name)), version, body)


def post(name: str, school: str, role: str = "teacher", since: date = SINCE, until: date | None = None, **others: Any) -> dict[str, Any]:
    """Return one post."""
    return {
        "post_id": identity("post " + name),
        "organisation_id": identity(school),
        "role": role,
        "subject": None,
        "degree": None,
        "uses_it": False,
        "makes_elearning": False,
        "valid_from": since,
        "valid_to": until,
    } | others


def member(name: str, *posts: dict[str, Any], it_on: date | None = None, version: int = 1, verb: str = "registered") -> Told:
    """Tell the posts and certificates of a member of staff."""
    certificates = [{"kind": "it", "issued_on": it_on}] if it_on else []
    body = {"staff_id": identity(name), "posts": list(posts), "certificates": certificates}
    return Told(REGISTRY_STAFF, f"staff.{verb}.v1", str(identity(name)), version, body)


def asset(name: str, place: str, class_code: str, quantity: int = 1, *, version: int = 1, verb: str = "recorded", **others: Any) -> Told:
    """Tell a room, device or line; the kind follows from the class."""
    rooms, lines = ("classroom", "computer_room"), ("ftth", "usb_3g", "leased")
    kind = "room" if class_code in rooms else "line" if class_code in lines else "device"
    base = {
        "asset_id": identity("asset " + name),
        "organisation_id": identity(place),
        "kind": kind,
        "class_code": class_code,
        "quantity": quantity,
        "provider": None,
        "level": None,
        "valid_from": SINCE,
        "valid_to": None,
        "online": None,
    }
    return Told(ASSETS_ASSET, f"asset.{verb}.v1", str(identity("asset " + name)), version, base | others)


def norm(level: str, value: int = 15, since: date = date(2016, 10, 7), *, version: int = 1, **others: Any) -> Told:
    """Tell how many learners share a computer at a level from a day on."""
    norm_id = identity(f"norm {level} {since}")
    base = {
        "norm_id": norm_id,
        "norm": "learners_per_computer",
        "level": level,
        "value": value,
        "valid_from": since,
        "valid_to": None,
        "legal_basis": "Quyết định 225/QĐ-UBND",
        "certainty": "medium",
    }
    return Told(ASSETS_NORM, "norm.set.v1", str(norm_id), version, base | others)


def norms() -> list[Told]:
    """Tell the norms that every new platform starts with."""
    return [norm("primary"), norm("lower_secondary")]


def offer(name: str, place: str, procedure: str, level: int | str, *, version: int = 1, **others: Any) -> Told:
    """Tell that an organisation offers a procedure."""
    base = {
        "procedure_code": procedure,
        "organisation_id": identity(place),
        "level": level,
        "one_stop": True,
        "valid_from": SINCE,
        "valid_to": None,
    }
    return Told(EGOV_PROCEDURE, "procedure.offered.v1", str(identity("offer " + name)), version, base | others)


def counted(name: str, place: str, since: date, until: date, numbers: Sequence[int], *, version: int = 1) -> Told:
    """Tell a count of documents: incoming, of these scanned, outgoing, of these scanned."""
    names = ("incoming", "incoming_scanned", "outgoing", "outgoing_scanned")
    body = {"organisation_id": identity(place), "period_start": since, "period_end": until} | dict(zip(names, numbers, strict=True))
    return Told(EGOV_DOCUMENT, "document.counted.v1", str(identity("count " + name)), version, body)


def dossier(name: str, place: str, *, version: int = 1, verb: str = "received", **others: Any) -> Told:
    """Tell where a dossier stands."""
    base = {
        "dossier_id": identity("dossier " + name),
        "code": None,
        "procedure_code": "2.002854",
        "organisation_id": identity(place),
        "status": 2,
        "online": True,
        "full_online": False,
        "received_at": MOMENT,
        "due_at": None,
        "finished_at": None,
        "on_time": None,
    }
    return Told(EGOV_DOSSIER, f"dossier.{verb}.v1", str(identity("dossier " + name)), version, base | others)


def content(name: str, place: str, subject: str, grade: int, *, version: int = 1, verb: str = "approved", **others: Any) -> Told:
    """Tell where a content stands: its state is the verb unless given, and it was approved at that moment if so."""
    at = others.pop("at", MOMENT)
    level = "primary" if grade <= 5 else "lower_secondary" if grade <= 9 else "upper_secondary"
    base = {
        "content_id": identity("content " + name),
        "organisation_id": identity(place),
        "subject": subject,
        "level": level,
        "grade": grade,
        "kind": "lesson",
        "state": verb,
        "approved_at": at if verb == "approved" else None,
    }
    return Told(LEARNING_CONTENT, f"content.{verb}.v1", str(identity("content " + name)), version, base | others, at=at)


def province() -> list[Told]:
    """Return a small tree: province P, communes C1 and C2, schools A (two levels, two sites) and B in C1, C in C2."""
    return [
        organisation("P", kind="province"),
        organisation("P", "C1", kind="commune"),
        organisation("P", "C2", kind="commune"),
        organisation("P", "C1", "A", kind="school", levels=["primary", "lower_secondary"], attributes={"has_website": True}),
        organisation("P", "C1", "A", "A1", kind="site"),
        organisation("P", "C1", "A", "A2", kind="site"),
        organisation("P", "C1", "B", kind="school", levels=["primary"], attributes={"has_website": False}),
        organisation("P", "C2", "C", kind="school", levels=["lower_secondary"]),
    ]
