"""Keeps the learners' spells from the registry's events. Any order and any repetition of events lead to the same rows.

A school that the tree of organisations does not know is waited for, and then is the event's fault.
"""

from collections.abc import Sequence

import orjson

from libs.common.events.consumer import Consumer, consumer
from libs.common.events.envelope import Received
from libs.common.events.session import WorkerSession
from libs.common.events.topics import REGISTRY_LEARNER
from libs.common.organisations import PATIENT_TRIES, known, organisation_copy
from services.assets.copies.messages import LEARNER_TYPES, LearnerMessage

# Each spell is as new as the newest event that named it; ordered, so that two batches that meet on a spell wait instead of deadlocking.
SPELLS = """
INSERT INTO learner_spell AS t (enrolment_id, school_id, level, valid_from, valid_to, version)
SELECT DISTINCT ON (r.enrolment_id) r.enrolment_id, r.school_id, r.level, r.valid_from, r.valid_to, r.version
FROM jsonb_to_recordset($1::jsonb)
    AS r(enrolment_id uuid, school_id uuid, level text, valid_from date, valid_to date, version bigint)
ORDER BY r.enrolment_id, r.version DESC
ON CONFLICT (enrolment_id) DO UPDATE
SET school_id = excluded.school_id, level = excluded.level, valid_from = excluded.valid_from, valid_to = excluded.valid_to,
    version = excluded.version
WHERE t.version < excluded.version"""


@consumer(name="assets.learner", topics=[REGISTRY_LEARNER], types=LEARNER_TYPES, tries=PATIENT_TRIES)
async def learners(db: WorkerSession, events: Sequence[Received]) -> None:
    """Keep each spell as the newest event that names it tells it."""
    rows = [spell.model_dump() | {"version": event.sequence} for event in events for spell in event.parse(LearnerMessage).enrolments]
    await known(db, (row["school_id"] for row in rows))
    await db.execute(SPELLS, orjson.dumps(rows).decode())


CONSUMERS: tuple[Consumer, ...] = (organisation_copy("assets"), learners)
