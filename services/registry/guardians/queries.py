"""Reads of guardians."""

from libs.common.db.read import Document, Listing
from services.registry.guardians.schemas import GuardianOut, WardOut

SOURCE = "guardian g"
COLUMNS = {"full_name": "guardian_name(g.guardian_person_id, g.learner_id)"}

GUARDIAN = Document(GuardianOut, SOURCE, where="g.guardian_person_id = :guardian_person_id AND g.learner_id = :learner_id", columns=COLUMNS)
WARD = Document(WardOut, "learner l", where="l.learner_id = :learner_id")
GUARDIANS = Listing(
    GuardianOut,
    SOURCE,
    key="g.guardian_person_id",
    columns=COLUMNS,
    where="g.learner_id = :learner_id",
)
