"""Pure rules of the dated tree: which kind stands under which, and how a change cuts a timeline. Periods are `[valid_from, valid_to)`."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from enum import StrEnum
from itertools import pairwise
from uuid import UUID


class OrganisationKind(StrEnum):
    """The kinds of organisation of the education sector."""

    PROVINCE = "province"
    DEPARTMENT = "department"
    COMMUNE = "commune"
    SCHOOL = "school"
    SITE = "site"


class Level(StrEnum):
    """Levels of schooling (codes 01-05 of the ministry's list)."""

    PRESCHOOL = "preschool"
    PRIMARY = "primary"
    LOWER_SECONDARY = "lower_secondary"
    UPPER_SECONDARY = "upper_secondary"
    CONTINUING = "continuing"


class SchoolType(StrEnum):
    """Who runs a school (codes 1-3 of the ministry's list)."""

    PUBLIC = "public"
    COMMUNITY = "community"
    PRIVATE = "private"


PARENT_KINDS: Mapping[OrganisationKind, frozenset[OrganisationKind]] = {
    OrganisationKind.PROVINCE: frozenset(),
    # A district's education division (before 2025-07-01) is a department under the provincial department.
    OrganisationKind.DEPARTMENT: frozenset({OrganisationKind.PROVINCE, OrganisationKind.DEPARTMENT}),
    OrganisationKind.COMMUNE: frozenset({OrganisationKind.PROVINCE, OrganisationKind.DEPARTMENT}),
    OrganisationKind.SCHOOL: frozenset({OrganisationKind.PROVINCE, OrganisationKind.DEPARTMENT, OrganisationKind.COMMUNE}),
    OrganisationKind.SITE: frozenset({OrganisationKind.SCHOOL}),
}

ATTRIBUTES: Mapping[OrganisationKind, frozenset[str]] = {
    OrganisationKind.PROVINCE: frozenset({"has_website"}),
    OrganisationKind.DEPARTMENT: frozenset({"has_website"}),
    OrganisationKind.COMMUNE: frozenset({"has_website", "hard_area"}),
    OrganisationKind.SCHOOL: frozenset({"has_website", "hard_area", "boarding", "national_standard"}),
    OrganisationKind.SITE: frozenset({"hard_area", "main_site"}),
}
"""Attributes each kind may carry; the plans count schools with a website and targets differ in hard areas."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What is true of an organisation during one period."""

    code: str
    name: str
    kind: OrganisationKind
    parent_id: UUID | None = None
    levels: tuple[Level, ...] = ()
    school_type: SchoolType | None = None
    administrative_unit_code: str | None = None
    attributes: Mapping[str, object] = field(default_factory=dict)
    legal_basis: str | None = None


@dataclass(frozen=True, slots=True)
class Version:
    """Facts with their period; `path` runs from the root to the organisation itself."""

    valid_from: date
    valid_to: date | None
    facts: Facts
    path: str = ""

    def covers(self, on: date) -> bool:
        """Tell whether the version is in force on that day."""
        return self.valid_from <= on and (self.valid_to is None or on < self.valid_to)


class NotInForceError(ValueError):
    """The organisation does not exist on the day of the change."""


class LaterVersionsError(ValueError):
    """A change that ends the organisation would discard versions that begin later."""


def label(organisation_id: UUID) -> str:
    """Return the ltree label of an organisation."""
    return organisation_id.hex


def at(timeline: Sequence[Version], on: date) -> Version | None:
    """Return the version in force on that day."""
    return next((version for version in timeline if version.covers(on)), None)


def change(timeline: Sequence[Version], on: date, facts: Facts) -> list[Version]:
    """Return the timeline in which `facts` hold from that day to the end of the version then in force.

    A change on the first day of a version corrects it in place. Raises NotInForceError.
    """
    current = at(timeline, on)
    if current is None:
        raise NotInForceError
    changed = [version for version in timeline if version is not current]
    if current.valid_from < on:
        changed.append(replace(current, valid_to=on))
    changed.append(replace(current, valid_from=on, facts=facts))
    return sorted(changed, key=lambda version: version.valid_from)


def close(timeline: Sequence[Version], on: date) -> list[Version]:
    """Return the timeline that ends on that day (exclusive). Raises NotInForceError or LaterVersionsError."""
    current = at(timeline, on)
    if current is None or current.valid_from == on:
        raise NotInForceError
    if any(version.valid_from >= on for version in timeline):
        raise LaterVersionsError
    return [replace(version, valid_to=on) if version is current else version for version in timeline]


def joined(timeline: Sequence[Version]) -> list[Version]:
    """Return the timeline without the cuts that only changes of an ancestor's place made: one version for each period of equal facts."""
    whole: list[Version] = []
    for version in sorted(timeline, key=lambda other: other.valid_from):
        if whole and whole[-1].facts == version.facts and whole[-1].valid_to == version.valid_from:
            whole[-1] = replace(whole[-1], valid_to=version.valid_to)
        else:
            whole.append(version)
    return whole


def replant(own: Mapping[UUID, Sequence[Version]], above: Mapping[UUID, Sequence[Version]]) -> dict[UUID, list[Version]]:
    """Return the timelines of a subtree with their paths set anew, cut where a place above changes.

    `above` holds the timelines of parents outside the subtree. Raises NotInForceError when a parent does not cover its child's period.
    """
    placed = {organisation_id: list(timeline) for organisation_id, timeline in above.items()}

    def place(organisation_id: UUID) -> list[Version]:
        if organisation_id not in placed:
            pieces: list[Version] = []
            for version in joined(own[organisation_id]):
                parent_id = version.facts.parent_id
                if parent_id is None:
                    pieces.append(replace(version, path=label(organisation_id)))
                else:
                    pieces.extend(along(place(parent_id), version, organisation_id))
            placed[organisation_id] = pieces
        return placed[organisation_id]

    return {organisation_id: place(organisation_id) for organisation_id in own}


def along(parent: Sequence[Version], version: Version, organisation_id: UUID) -> list[Version]:
    """Cut a version where its parent's place in the tree changes, and set the path of each piece.

    Raises NotInForceError when the parent does not exist during the whole period.
    """
    pieces = list(_pieces(parent, version, label(organisation_id)))
    covered = bool(pieces) and pieces[0].valid_from == version.valid_from and pieces[-1].valid_to == version.valid_to
    gapless = all(one.valid_to == other.valid_from for one, other in pairwise(pieces))
    if not (covered and gapless):
        raise NotInForceError
    return pieces


def _pieces(parent: Sequence[Version], version: Version, own: str) -> Iterator[Version]:
    piece: Version | None = None
    for above in sorted(parent, key=lambda other: other.valid_from):
        starts = max(version.valid_from, above.valid_from)
        ends = _earlier(version.valid_to, above.valid_to)
        if ends is not None and starts >= ends:
            continue
        path = f"{above.path}.{own}"
        if piece is not None and piece.path == path and piece.valid_to == starts:
            piece = replace(piece, valid_to=ends)
            continue
        if piece is not None:
            yield piece
        piece = replace(version, valid_from=starts, valid_to=ends, path=path)
    if piece is not None:
        yield piece


def _earlier(one: date | None, other: date | None) -> date | None:
    if one is None or other is None:
        return one or other
    return min(one, other)


def attribute_faults(kind: OrganisationKind, attributes: Mapping[str, object]) -> list[str]:
    """Return the names of the attributes that this kind of organisation does not have."""
    return sorted(set(attributes) - ATTRIBUTES[kind])
