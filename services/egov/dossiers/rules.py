"""Pure rules of the school transfer: which action leads from which stage to which, who may do it, who is waited for, and until when.

Stages are finer than the ten national status codes; each stage shows one of them to the outside.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

PROCEDURE = "2.002854"
SUPPLEMENTS_OF_A_KIND = 1
REAPPOINTMENTS = 1
APPLICATION = "transfer_application"
ALWAYS = "always"


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


FILE, HANDLE = "egov.dossier.file", "egov.dossier.handle"
DECIDE, RELEASE = "egov.dossier.decide", "egov.dossier.release"
DESK, SENDER, REGISTRY = frozenset({Side.RECEIVING}), frozenset({Side.SENDING}), frozenset({Side.REGISTRY})
# At the counter the desk of the receiving school types in what the family brings.
FAMILY = frozenset({Side.APPLICANT, Side.RECEIVING})
HANDED_IN = (Stage.SUBMITTED, Stage.RECEIVED)
SHORT = (Stage.SUPPLEMENT_AT_INTAKE, Stage.SUPPLEMENT_WHILE_HANDLING)
UNDECIDED = (Stage.DRAFT, *HANDED_IN, *SHORT)


@dataclass(frozen=True, slots=True)
class Deed:
    """All that is fixed about an action.

    Its Vietnamese name, the permission (None: no person does it), on whose behalf it is done, where it leads from which stage, the verb of
    its event, and the form that goes out.
    """

    vi: str
    permission: str | None
    sides: frozenset[Side]
    leads: Mapping[Stage, Stage]
    event: str
    form: str | None = None


ACTIONS: Mapping[Action, Deed] = {
    Action.EDIT: Deed("sửa hồ sơ", FILE, FAMILY, {stage: stage for stage in UNDECIDED}, "drafted"),
    Action.SUBMIT: Deed("nộp", FILE, FAMILY, {Stage.DRAFT: Stage.SUBMITTED}, "submitted"),
    Action.REJECT: Deed("từ chối tiếp nhận", HANDLE, DESK, {Stage.SUBMITTED: Stage.NOT_RECEIVED}, "refused", "03"),
    Action.RECEIVE: Deed("tiếp nhận", HANDLE, DESK, {Stage.SUBMITTED: Stage.RECEIVED}, "received", "01"),
    Action.REQUEST_SUPPLEMENT: Deed(
        "yêu cầu bổ sung", HANDLE, DESK, dict(zip(HANDED_IN, SHORT, strict=True)), "supplement_requested", "02"
    ),
    Action.SUPPLEMENT: Deed("bổ sung", FILE, FAMILY, dict(zip(SHORT, HANDED_IN, strict=True)), "supplemented"),
    Action.POSTPONE: Deed("hẹn lại", HANDLE, DESK, {Stage.RECEIVED: Stage.RECEIVED}, "postponed", "04"),
    Action.APPROVE: Deed("đồng ý tiếp nhận học sinh", DECIDE, DESK, {Stage.RECEIVED: Stage.APPROVED}, "decided"),
    Action.REFUSE: Deed("không đồng ý", DECIDE, DESK, {Stage.RECEIVED: Stage.REFUSED}, "refused", "03"),
    Action.RELEASE: Deed("bàn giao hồ sơ học sinh", RELEASE, SENDER, {Stage.APPROVED: Stage.RELEASED}, "released"),
    Action.TAKE_RECORDS: Deed("nhận hồ sơ học sinh từ tỉnh khác", HANDLE, DESK, {Stage.APPROVED: Stage.MOVED}, "moved"),
    Action.FLAG: Deed("báo vướng mắc", None, REGISTRY, {Stage.RELEASED: Stage.FLAGGED}, "flagged"),
    Action.RETRY: Deed("chuyển lại", DECIDE, DESK, {Stage.FLAGGED: Stage.RELEASED}, "released"),
    Action.EXECUTE: Deed("chuyển học sinh", None, REGISTRY, {Stage.RELEASED: Stage.MOVED}, "moved"),
    Action.ASSIGN: Deed("xếp lớp", None, REGISTRY, {Stage.MOVED: Stage.ASSIGNED}, "assigned"),
    Action.RETURN: Deed("trả kết quả", HANDLE, DESK, dict.fromkeys((Stage.ASSIGNED, Stage.REFUSED), Stage.RETURNED), "finished"),
    Action.WITHDRAW: Deed("rút hồ sơ", FILE, FAMILY, dict.fromkeys(UNDECIDED, Stage.WITHDRAWN), "finished", "05"),
    # A learner who went on before getting a class leaves a dossier that nothing else could end.
    Action.STOP: Deed(
        "dừng giải quyết", DECIDE, DESK, dict.fromkeys((Stage.APPROVED, Stage.FLAGGED, Stage.MOVED), Stage.STOPPED), "finished", "05"
    ),
    Action.CLOSE: Deed("đóng hồ sơ", None, frozenset({Side.CALENDAR}), dict.fromkeys(SHORT, Stage.CLOSED), "finished"),
}
"""The whole procedure; what an action does to the clock is in WAITS, by the stage to which it leads."""

SIGNED = frozenset({Action.APPROVE, Action.REFUSE, Action.RELEASE})
"""Signed by the school itself (15/2026/TT-BGDĐT art. 34: the receiving and the sending principal): nobody above it signs in its place."""
ONWARD = frozenset({Action.SUBMIT, Action.RECEIVE, Action.APPROVE, Action.RELEASE})
"""Makes sense only while the learner is in the sending school."""

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

FORM: Mapping[Action, str] = {action: deed.form for action, deed in ACTIONS.items() if deed.form}

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


def target(stage: Stage, action: Action, *, outside: bool, online: bool) -> Stage | None:
    """Return where the action leads, or None when it is not possible in this stage.

    `outside`: no school of this province releases the learner. A dossier that was handed in is changed online only (118/2025/NĐ-CP
    art. 21.2).
    """
    if (action is Action.RELEASE and outside) or (action is Action.TAKE_RECORDS and not outside):
        return None
    if action is Action.EDIT and stage in HANDED_IN and not online:
        return None
    return ACTIONS[action].leads.get(stage)


def promise_condition(*, outside: bool) -> str:
    """Return the condition of the limit that is promised: 5 working days inside the province, 8 from another one."""
    return OUTSIDE if outside else INSIDE


def supplement_count(stage: Stage, at_intake: int, while_handling: int) -> int:
    """Return how many requests of this kind were made: one at intake and one while handling are legal."""
    return at_intake if stage is Stage.SUBMITTED else while_handling


def missing_papers(asked: Iterable[tuple[str, str, str | None]], given: Collection[str], *, online: bool, outside: bool) -> list[str]:
    """Return which papers are missing of those (key, when needed, what replaces it) that the procedure asks of everybody.

    Online the filled-in form is the application (66.7/2025/NQ-CP); what a register holds is not asked for again (118/2025/NĐ-CP art. 5.1i),
    and a register of this province knows the learners of this province. Whether the dossier is complete, the desk decides (art. 17).
    """
    had = {*given, APPLICATION} if online else {*given}
    return [key for key, needed, register in asked if needed == ALWAYS and key not in had and (outside or register is None)]


GENERAL: Mapping[str, range] = {"primary": range(1, 6), "lower_secondary": range(6, 10), "upper_secondary": range(10, 13)}
PRESCHOOL, CONTINUING = "preschool", "continuing"


def level_of(grade: int | None, level: str | None) -> str | None:
    """Return the level of a grade; preschool and continuing education stay what they are."""
    if grade is None or level in {PRESCHOOL, CONTINUING}:
        return level
    return next((name for name, grades in GENERAL.items() if grade in grades), level or PRESCHOOL)


def is_taught(levels: Sequence[str] | None, grade: int | None, level: str | None) -> bool:
    """Tell whether a school of these levels teaches the learner.

    Levels that have not arrived here, or were never told, hinder nobody: the registry has the last word. Who comes from another province
    tells the grade alone, and continuing education has those grades too.
    """
    wanted = {level_of(grade, level), CONTINUING if level is None else None}
    return not levels or not wanted.isdisjoint(levels)


def class_misfit(grade: int | None, level: str | None, class_grade: int | None, class_level: str) -> str | None:
    """Return the registry's code of why the learner cannot sit in the class; a class of several grades has none of its own."""
    found = level_of(grade, level)
    if found is not None and found != class_level and not (level is None and class_level == CONTINUING):
        return "class_level"
    return "class_grade" if grade is not None and class_grade is not None and grade != class_grade else None


def settles(stage: Stage, learner_school: object, learner_class: object, receiving_school: object) -> bool:
    """Tell whether the registry shows the learner in a class of the receiving school: then the class is assigned."""
    return stage is Stage.MOVED and learner_class is not None and learner_school == receiving_school
