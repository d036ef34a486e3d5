"""The transition table: everything that is allowed, and nothing else; every wait has an owner and an end."""

from itertools import product

import pytest

from services.egov.clock.rulebook import rulebook
from services.egov.dossiers import rules
from services.egov.dossiers.events import KINDS, attempt_id, parse_attempt
from services.egov.dossiers.rules import Action, Counted, Side, Stage
from tests.egov.conftest import identity

# Written by hand beside the table, as the facts describe the procedure: stage, what may happen there, where it leads.
ALLOWED = """
draft: edit draft, submit submitted, withdraw withdrawn
submitted: reject not_received, request_supplement supplement_at_intake, receive received, withdraw withdrawn
supplement_at_intake: edit supplement_at_intake, supplement submitted, withdraw withdrawn, close closed
received: request_supplement supplement_while_handling, postpone received, approve approved, refuse refused, withdraw withdrawn
supplement_while_handling: edit supplement_while_handling, supplement received, withdraw withdrawn, close closed
approved: release released, take_records moved, stop stopped
released: execute moved, flag flagged
flagged: retry released, stop stopped
moved: assign assigned
assigned: return returned
refused: return returned
"""


def expected() -> dict[tuple[str, str], str]:
    found = {}
    for line in ALLOWED.strip().splitlines():
        stage, _, actions = line.partition(": ")
        for one in actions.split(", "):
            action, target = one.split()
            found[stage, action] = target
    return found


@pytest.mark.parametrize(("stage", "action"), list(product(Stage, Action)))
def test_every_pair_of_stage_and_action(stage: Stage, action: Action) -> None:
    assert rules.target(stage, action) == expected().get((stage, action))


def test_the_tables_cover_every_stage_and_action() -> None:
    assert set(rules.STATUS) == set(Stage)
    assert set(rules.MAY) == set(KINDS) == set(Action)
    assert set(rules.WAITS) == set(Stage) - rules.TERMINAL
    assert {status for status in rules.STATUS.values() if status} <= set(rulebook().statuses)
    for stage in rules.TERMINAL:
        assert rules.possible(stage) == []
    for stage in set(Stage) - rules.TERMINAL:
        assert rules.possible(stage), stage


def test_every_wait_has_an_owner_and_but_for_drafts_an_end() -> None:
    for stage, wait in rules.WAITS.items():
        assert wait.owner is not None, stage
        assert (wait.counted is Counted.NOT_AT_ALL) is (stage is Stage.DRAFT), stage
        if wait.rule in rulebook().items:
            assert rulebook().items[wait.rule].value == wait.value, stage


def test_terminal_stages_have_terminal_status_codes_of_the_national_portal() -> None:
    for stage in rules.TERMINAL:
        status = rules.STATUS[stage]
        assert status is not None
        assert rulebook().statuses[status].terminal, stage
    assert rules.STATUS[Stage.SUPPLEMENT_AT_INTAKE] == 5


def test_nobody_but_the_registry_executes_and_nobody_but_the_calendar_closes() -> None:
    assert rules.MAY[Action.EXECUTE] == rules.MAY[Action.FLAG] == {Side.REGISTRY}
    assert rules.MAY[Action.CLOSE] == {Side.CALENDAR}
    assert rules.MAY[Action.RELEASE] == {Side.SENDING}


def test_attempts_have_ids_of_their_own() -> None:
    dossier = identity("x")
    assert attempt_id(dossier, 1) == str(dossier)
    assert [parse_attempt(attempt_id(dossier, attempt)) for attempt in (1, 2, 13)] == [(dossier, 1), (dossier, 2), (dossier, 13)]
    assert parse_attempt("H-1") is None
