"""Pure rules of the school transfer: which action leads from which stage to which, who may do it, who is waited for, and until when.

Stages are finer than the ten national status codes; each stage shows one of them to the outside.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

PROCEDURE = "2.002854"
SUPPLEMENTS_OF_A_KIND = 1
REAPPOINTMENTS = 1


class Stage(StrEnum):
    """Where a dossier stands."""

    DRAFT = "draft"
    SUBMITTED = "submitted"
    SUPPLEMENT_AT_INTAKE = "supplement_at_intake"
    NOT_RECEIVED = "not_received"
    RECEIVED = "received"
    SUPPLEMENT_WHILE_HANDLING = "supplement_while_handling"
    APPROVED = "approved"
    REFUSED = "refused"
    RELEASED = "released"
    FLAGGED = "flagged"
    MOVED = "moved"
    ASSIGNED = "assigned"
    RETURNED = "returned"
    WITHDRAWN = "withdrawn"
    STOPPED = "stopped"
    CLOSED = "closed"


class Action(StrEnum):
    """What can be done to a dossier, or happens to it."""

    EDIT = "edit"
    SUBMIT = "submit"
    REJECT = "reject"
    RECEIVE = "receive"
    REQUEST_SUPPLEMENT = "request_supplement"
    SUPPLEMENT = "supplement"
    POSTPONE = "postpone"
    APPROVE = "approve"
    REFUSE = "refuse"
    RELEASE = "release"
    TAKE_RECORDS = "take_records"
    FLAG = "flag"
    RETRY = "retry"
    EXECUTE = "execute"
    ASSIGN = "assign"
    RETURN = "return"
    WITHDRAW = "withdraw"
    STOP = "stop"
    CLOSE = "close"


class Side(StrEnum):
    """On whose behalf somebody acts."""

    APPLICANT = "applicant"
    RECEIVING = "receiving_school"
    SENDING = "sending_school"
    REGISTRY = "registry"
    CALENDAR = "calendar"


TRANSITIONS: Mapping[tuple[Stage, Action], Stage] = {
    (Stage.DRAFT, Action.EDIT): Stage.DRAFT,
    (Stage.DRAFT, Action.SUBMIT): Stage.SUBMITTED,
    (Stage.DRAFT, Action.WITHDRAW): Stage.WITHDRAWN,
    (Stage.SUBMITTED, Action.REJECT): Stage.NOT_RECEIVED,
    (Stage.SUBMITTED, Action.REQUEST_SUPPLEMENT): Stage.SUPPLEMENT_AT_INTAKE,
    (Stage.SUBMITTED, Action.RECEIVE): Stage.RECEIVED,
    (Stage.SUBMITTED, Action.WITHDRAW): Stage.WITHDRAWN,
    (Stage.SUPPLEMENT_AT_INTAKE, Action.EDIT): Stage.SUPPLEMENT_AT_INTAKE,
    (Stage.SUPPLEMENT_AT_INTAKE, Action.SUPPLEMENT): Stage.SUBMITTED,
    (Stage.SUPPLEMENT_AT_INTAKE, Action.WITHDRAW): Stage.WITHDRAWN,
    (Stage.SUPPLEMENT_AT_INTAKE, Action.CLOSE): Stage.CLOSED,
    (Stage.RECEIVED, Action.REQUEST_SUPPLEMENT): Stage.SUPPLEMENT_WHILE_HANDLING,
    (Stage.RECEIVED, Action.POSTPONE): Stage.RECEIVED,
    (Stage.RECEIVED, Action.APPROVE): Stage.APPROVED,
    (Stage.RECEIVED, Action.REFUSE): Stage.REFUSED,
    (Stage.RECEIVED, Action.WITHDRAW): Stage.WITHDRAWN,
    (Stage.SUPPLEMENT_WHILE_HANDLING, Action.EDIT): Stage.SUPPLEMENT_WHILE_HANDLING,
    (Stage.SUPPLEMENT_WHILE_HANDLING, Action.SUPPLEMENT): Stage.RECEIVED,
    (Stage.SUPPLEMENT_WHILE_HANDLING, Action.WITHDRAW): Stage.WITHDRAWN,
    (Stage.SUPPLEMENT_WHILE_HANDLING, Action.CLOSE): Stage.CLOSED,
    (Stage.APPROVED, Action.RELEASE): Stage.RELEASED,
    (Stage.APPROVED, Action.TAKE_RECORDS): Stage.MOVED,
    (Stage.APPROVED, Action.STOP): Stage.STOPPED,
    (Stage.RELEASED, Action.EXECUTE): Stage.MOVED,
    (Stage.RELEASED, Action.FLAG): Stage.FLAGGED,
    (Stage.FLAGGED, Action.RETRY): Stage.RELEASED,
    (Stage.FLAGGED, Action.STOP): Stage.STOPPED,
    (Stage.MOVED, Action.ASSIGN): Stage.ASSIGNED,
    (Stage.ASSIGNED, Action.RETURN): Stage.RETURNED,
    (Stage.REFUSED, Action.RETURN): Stage.RETURNED,
}

MAY: Mapping[Action, frozenset[Side]] = {
    # At the counter the desk of the receiving school types in what the family brings.
    Action.EDIT: frozenset({Side.APPLICANT, Side.RECEIVING}),
    Action.SUBMIT: frozenset({Side.APPLICANT, Side.RECEIVING}),
    Action.SUPPLEMENT: frozenset({Side.APPLICANT, Side.RECEIVING}),
    Action.WITHDRAW: frozenset({Side.APPLICANT, Side.RECEIVING}),
    Action.REJECT: frozenset({Side.RECEIVING}),
    Action.RECEIVE: frozenset({Side.RECEIVING}),
    Action.REQUEST_SUPPLEMENT: frozenset({Side.RECEIVING}),
    Action.POSTPONE: frozenset({Side.RECEIVING}),
    Action.APPROVE: frozenset({Side.RECEIVING}),
    Action.REFUSE: frozenset({Side.RECEIVING}),
    Action.RELEASE: frozenset({Side.SENDING}),
    Action.TAKE_RECORDS: frozenset({Side.RECEIVING}),
    Action.RETRY: frozenset({Side.RECEIVING}),
    Action.RETURN: frozenset({Side.RECEIVING}),
    Action.STOP: frozenset({Side.RECEIVING}),
    Action.FLAG: frozenset({Side.REGISTRY}),
    Action.EXECUTE: frozenset({Side.REGISTRY}),
    Action.ASSIGN: frozenset({Side.REGISTRY}),
    Action.CLOSE: frozenset({Side.CALENDAR}),
}

STATUS: Mapping[Stage, int | None] = {
    Stage.DRAFT: None,
    Stage.SUBMITTED: 1,
    Stage.RECEIVED: 2,
    Stage.NOT_RECEIVED: 3,
    Stage.APPROVED: 4,
    Stage.RELEASED: 4,
    Stage.FLAGGED: 4,
    Stage.MOVED: 4,
    Stage.SUPPLEMENT_AT_INTAKE: 5,
    Stage.SUPPLEMENT_WHILE_HANDLING: 5,
    Stage.WITHDRAWN: 7,
    Stage.STOPPED: 8,
    Stage.CLOSED: 8,
    Stage.ASSIGNED: 9,
    Stage.REFUSED: 9,
    Stage.RETURNED: 10,
}

FORM: Mapping[Action, str] = {
    Action.RECEIVE: "01",
    Action.REQUEST_SUPPLEMENT: "02",
    Action.REJECT: "03",
    Action.REFUSE: "03",
    Action.POSTPONE: "04",
    Action.WITHDRAW: "05",
    Action.STOP: "05",
}

TERMINAL = frozenset({Stage.NOT_RECEIVED, Stage.RETURNED, Stage.WITHDRAWN, Stage.STOPPED, Stage.CLOSED})
"""Nothing more happens to the dossier."""
SETTLED = TERMINAL | {Stage.ASSIGNED, Stage.REFUSED}
"""The matter is decided and done; at most the result has still to be handed over."""


class Counted(StrEnum):
    """How a wait is counted."""

    PROMISE = "promise"
    WORKING_HOURS = "working_hour"
    WORKING_DAYS = "working_day"
    CALENDAR_DAYS = "calendar_day"
    NOT_AT_ALL = "none"


@dataclass(frozen=True, slots=True)
class Wait:
    """Who is waited for in a stage, how long, and by which rule; a limit named by a procedure is looked up in the catalogue."""

    owner: Side | None
    counted: Counted
    value: int = 0
    rule: str = ""


WAITS: Mapping[Stage, Wait] = {
    Stage.DRAFT: Wait(Side.APPLICANT, Counted.NOT_AT_ALL),
    Stage.SUBMITTED: Wait(Side.RECEIVING, Counted.WORKING_HOURS, 8, "online_answer_2025"),
    Stage.SUPPLEMENT_AT_INTAKE: Wait(Side.APPLICANT, Counted.CALENDAR_DAYS, 15, "supplement_close_2025"),
    Stage.RECEIVED: Wait(Side.RECEIVING, Counted.PROMISE),
    Stage.SUPPLEMENT_WHILE_HANDLING: Wait(Side.APPLICANT, Counted.CALENDAR_DAYS, 15, "supplement_close_2025"),
    Stage.APPROVED: Wait(Side.SENDING, Counted.WORKING_DAYS, 3, "sending school hands over the records"),
    Stage.RELEASED: Wait(Side.REGISTRY, Counted.WORKING_HOURS, 2, "linked_ack"),
    Stage.FLAGGED: Wait(Side.RECEIVING, Counted.WORKING_DAYS, 3, "wrong_result_2025"),
    Stage.MOVED: Wait(Side.RECEIVING, Counted.WORKING_DAYS, 5, "receiving school surveys"),
    Stage.ASSIGNED: Wait(Side.RECEIVING, Counted.WORKING_HOURS, 8, "project default"),
    Stage.REFUSED: Wait(Side.RECEIVING, Counted.PROMISE),
}
ENDED = Wait(None, Counted.NOT_AT_ALL)

INSIDE = "both schools in the same province"
OUTSIDE = "coming from another province"


def target(stage: Stage, action: Action) -> Stage | None:
    """Return where the action leads, or None when it is not possible in this stage."""
    return TRANSITIONS.get((stage, action))


def possible(stage: Stage) -> list[Action]:
    """Return what can be done in a stage, in the order of the enumeration."""
    return [action for action in Action if (stage, action) in TRANSITIONS]


def promise_condition(*, outside: bool) -> str:
    """Return the condition of the limit that is promised: 5 working days inside the province, 8 from another one."""
    return OUTSIDE if outside else INSIDE


def supplement_count(stage: Stage, at_intake: int, while_handling: int) -> int:
    """Return how many requests of this kind were made: one at intake and one while handling are legal."""
    return at_intake if stage is Stage.SUBMITTED else while_handling


def settles(stage: Stage, learner_school: object, learner_class: object, receiving_school: object) -> bool:
    """Tell whether the registry shows the learner in a class of the receiving school: then the class is assigned."""
    return stage is Stage.MOVED and learner_class is not None and learner_school == receiving_school
