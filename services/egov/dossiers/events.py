"""Events of dossiers: ids, codes and times, never a name."""

from datetime import date, datetime
from typing import ClassVar
from uuid import UUID

from libs.common.events.catalogue import Event
from libs.common.events.topics import EGOV_DOSSIER, EGOV_TRANSFER, Topic
from services.egov.dossiers.rules import ACTIONS

PREFIX = "vn.lienthong.egov."


class DossierEvent(Event):
    """What all events of a dossier carry: where it stands after the fact. `organisation_id` is the receiving school."""

    TOPIC: ClassVar[Topic] = EGOV_DOSSIER

    dossier_id: UUID
    code: str | None
    procedure_code: str
    organisation_id: UUID
    stage: str
    status: int | None
    online: bool
    full_online: bool
    received_at: datetime | None
    due_at: datetime | None
    finished_at: datetime | None
    on_time: bool | None
    version: int

    @property
    def key(self) -> str:
        """The dossier's id."""
        return str(self.dossier_id)

    @property
    def sequence(self) -> int:
        """The dossier's version."""
        return self.version


class DossierDrafted(DossierEvent):
    """A draft was begun, or the applicant changed what they had said; nobody else has to act upon it."""

    TYPE: ClassVar[str] = PREFIX + "dossier.drafted.v1"


class DossierSubmitted(DossierEvent):
    """The dossier is at the receiving school."""

    TYPE: ClassVar[str] = PREFIX + "dossier.submitted.v1"


class DossierReceived(DossierEvent):
    """The desk accepted it as complete: code, receipt and appointment exist, the limit runs."""

    TYPE: ClassVar[str] = PREFIX + "dossier.received.v1"


class DossierSupplementRequested(DossierEvent):
    """The applicant was told what is missing."""

    TYPE: ClassVar[str] = PREFIX + "dossier.supplement_requested.v1"


class DossierSupplemented(DossierEvent):
    """Everything that was asked for is in."""

    TYPE: ClassVar[str] = PREFIX + "dossier.supplemented.v1"


class DossierPostponed(DossierEvent):
    """The receiving school apologised and gave a new appointment."""

    TYPE: ClassVar[str] = PREFIX + "dossier.postponed.v1"


class DossierDecided(DossierEvent):
    """The receiving principal takes the learner."""

    TYPE: ClassVar[str] = PREFIX + "dossier.decided.v1"


class DossierRefused(DossierEvent):
    """Not accepted at the desk, or refused by the principal; the stage says which."""

    TYPE: ClassVar[str] = PREFIX + "dossier.refused.v1"


class DossierReleased(DossierEvent):
    """The sending school handed over the records (again, after a flag was dealt with)."""

    TYPE: ClassVar[str] = PREFIX + "dossier.released.v1"


class DossierFlagged(DossierEvent):
    """The registry could not move the learner; somebody has to act."""

    TYPE: ClassVar[str] = PREFIX + "dossier.flagged.v1"

    reason: str


class DossierMoved(DossierEvent):
    """The learner is in the receiving school; a class is still to be assigned."""

    TYPE: ClassVar[str] = PREFIX + "dossier.moved.v1"


class DossierAssigned(DossierEvent):
    """The learner has a class in the receiving school: the matter is done."""

    TYPE: ClassVar[str] = PREFIX + "dossier.assigned.v1"


class DossierFinished(DossierEvent):
    """The dossier is at its end: result returned, withdrawn, stopped or closed; the stage says which."""

    TYPE: ClassVar[str] = PREFIX + "dossier.finished.v1"


class TransferDecided(Event):
    """Both schools have signed: the registry is to move the learner. A further attempt after a refusal has a suffix in `dossier_id`."""

    TYPE: ClassVar[str] = PREFIX + "transfer.decided.v1"
    TOPIC: ClassVar[Topic] = EGOV_TRANSFER

    dossier_id: str
    learner_id: UUID
    from_school_code: str
    to_school_code: str
    effective_date: date
    grade: int | None
    class_id: UUID | None

    @property
    def key(self) -> str:
        """The learner's dossier, with the attempt."""
        return self.dossier_id

    @property
    def sequence(self) -> int:
        """An attempt is decided once."""
        return 1


BY_TYPE = {kind.TYPE: kind for kind in DossierEvent.__subclasses__()}
KINDS = {action: BY_TYPE[f"{PREFIX}dossier.{deed.event}.v1"] for action, deed in ACTIONS.items()}


def attempt_id(dossier_id: UUID, attempt: int) -> str:
    """Return the id under which the registry keeps an attempt: the first one is the dossier's own."""
    return str(dossier_id) if attempt == 1 else f"{dossier_id}.{attempt}"


def parse_attempt(text: str) -> tuple[UUID, int] | None:
    """Return dossier and attempt, or None for an id that was not made here."""
    dossier, _, attempt = text.partition(".")
    try:
        return UUID(dossier), int(attempt or 1)
    except ValueError:
        return None
