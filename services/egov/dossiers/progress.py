"""One action on a dossier: the transition, the wait that it ends and the one that it begins, and the event. No I/O but the catalogues."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from services.egov.clock.rulebook import rulebook
from services.egov.clock.rules import Deadline, Interruption, Limit, Mode, Unit
from services.egov.dossiers import reasons, rules
from services.egov.dossiers.events import KINDS, DossierDrafted, DossierEvent, DossierFlagged
from services.egov.dossiers.problems import ActionNotPossible
from services.egov.dossiers.rules import Action, Counted, Side, Stage
from services.egov.dossiers.tables import Dossier, Step
from services.egov.procedures import service as procedures
from services.egov.procedures.rules import limit_for, promise

KEEPS_WAITING = frozenset({Action.EDIT})
DECISIONS = frozenset({Action.APPROVE, Action.REFUSE})


@dataclass(slots=True)
class Doing:
    """Who does what, when; `details` go into the timeline."""

    action: Action
    side: Side
    actor: str
    at: datetime
    details: dict[str, Any] = field(default_factory=dict)


def target(dossier: Dossier, action: Action) -> Stage | None:
    """Return where the action leads, or None when it is not possible."""
    return rules.target(dossier.stage, action, outside=dossier.sending_school_id is None, online=dossier.channel == "online")


def ensure(dossier: Dossier, action: Action) -> Stage:
    """Return where the action leads; raises ActionNotPossible and says what can be done instead."""
    found = target(dossier, action)
    if found is None:
        raise _not_possible(dossier)
    return found


def _not_possible(dossier: Dossier) -> ActionNotPossible:
    able = [action for action, deed in rules.ACTIONS.items() if deed.permission and target(dossier, action)]
    status = rulebook().statuses[dossier.status].name_vi if dossier.status else "Bản nháp"
    able_vi = ", ".join(rules.ACTIONS[action].vi for action in able) or "không còn thao tác nào"
    return ActionNotPossible(
        detail_vi=f"Trạng thái hồ sơ: {status}; có thể: {able_vi}.",
        detail_en=f"The stage is “{dossier.stage}”; possible: {', '.join(able) or 'nothing more'}.",
    )


def promised(dossier: Dossier, at: datetime, *, restarted: bool = False) -> Deadline | None:
    """Return when the promise is due, by the law of the day of receipt: 5 working days, 8 from another province.

    `restarted`: it comes back from a supplement at `at`, and the limit starts again from zero. None where that day's law sets no limit.
    """
    received_at = dossier.received_at or at
    started_at = dossier.clock_started_at or received_at
    held = procedures.holding(dossier.procedure_code, procedures.local_day(received_at))
    found = promise(held.limits, rules.promise_condition(outside=dossier.sending_school_id is None)) if held else None
    if held is None or found is None:
        return None
    basis = (held.version or {}).get("basis") or dossier.procedure_code
    limit = Limit(found["value"], Unit(found["unit"]), str(basis))
    stops = [Interruption(dossier.waiting_since, at, Mode.RESTART)] if restarted else []
    return procedures.clock().due(limit, started_at, interruptions=stops)


def step_due(dossier: Dossier, stage: Stage, at: datetime) -> datetime | None:
    """Return until when the stage's owner is waited for."""
    wait = rules.WAITS.get(stage, rules.ENDED)
    if wait.counted is Counted.PROMISE:
        return dossier.due_at
    if wait.counted is Counted.NOT_AT_ALL:
        return None
    held = procedures.holding(dossier.procedure_code, procedures.local_day(dossier.received_at or at))
    named = limit_for(held.limits, "after_decision", wait.rule) if held else None
    rule = rulebook().items.get(wait.rule)
    value = named["value"] if named else rule.value if rule else wait.value
    return procedures.clock().due(Limit(value, Unit(wait.counted), wait.rule), at).due_at


def advance(dossier: Dossier, doing: Doing) -> tuple[Step, DossierEvent]:
    """Change the dossier by the action; returns the step of the timeline and the event. Raises ActionNotPossible."""
    stage = ensure(dossier, doing.action)
    due = dossier.step_due_at
    on_time = None if due is None or doing.action in KEEPS_WAITING else doing.at <= due
    if due is not None and on_time is False:
        doing.details["working_days_late"] = procedures.clock().working_days_late(due, doing.at)
    if doing.action in DECISIONS:
        dossier.decided_at = doing.at
        dossier.on_time = None if dossier.judged_by is None else doing.at <= dossier.judged_by
    if doing.action is Action.REJECT:
        dossier.on_time = on_time
    dossier.stage, dossier.status = stage, rules.STATUS[stage]
    if stage in rules.SETTLED and dossier.finished_at is None:
        dossier.finished_at = doing.at
    if doing.action not in KEEPS_WAITING:
        wait = rules.WAITS.get(stage, rules.ENDED)
        dossier.owner, dossier.waiting_since = wait.owner, doing.at
        dossier.step_due_at = step_due(dossier, stage, doing.at)
    dossier.version += 1
    dossier.updated_at = doing.at
    return step_of(dossier, doing, due, on_time=on_time), event_of(dossier, KINDS[doing.action])


def step_of(dossier: Dossier, doing: Doing, due: datetime | None = None, *, on_time: bool | None = None, name: str | None = None) -> Step:
    """Return the step of the timeline that led to the present version."""
    return Step(
        dossier_id=dossier.dossier_id,
        number=dossier.version,
        action=name or doing.action,
        stage=dossier.stage,
        status=dossier.status,
        side=doing.side,
        actor=doing.actor,
        at=doing.at,
        due_at=due,
        on_time=on_time,
        form=rules.FORM.get(doing.action),
        details=doing.details,
    )


def form_head(dossier: Dossier) -> dict[str, Any]:
    """Return what every form says of the dossier (03/2025/TT-VPCP); a code exists from the receipt on."""
    return {
        "dossier_code": dossier.code,
        "applicant_name": dossier.applicant_name,
        "procedure_code": dossier.procedure_code,
        "received_at": dossier.received_at.isoformat() if dossier.received_at else None,
        "office": dossier.receiving_school_name,
    }


def notice(dossier: Dossier) -> dict[str, Any]:
    """Return what a notice to the applicant carries besides its reasons (refusal-reasons.yaml, rules_of_use)."""
    return form_head(dossier) | reasons.catalogue().frame(dossier.applicant_name)


def event_of(dossier: Dossier, kind: type[DossierEvent] = DossierDrafted) -> DossierEvent:
    """Return the event of the present version."""
    facts: dict[str, Any] = {
        "dossier_id": dossier.dossier_id,
        "code": dossier.code,
        "procedure_code": dossier.procedure_code,
        "organisation_id": dossier.receiving_school_id,
        "stage": str(dossier.stage),
        "status": dossier.status,
        "online": dossier.channel == "online",
        "full_online": dossier.channel == "online",
        "received_at": dossier.received_at,
        "due_at": dossier.due_at,
        "finished_at": dossier.finished_at,
        "on_time": dossier.on_time,
        "version": dossier.version,
    }
    if kind is DossierFlagged:
        facts["reason"] = dossier.flag_reason
    return kind.model_validate(facts)
