"""A learner of whatever school, told to whoever knows ministry code, name and birth date: what is on the papers that a parent brings."""

from libs.common.clock import today
from libs.common.db.work import UnitOfWork
from libs.common.errors import Invalid, NotFound
from libs.common.text import fold
from services.registry.learners.schemas import LearnerMatch, LearnerMatched
from services.registry.people import rules
from services.registry.people.rules import IdentifierKind

MATCH = """
SELECT m.learner_id, m.person_id, m.full_name, m.school_id, o.code AS school_code, m.class_id, m.grade, m.level, m.version,
    m.stands::text AS stands
FROM match_learner($1, $2, $3, $4) m LEFT JOIN organisation_path o ON o.organisation_id = m.school_id"""


async def match(db: UnitOfWork, body: LearnerMatch) -> LearnerMatched:
    """Return the learner whom all three name, and note who was told. Raises Invalid, or NotFound whichever of them is wrong."""
    birth = rules.parse_birth_date(body.birth_date)
    faults = rules.identifier_faults(IdentifierKind.MINISTRY_CODE, body.ministry_code, "/ministry_code")
    faults += rules.birth_date_faults(birth, today(), "/birth_date")
    if faults:
        raise Invalid(errors=faults)
    row = await db.connection.fetchrow(MATCH, body.ministry_code, fold(body.full_name), birth.value, str(birth.precision))
    if row is None:
        raise NotFound
    db.disclose("learner", str(row["learner_id"]), row["version"], row["stands"])
    return LearnerMatched(birth_date=str(birth), **{name: row[name] for name in LearnerMatched.model_fields if name != "birth_date"})
