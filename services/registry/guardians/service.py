"""Guardians: named for a child; the relation gives them access to the child's rows, in the database."""

from uuid import UUID

from libs.common.db.write import WriteSession
from libs.common.errors import Conflict, Invalid
from services.registry.conflicts import invalid
from services.registry.guardians.schemas import GuardianCreate
from services.registry.guardians.tables import Guardian
from services.registry.learners import service as learners
from services.registry.people import service as people
from services.registry.people.tables import Person


class GuardianKnown(Conflict):
    """The person is a guardian of the learner already."""

    slug = "guardian-known"
    title_vi = "Người này đã là người giám hộ của học sinh"
    title_en = "The person is a guardian of the learner already"


async def add(db: WriteSession, body: GuardianCreate) -> UUID:
    """Name a guardian; returns the guardian's person id. A person whom an identifier names already is not entered twice.

    Raises Invalid, GuardianKnown or IdentifierTaken.
    """
    learner = await learners.find(db, body.learner_id)
    if learner is None:
        raise invalid("/learner_id", "unknown_learner", "Không có học sinh này.", "There is no such learner.")
    person_id = await _person(db, body, learner.organisation_path)
    if person_id == learner.person_id:
        raise invalid("/person_id", "own_guardian", "Không thể tự giám hộ.", "Nobody is their own guardian.")
    db.expect(guardian_pkey=GuardianKnown)
    db.add(
        Guardian(
            guardian_person_id=person_id,
            learner_id=body.learner_id,
            relation=str(body.relation),
            organisation_path=learner.organisation_path,
        )
    )
    await learners.touch(db, learner)
    return person_id


async def _person(db: WriteSession, body: GuardianCreate, path: str) -> UUID:
    if body.person is None:
        person = await db.session.get(Person, body.person_id)
        if person is None:
            raise invalid("/person_id", "unknown_person", "Không có người này.", "There is no such person.")
        return person.person_id
    faults = people.faults(body.person)
    if faults:
        raise Invalid(errors=[fault.model_copy(update={"pointer": "/person" + fault.pointer}) for fault in faults])
    known = await people.known(db, body.person)
    if known is not None:
        return known
    person = people.draft(body.person, path)
    db.add(person)
    await db.flush()
    await people.add_identifiers(db, person.person_id, body.person.identifiers)
    return person.person_id
