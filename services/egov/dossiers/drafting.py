"""How a dossier begins: who files, for whom, from where to where."""

import secrets
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from libs.common.clock import now
from libs.common.db.work import UnitOfWork
from libs.common.ids import new_id
from services.egov.dossiers import papers, progress, rules, store
from services.egov.dossiers.progress import Doing
from services.egov.dossiers.rules import Action, Side
from services.egov.dossiers.schemas import DossierDraft
from services.egov.dossiers.store import School
from services.egov.dossiers.tables import Dossier
from services.egov.fields import invalid
from services.egov.procedures.service import local_day
from services.egov.registry import LearnerSeen

KEY_ALPHABET = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
KEY_LENGTH = 10


@dataclass(frozen=True, slots=True)
class Filing:
    """What is filed, who files: a person for their own child (`person_id`), or a desk; and the learner as the registry showed them."""

    body: DossierDraft
    person_id: UUID | None
    learner: LearnerSeen | None


async def draft(db: UnitOfWork, filing: Filing) -> UUID:
    """Begin a dossier; returns its id. Raises Invalid."""
    body = filing.body
    moment = now()
    today = local_day(moment)
    receiving = await _receiving(db, filing, today)
    given = papers.stored(body.papers, today)
    dossier = Dossier(
        dossier_id=new_id(),
        procedure_code=rules.PROCEDURE,
        tracking_key="".join(secrets.choice(KEY_ALPHABET) for _ in range(KEY_LENGTH)),
        channel=body.channel,
        applicant_person_id=filing.person_id,
        applicant_name=body.applicant_name,
        applicant_phone=body.applicant_phone,
        relation_verified=filing.person_id is not None and filing.learner is not None,
        receiving_school_id=receiving.organisation_id,
        receiving_school_code=receiving.code,
        receiving_school_name=receiving.name,
        ground=body.ground,
        explanation=body.explanation,
        owner=Side.APPLICANT,
        waiting_since=moment,
        organisation_path=receiving.path,
        created_at=moment,
        updated_at=moment,
        **await _origin(db, filing, receiving, today),
    )
    if not rules.is_taught(receiving.levels, dossier.grade, dossier.level):
        vi, en = "Trường này không dạy cấp học của học sinh.", "This school does not teach the learner's level."
        raise invalid("/receiving_school_code", "level_not_taught", vi, en)
    papers.put(dossier, given, today)
    await store.add(db.connection, dossier)
    side = Side.APPLICANT if filing.person_id else Side.RECEIVING
    await store.note(db.connection, progress.step_of(dossier, Doing(Action.EDIT, side, db.principal.actor, moment), name="draft"))
    db.record(progress.event_of(dossier), dossier)
    return dossier.dossier_id


async def _receiving(db: UnitOfWork, filing: Filing, on: date) -> School:
    """Return the wanted school; raises Invalid. What does not come online from the applicant is typed in by that school."""
    receiving = await store.school(db.connection, filing.body.receiving_school_code, on)
    if receiving is None:
        raise invalid("/receiving_school_code", "unknown_school", "Không có trường này.", "There is no such school.")
    if filing.person_id is None and filing.body.channel == "online":
        vi, en = "Nộp trực tuyến phải do chính người nộp.", "Only the applicant files online; use counter or post."
        raise invalid("/channel", "channel", vi, en)
    if filing.person_id is None and not receiving.within:
        vi, en = "Hồ sơ nộp tại quầy do trường nhận lập.", "What is filed at a desk is typed in by the receiving school."
        raise invalid("/receiving_school_code", "not_your_school", vi, en)
    return receiving


async def _origin(db: UnitOfWork, filing: Filing, receiving: School, on: date) -> dict[str, Any]:
    """Return who moves from where; raises Invalid when the learner is nowhere, or there already."""
    body = filing.body
    if body.outside is not None:
        return {
            "learner_name": body.outside.learner_name,
            "learner_birth_date": body.outside.learner_birth_date.isoformat(),
            "grade": body.outside.grade,
            "sending_school_name": body.outside.school_name,
            "sending_province": body.outside.province,
        }
    learner = filing.learner
    if learner is None:
        raise unknown_learner()
    if learner.school_id is None or learner.school_code is None:
        pointer = "/learner" if body.learner else "/learner_id"
        raise invalid(pointer, "not_enrolled", "Học sinh hiện không học ở trường nào.", "The learner is in no school at present.")
    if learner.school_id == receiving.organisation_id:
        raise invalid("/receiving_school_code", "same_school", "Học sinh đang học ở trường này.", "The learner is in this school already.")
    sending = await store.school(db.connection, learner.school_code, on)
    return {
        "learner_id": learner.learner_id,
        "learner_person_id": learner.person_id,
        "learner_name": learner.full_name,
        "learner_birth_date": learner.birth_date,
        "grade": learner.grade,
        "level": learner.level,
        "sending_school_id": learner.school_id,
        "sending_school_code": learner.school_code,
        "sending_school_name": sending.name if sending else learner.school_code,
        "learner_school_id": learner.school_id,
        "learner_class_id": learner.class_id,
        "learner_version": learner.version,
    }


def desk_only() -> Exception:
    """Return the refusal of papers from an applicant online."""
    vi = "Mã, họ tên và ngày sinh chỉ dùng tại quầy hoặc qua bưu chính; nộp trực tuyến thì nêu learner_id của con."
    return invalid(
        "/learner", "desk_only", vi, "Code, name and birth date serve at a desk or by post; online, name your child by learner_id."
    )


def unmatched_learner() -> Exception:
    """Return the refusal of papers that name nobody; it does not say which of the three is wrong."""
    vi = "Không có học sinh nào khớp cả mã định danh, họ tên và ngày sinh."
    return invalid("/learner", "unmatched_learner", vi, "No learner agrees with the code, the name and the birth date, all three.")


def unknown_learner() -> Exception:
    """Return the refusal of a learner whom the caller may not file for."""
    return invalid(
        "/learner_id",
        "unknown_learner",
        "Không có học sinh này, hoặc anh/chị không phải người giám hộ trong sổ đăng ký.",
        "There is no such learner, or the registry does not name you as a guardian.",
    )
