"""Events of organisations: a history, and a compacted state that other services copy."""

from datetime import date
from typing import Any, ClassVar
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from libs.common.events.catalogue import Event
from libs.common.events.topics import REGISTRY_ORGANISATION, REGISTRY_ORGANISATION_STATE, Topic


class Successor(BaseModel):
    """Who takes the organisation's place, and how."""

    model_config = ConfigDict(frozen=True)
    organisation_id: UUID
    change_date: date
    kind: str


class OrganisationEvent(Event):
    """What all events of an organisation's history carry: the version that the fact made, and successor links."""

    TOPIC: ClassVar[Topic] = REGISTRY_ORGANISATION

    organisation_id: UUID
    code: str
    name: str
    kind: str
    parent_id: UUID | None
    parent_code: str | None
    path: str
    levels: list[str]
    school_type: str | None
    administrative_unit_code: str | None
    attributes: dict[str, Any]
    legal_basis: str | None
    valid_from: date
    valid_to: date | None
    successors: list[Successor]
    version: int

    @property
    def key(self) -> str:
        """The organisation's id."""
        return str(self.organisation_id)

    @property
    def sequence(self) -> int:
        """The organisation's version."""
        return self.version


class OrganisationCreated(OrganisationEvent):
    """An organisation exists from a day on."""

    TYPE: ClassVar[str] = "vn.lienthong.registry.organisation.created.v1"


class OrganisationChanged(OrganisationEvent):
    """What is true of an organisation changed from a day on."""

    TYPE: ClassVar[str] = "vn.lienthong.registry.organisation.changed.v1"


class OrganisationClosed(OrganisationEvent):
    """An organisation ends on a day (`valid_to`, exclusive)."""

    TYPE: ClassVar[str] = "vn.lienthong.registry.organisation.closed.v1"


class OrganisationMerged(OrganisationEvent):
    """An organisation went into another one, its successor."""

    TYPE: ClassVar[str] = "vn.lienthong.registry.organisation.merged.v1"


class OrganisationReparented(OrganisationEvent):
    """An organisation, or one above it, came under another one: `path` is the new place."""

    TYPE: ClassVar[str] = "vn.lienthong.registry.organisation.reparented.v1"


class StateVersion(BaseModel):
    """One dated version; `valid_to` is exclusive."""

    model_config = ConfigDict(frozen=True)
    code: str
    name: str
    kind: str
    parent_id: UUID | None
    path: str
    levels: list[str]
    school_type: str | None
    administrative_unit_code: str | None
    attributes: dict[str, Any]
    valid_from: date
    valid_to: date | None


class OrganisationState(Event):
    """The whole organisation with all its dated versions; the last one of each key is kept for ever."""

    TYPE: ClassVar[str] = "vn.lienthong.registry.organisation.state.v1"
    TOPIC: ClassVar[Topic] = REGISTRY_ORGANISATION_STATE

    organisation_id: UUID
    versions: list[StateVersion]
    successors: list[Successor]
    version: int

    @property
    def key(self) -> str:
        """The organisation's id."""
        return str(self.organisation_id)

    @property
    def sequence(self) -> int:
        """The organisation's version."""
        return self.version
