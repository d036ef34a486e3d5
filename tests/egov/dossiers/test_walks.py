"""Random walks through the pure progress of a dossier: whatever is tried in whatever order, what must hold goes on holding."""

from contextlib import suppress
from datetime import datetime, timedelta
from uuid import uuid4

from hypothesis import given, settings
from hypothesis import strategies as st

from libs.common.clock import VIETNAM
from services.egov.dossiers import progress, rules
from services.egov.dossiers.problems import ActionNotPossible
from services.egov.dossiers.progress import Doing
from services.egov.dossiers.rules import Action, Side, Stage
from services.egov.dossiers.tables import Dossier

START = datetime(2026, 6, 1, 9, 0, tzinfo=VIETNAM)


def dossier(*, outside: bool) -> Dossier:
    return Dossier(
        dossier_id=uuid4(),
        procedure_code=rules.PROCEDURE,
        tracking_key="K",
        channel="online",
        applicant_name="Vàng Thị Mai",
        relation_verified=True,
        learner_name="Giàng A Páo",
        learner_birth_date="2015",
        sending_school_id=None if outside else uuid4(),
        sending_school_name="S1",
        sending_province="Tỉnh khác" if outside else None,
        receiving_school_id=uuid4(),
        receiving_school_code="S2",
        receiving_school_name="S2",
        ground="other",
        waiting_since=START,
        organisation_path="x",
        created_at=START,
        updated_at=START,
    )


@settings(max_examples=300, deadline=None)
@given(st.booleans(), st.lists(st.tuples(st.sampled_from(list(Action)), st.integers(0, 3 * 24 * 60)), max_size=60))
def test_whatever_is_tried(outside: bool, tried: list[tuple[Action, int]]) -> None:  # noqa: FBT001 - a parameter of the case
    walked, at, versions, ended = dossier(outside=outside), START, 1, False
    for action, minutes in tried:
        at += timedelta(minutes=minutes)
        before = walked.model_dump()
        with suppress(ActionNotPossible):
            if action is Action.RECEIVE:
                progress.ensure(walked, action)
                walked.received_at = at
                found = progress.promised(walked, at)
                assert found is not None
                walked.due_at = walked.judged_by = found.due_at
            step, event = progress.advance(walked, Doing(action, Side.RECEIVING, "tests", at))
            versions += 1
            assert not ended, "something happened after the end"
            assert step.number == event.sequence == walked.version == versions
            assert event.key == str(walked.dossier_id)
            holds(walked, at)
            ended = walked.stage in rules.TERMINAL
            continue
        assert walked.model_dump() == before, "a refused action left a trace"


def holds(walked: Dossier, at: datetime) -> None:
    assert walked.status == rules.STATUS[walked.stage]
    assert (walked.owner is None) is (walked.stage in rules.TERMINAL)
    if walked.stage not in rules.TERMINAL | {Stage.DRAFT}:
        assert walked.step_due_at is not None, walked.stage
    assert (walked.finished_at is not None) is (walked.stage in rules.SETTLED)
    if walked.waiting_since == at and walked.stage in {Stage.SUBMITTED, Stage.APPROVED, Stage.MOVED, Stage.FLAGGED, Stage.RELEASED}:
        assert walked.step_due_at is not None
        assert walked.step_due_at > at
    if walked.stage in {Stage.RELEASED, Stage.FLAGGED}:
        assert walked.sending_school_id is not None
