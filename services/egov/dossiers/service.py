"""What people do to a dossier: each action one function, checked by the pure rules, written with its step, event, audit and feed."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from libs.common.clock import now
from libs.common.db.work import UnitOfWork
from libs.common.errors import Forbidden, Invalid, NotFound
from libs.common.http.conditional import require_match
from services.egov.clock.rulebook import rulebook
from services.egov.clock.rules import Limit, Unit
from services.egov.dossiers import papers, progress, reasons, rules, store
from services.egov.dossiers.problems import AlreadyPostponed, AlreadySupplemented, LearnerElsewhere, SupplementTooLate, WrongSide
from services.egov.dossiers.progress import Doing
from services.egov.dossiers.reasons import Chosen, Facts
from services.egov.dossiers.rules import Action, Side, Stage
from services.egov.dossiers.schemas import (
    DossierEdit,
    Postponement,
    ReasonGiven,
    Refusal,
    Stop,
    Supplemented,
    SupplementRequest,
)
from services.egov.dossiers.store import Held
from services.egov.dossiers.tables import Dossier
from services.egov.fields import fault, invalid
from services.egov.procedures import service as procedures
from services.egov.registry import LearnerSeen

SIDES = {
    Side.APPLICANT: ("người nộp", "the applicant"),
    Side.RECEIVING: ("trường nhận", "the receiving school"),
    Side.SENDING: ("trường cho chuyển", "the sending school"),
}
KEEPS = object()


async def begin(db: UnitOfWork, dossier_id: UUID, action: Action, seen: LearnerSeen | None = None) -> tuple[Dossier, Doing]:
    """Return the locked dossier and what is about to be done; `seen`: where the registry shows the learner just now.

    Raises NotFound, 428, 412, WrongSide, ActionNotPossible or LearnerElsewhere, in this order.
    """
    held = await store.load(db.connection, dossier_id)
    if held is None:
        raise NotFound
    require_match(db.origin.headers, held.dossier.version)
    side = _side(held, action, db.principal.person_id)
    progress.ensure(held.dossier, action)
    if seen is not None:
        _note_place(held.dossier, seen)
    if action in rules.ONWARD and held.dossier.learner_school_id != held.dossier.sending_school_id:
        raise LearnerElsewhere
    return held.dossier, Doing(action, side, db.principal.actor, now())


def _note_place(dossier: Dossier, seen: LearnerSeen) -> None:
    dossier.learner_id, dossier.learner_version = seen.learner_id, seen.version
    dossier.learner_school_id, dossier.learner_class_id = seen.school_id, seen.class_id


def _side(held: Held, action: Action, person_id: UUID | None) -> Side:
    """Return on whose behalf the caller acts; nobody decides their own dossier, and the desk types in only what did not come online."""
    deed = rules.ACTIONS[action]
    own = person_id is not None and held.dossier.applicant_person_id == person_id
    if own and Side.APPLICANT in deed.sides:
        return Side.APPLICANT
    if held.receiving and not own and Side.RECEIVING in deed.sides and (deed.permission != rules.FILE or held.dossier.channel != "online"):
        return _signed(Side.RECEIVING, action, itself=held.at_receiving)
    if held.sending and not own and Side.SENDING in deed.sides:
        return _signed(Side.SENDING, action, itself=held.at_sending)
    whose_vi, whose_en = zip(*(SIDES[side] for side in sorted(deed.sides)), strict=True)
    raise WrongSide(
        detail_vi="Chỉ " + " hoặc ".join(whose_vi) + " được làm việc này.",
        detail_en="Only " + " or ".join(whose_en) + " may do this.",
    )


def _signed(side: Side, action: Action, *, itself: bool) -> Side:
    if action in rules.SIGNED and not itself:
        raise WrongSide(
            detail_vi="Việc này do chính nhà trường ký, cấp trên không làm thay.",
            detail_en="The school itself signs this; nobody above it does so in its place.",
        )
    return side


async def finish(db: UnitOfWork, dossier: Dossier, doing: Doing) -> None:
    """Make the transition and write everything that goes with it."""
    step, event = progress.advance(dossier, doing)
    await store.save(db.connection, dossier, step)
    db.record(event, dossier)


async def edit(db: UnitOfWork, dossier_id: UUID, body: DossierEdit) -> None:
    """Change what the applicant said; what is absent stays."""
    dossier, doing = await begin(db, dossier_id, Action.EDIT)
    given = body.model_dump(exclude_unset=True)
    today = procedures.local_day(doing.at)
    if body.papers is not None:
        given["papers"] = papers.stored(body.papers, today)
    if given.get("ground", KEEPS) is None or given.get("papers", KEEPS) is None:
        raise invalid("/ground", "missing", "Không được để trống.", "This cannot be empty.")
    changed = {name: value for name, value in given.items() if getattr(dossier, name) != value}
    for name, value in changed.items():
        setattr(dossier, name, value)
    papers.put(dossier, dossier.papers, today)
    doing.details = {"changed": sorted(changed)}
    if changed:
        await finish(db, dossier, doing)


async def submit(db: UnitOfWork, dossier_id: UUID, seen: LearnerSeen | None) -> None:
    """Hand the dossier to the receiving school; the portal confirms at once. Raises DossierAlreadyOpen."""
    dossier, doing = await begin(db, dossier_id, Action.SUBMIT, seen)
    if seen is not None:
        dossier.grade, dossier.level = seen.grade, seen.level
    dossier.submitted_at = doing.at
    await finish(db, dossier, doing)


async def receive(db: UnitOfWork, dossier_id: UUID, default_agency: str) -> None:
    """Accept the dossier as complete: code, receipt (form 01) and appointment by the clock."""
    dossier, doing = await begin(db, dossier_id, Action.RECEIVE)
    day = procedures.local_day(doing.at)
    dossier.received_at = dossier.clock_started_at = doing.at
    dossier.code = await store.next_code(db.connection, dossier.receiving_school_id, default_agency, day)
    _appoint(dossier, doing.at)
    handed_on = procedures.clock().forward_by(doing.at, electronic=dossier.channel == "online")
    doing.details = {"receipt": _receipt(dossier), "forward_by": handed_on.due_at.isoformat()}
    await finish(db, dossier, doing)


def _appoint(dossier: Dossier, at: datetime, *, restarted: bool = False) -> None:
    found = progress.promised(dossier, at, restarted=restarted)
    dossier.clock_started_at = at
    dossier.due_at = dossier.original_due_at = dossier.judged_by = found.due_at if found else None
    dossier.clock = procedures.present(found).model_dump(mode="json") if found else None


def _receipt(dossier: Dossier) -> dict[str, Any]:
    return progress.form_head(dossier) | {
        "due_at": dossier.due_at.isoformat() if dossier.due_at else None,
        "channel": dossier.channel,
        "place_of_return": dossier.receiving_school_name,
        "fee": 0,
        "papers": dossier.papers,
        "missing_papers": dossier.missing_papers,
    }


async def reject(db: UnitOfWork, dossier_id: UUID, body: Refusal) -> None:
    """Refuse intake (form 03) with reasons."""
    dossier, doing = await begin(db, dossier_id, Action.REJECT)
    doing.details = told(dossier, reasons.REFUSE, body.reasons)
    await finish(db, dossier, doing)


async def request_supplement(db: UnitOfWork, dossier_id: UUID, body: SupplementRequest) -> None:
    """Tell all defects at once (form 02): once at intake, once while handling, further ones by whoever may decide.

    Raises AlreadySupplemented, Forbidden or SupplementTooLate.
    """
    dossier, doing = await begin(db, dossier_id, Action.REQUEST_SUPPLEMENT)
    asked = rules.supplement_count(dossier.stage, dossier.supplements_at_intake, dossier.supplements_while_handling)
    if asked >= rules.SUPPLEMENTS_OF_A_KIND:
        await _supervised(db, dossier, body)
    target = progress.ensure(dossier, doing.action)
    if target is Stage.SUPPLEMENT_WHILE_HANDLING:
        _in_time(dossier, doing.at)
        dossier.supplements_while_handling += 1
    else:
        dossier.supplements_at_intake += 1
    reply_by = progress.step_due(dossier, target, doing.at)
    doing.details = told(dossier, reasons.SUPPLEMENT, body.reasons, reply_by) | {
        "reply_by": reply_by.isoformat() if reply_by else None,
        "supervisor_reason": body.supervisor_reason,
        "request": asked + 1,
    }
    await finish(db, dossier, doing)


async def _supervised(db: UnitOfWork, dossier: Dossier, body: SupplementRequest) -> None:
    """Let a further request pass from whoever may decide at the receiving school, with a reason (supplement_count_policy)."""
    if body.supervisor_reason is None:
        raise AlreadySupplemented
    reach = db.principal.reach(rules.DECIDE)
    if reach is None or not await store.reaches(db.connection, reach.organisation_codes, dossier.receiving_school_id):
        raise Forbidden(
            detail_vi=f"Yêu cầu bổ sung thêm lần nữa cần quyền “{rules.DECIDE}”.",
            detail_en=f"A further request needs the permission “{rules.DECIDE}”.",
        )


def _in_time(dossier: Dossier, at: datetime) -> None:
    """Defects found while handling are told within three working days of intake, restarts or not (118/2025/NĐ-CP art. 19.5)."""
    intake = dossier.received_at or at
    rule = rulebook().one(procedures.local_day(intake), "supplement_handling_2025", "supplement_handling_2018")
    if rule is None:
        return
    last = procedures.clock().due(Limit(rule.value, Unit(rule.unit or Unit.WORKING_DAY), rule.id), intake).due_at
    if at > last:
        raise SupplementTooLate(detail_en=f"Defects had to be told by {last.isoformat()}.")


async def supplement(db: UnitOfWork, dossier_id: UUID, body: Supplemented) -> None:
    """Add what was asked for; a dossier that was being handled starts its limit again from zero."""
    dossier, doing = await begin(db, dossier_id, Action.SUPPLEMENT)
    today = procedures.local_day(doing.at)
    added = papers.stored(body.papers, today)
    papers.put(dossier, [*dossier.papers, *added], today)
    if progress.ensure(dossier, doing.action) is Stage.RECEIVED:
        _appoint(dossier, doing.at, restarted=True)
    doing.details = {"papers": added, "note": body.note}
    await finish(db, dossier, doing)


async def postpone(db: UnitOfWork, dossier_id: UUID, body: Postponement) -> None:
    """Apologise and give a new appointment (form 04), at most once; told too late it does not make a late decision one in time."""
    dossier, doing = await begin(db, dossier_id, Action.POSTPONE)
    if dossier.reappointments >= rules.REAPPOINTMENTS:
        raise AlreadyPostponed
    clock, before = procedures.clock(), dossier.due_at
    day = body.new_due_date
    calendar = clock.calendar
    if before is None or not (calendar.knows(day) and calendar.is_working(day)) or clock.closing(day) <= before:
        raise invalid(
            "/new_due_date",
            "new_due_date",
            "Phải là ngày làm việc sau ngày hẹn cũ, trong lịch làm việc đã công bố.",
            "It must be a working day after the old date, inside the published calendar.",
        )
    in_time = doing.at <= clock.apology_by(before)
    dossier.reappointments += 1
    dossier.due_at = clock.closing(day)
    dossier.judged_by = dossier.due_at if in_time else before
    doing.details = {
        "reason": body.reason,
        "original_due_at": before.isoformat(),
        "new_due_at": dossier.due_at.isoformat(),
        "in_time": in_time,
    }
    await finish(db, dossier, doing)


async def take_records(db: UnitOfWork, dossier_id: UUID, seen: LearnerSeen) -> None:
    """Records from another province are here and the learner is registered; a class in the registry completes the matter at once."""
    dossier, doing = await begin(db, dossier_id, Action.TAKE_RECORDS)
    if seen.school_id != dossier.receiving_school_id:
        raise invalid("/learner_id", "not_in_school", "Học sinh chưa có tên ở trường nhận.", "The learner is not in the receiving school.")
    _note_place(dossier, seen)
    await finish(db, dossier, doing)
    if rules.settles(dossier.stage, seen.school_id, seen.class_id, dossier.receiving_school_id):
        await finish(db, dossier, Doing(Action.ASSIGN, Side.REGISTRY, db.principal.actor, doing.at))


async def return_result(db: UnitOfWork, dossier_id: UUID, note: str | None) -> None:
    """Hand the result to the applicant: the approval, or the refusal with its reasons."""
    dossier, doing = await begin(db, dossier_id, Action.RETURN)
    doing.details = {"note": note}
    await finish(db, dossier, doing)


async def withdraw(db: UnitOfWork, dossier_id: UUID, note: str | None) -> None:
    """Stop at the applicant's wish, until the decision (form 05)."""
    dossier, doing = await begin(db, dossier_id, Action.WITHDRAW)
    doing.details = {"note": note}
    await finish(db, dossier, doing)


async def stop(db: UnitOfWork, dossier_id: UUID, body: Stop) -> None:
    """Stop the handling (form 05): a transfer that cannot be carried out."""
    dossier, doing = await begin(db, dossier_id, Action.STOP)
    doing.details = {"reason": body.reason}
    await finish(db, dossier, doing)


def told(dossier: Dossier, kind: str, given: Sequence[ReasonGiven], reply_by: datetime | None = None) -> dict[str, Any]:
    """Return what the applicant is told; raises Invalid for reasons that may not stand."""
    chosen = [Chosen(one.code, one.values) for one in given]
    facts = Facts(
        online=dossier.channel == "online",
        relation_verified=dossier.relation_verified,
        sending_inside=dossier.sending_school_id is not None,
    )
    faults = [fault(f"/reasons/{one.index}", one.code, one.vi, one.en) for one in reasons.check(kind, chosen, facts)]
    if faults:
        raise Invalid(errors=faults)
    filled = {"noi_nop": dossier.receiving_school_name}
    if reply_by is not None:
        filled["han_nop"] = f"{procedures.local_day(reply_by):%d/%m/%Y}"
    return {"reasons": reasons.render(chosen, filled), "notice": progress.notice(dossier)}
