"""What the two principals sign: the receiving one takes the learner or refuses, the sending one releases; the registry is told to move."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from libs.common.db.work import UnitOfWork
from services.egov.dossiers import reasons, rules, store
from services.egov.dossiers.events import TransferDecided, attempt_id
from services.egov.dossiers.progress import Doing
from services.egov.dossiers.rules import Action
from services.egov.dossiers.schemas import Approval, Refusal, Retry
from services.egov.dossiers.service import begin, finish, told
from services.egov.dossiers.tables import Dossier
from services.egov.fields import invalid
from services.egov.procedures import service as procedures
from services.egov.registry import ClassSeen, SchoolYearSeen

FARTHEST = timedelta(days=365)
MISFITS = {
    "unknown_class": ("Trường nhận không có lớp này trong năm học.", "The receiving school has no such class in that school year."),
    "class_level": ("Lớp thuộc cấp học khác.", "The class is of another level."),
    "class_grade": ("Lớp thuộc khối khác khối của học sinh.", "The class is of another grade than the learner."),
}


@dataclass(frozen=True, slots=True)
class Asked:
    """What the registry told whoever decides: the class that they named, as they see it there, and the school years."""

    room: ClassSeen | None = None
    years: Sequence[SchoolYearSeen] = ()


async def approve(db: UnitOfWork, dossier_id: UUID, body: Approval, asked: Asked) -> None:
    """The receiving principal takes the learner: the sending school is asked for the records."""
    dossier, doing = await begin(db, dossier_id, Action.APPROVE)
    await _decide(db, dossier, body, asked, doing.at)
    await finish(db, dossier, doing)


async def _decide(db: UnitOfWork, dossier: Dossier, body: Approval | Retry, asked: Asked, at: datetime) -> None:
    today = procedures.local_day(at)
    if body.effective_date is not None and not today <= body.effective_date <= today + FARTHEST:
        vi, en = "Phải từ hôm nay đến một năm sau.", "It must lie between today and a year from now."
        raise invalid("/effective_date", "effective_date", vi, en)
    dossier.class_id = body.class_id or dossier.class_id
    dossier.effective_date = body.effective_date or dossier.effective_date
    dossier.grade = dossier.grade if body.grade is None else body.grade
    first_day = max(dossier.effective_date or today, today)
    levels = await store.levels(db.connection, dossier.receiving_school_id, first_day)
    if not rules.is_taught(levels, dossier.grade, dossier.level):
        vi, en = "Trường nhận không dạy cấp học này.", "The receiving school does not teach this level."
        raise invalid("/grade" if body.grade is not None else "", "level_not_taught", vi, en)
    misfit = _misfit(dossier, asked, first_day) if body.class_id else None
    if misfit:
        raise invalid("/class_id", misfit, *MISFITS[misfit])


def _misfit(dossier: Dossier, asked: Asked, first_day: date) -> str | None:
    """Return why the registry would refuse the class, before anything is signed; the school year is found as it finds it."""
    room = asked.room
    ending = sorted((year.ends_on, year.school_year) for year in asked.years if year.ends_on >= first_day)
    if room is None or room.school_id != dossier.receiving_school_id or (ending and room.school_year != ending[0][1]):
        return "unknown_class"
    return rules.class_misfit(dossier.grade, dossier.level, room.grade, room.level)


async def refuse(db: UnitOfWork, dossier_id: UUID, body: Refusal) -> None:
    """The receiving principal refuses (form 03), with reasons, inside the limit."""
    dossier, doing = await begin(db, dossier_id, Action.REFUSE)
    doing.details = told(dossier, reasons.REFUSE, body.reasons)
    await finish(db, dossier, doing)


async def release(db: UnitOfWork, dossier_id: UUID, note: str | None) -> None:
    """The sending school hands over the records: both have signed, and the registry is told to move the learner."""
    dossier, doing = await begin(db, dossier_id, Action.RELEASE)
    doing.details = {"note": note}
    await _order(db, dossier, doing)


async def retry(db: UnitOfWork, dossier_id: UUID, body: Retry, asked: Asked) -> None:
    """Order the move once more after the cause of the flag was dealt with."""
    dossier, doing = await begin(db, dossier_id, Action.RETRY)
    await _decide(db, dossier, body, asked, doing.at)
    if "class_id" in body.model_fields_set:
        dossier.class_id = body.class_id
    dossier.attempt += 1
    doing.details = {"note": body.note, "flag_reason": dossier.flag_reason, "attempt": dossier.attempt}
    dossier.flag_reason = None
    await _order(db, dossier, doing)


async def _order(db: UnitOfWork, dossier: Dossier, doing: Doing) -> None:
    today = procedures.local_day(doing.at)
    dossier.effective_date = max(dossier.effective_date or today, today)
    await finish(db, dossier, doing)
    db.record(
        TransferDecided.model_validate(
            {
                "dossier_id": attempt_id(dossier.dossier_id, dossier.attempt),
                "learner_id": dossier.learner_id,
                "from_school_code": await store.code_today(db.connection, dossier.sending_school_id) or dossier.sending_school_code,
                "to_school_code": await store.code_today(db.connection, dossier.receiving_school_id) or dossier.receiving_school_code,
                "effective_date": dossier.effective_date,
                "grade": dossier.grade,
                "class_id": dossier.class_id,
            }
        )
    )
