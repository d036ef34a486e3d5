"""The transition table: everything that is allowed, and nothing else; every wait has an owner and an end."""

from itertools import product

import pytest
from pydantic import SecretStr

from libs.common.openapi import permissions
from services.egov.clock.rulebook import rulebook
from services.egov.dossiers import rules
from services.egov.dossiers.events import attempt_id, parse_attempt
from services.egov.dossiers.rules import Action, Counted, Side, Stage
from services.egov.main import SERVICE
from services.egov.settings import EgovSettings
from tests.egov.conftest import identity

# Written by hand beside the table, as the facts describe the procedure: stage, what may happen there, where it leads.
ALLOWED = """
draft: edit draft, submit submitted, withdraw withdrawn
submitted: edit submitted, reject not_received, request_supplement supplement_at_intake, receive received, withdraw withdrawn
supplement_at_intake: edit supplement_at_intake, supplement submitted, withdraw withdrawn, close closed
received: edit received, request_supplement supplement_while_handling, postpone received, approve approved, refuse refused,\
 withdraw withdrawn
supplement_while_handling: edit supplement_while_handling, supplement received, withdraw withdrawn, close closed
approved: release released, stop stopped
released: execute moved, flag flagged
flagged: retry released, stop stopped
moved: assign assigned, stop stopped
assigned: return returned
refused: return returned
"""
# What differs where no school of the province releases the learner, and where the dossier did not come online.
OUTSIDE = {("approved", "take_records"): "moved", ("approved", "release"): None}
COUNTER = {("submitted", "edit"): None, ("received", "edit"): None}


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
    usual = expected().get((stage, action))
    assert rules.target(stage, action, outside=False, online=True) == usual
    assert rules.target(stage, action, outside=True, online=True) == OUTSIDE.get((stage, action), usual)
    assert rules.target(stage, action, outside=False, online=False) == COUNTER.get((stage, action), usual)


def test_the_tables_cover_every_stage_and_action() -> None:
    assert set(rules.STATUS) == set(Stage)
    assert list(rules.ACTIONS) == list(Action)
    assert set(rules.WAITS) == set(Stage) - rules.TERMINAL
    assert {status for status in rules.STATUS.values() if status} <= set(rulebook().statuses)
    left = {stage for deed in rules.ACTIONS.values() for stage in deed.leads}
    assert left == set(Stage) - rules.TERMINAL


def test_who_acts_by_which_permission() -> None:
    for action, deed in rules.ACTIONS.items():
        assert (deed.permission is None) is (not deed.sides & {Side.APPLICANT, Side.RECEIVING, Side.SENDING}), action
        assert (deed.permission == rules.FILE) is (Side.APPLICANT in deed.sides), action
    paths = {f"/egov/v1/dossiers/{{dossier_id}}/{action.replace('_', '-')}": deed.permission for action, deed in rules.ACTIONS.items()}
    paths |= {"/egov/v1/dossiers/{dossier_id}": rules.FILE}
    unused = SecretStr("postgresql://unused")
    app = SERVICE.app(EgovSettings(database_url=unused, bus_url=unused, issuer="unused", jwks_url="unused"))
    asked = {
        route.path_format: permission
        for route, permission in permissions(app)
        if "{dossier_id}" in route.path_format and "GET" not in (route.methods or ())
    }
    assert asked == {path: permission for path, permission in paths.items() if permission and not path.endswith("/edit")}


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
    sides = {action: deed.sides for action, deed in rules.ACTIONS.items()}
    assert sides[Action.EXECUTE] == sides[Action.FLAG] == {Side.REGISTRY}
    assert sides[Action.CLOSE] == {Side.CALENDAR}
    assert sides[Action.RELEASE] == {Side.SENDING}


def test_attempts_have_ids_of_their_own() -> None:
    dossier = identity("x")
    assert attempt_id(dossier, 1) == str(dossier)
    assert [parse_attempt(attempt_id(dossier, attempt)) for attempt in (1, 2, 13)] == [(dossier, 1), (dossier, 2), (dossier, 13)]
    assert parse_attempt("H-1") is None


@pytest.mark.parametrize(
    ("levels", "grade", "level", "taught"),
    [
        (None, 5, "primary", True),
        (["primary"], 5, "primary", True),
        (["preschool"], 5, "primary", False),
        (["primary"], 6, "primary", False),
        (["preschool"], None, "preschool", True),
        (["preschool"], 0, None, True),
        (["continuing"], 7, "continuing", True),
        (["continuing"], 7, None, True),
        (["continuing"], 7, "lower_secondary", False),
        ([], 5, "primary", True),
    ],
)
def test_a_school_teaches_its_levels(levels: list[str] | None, grade: int | None, level: str | None, taught: bool) -> None:  # noqa: FBT001 - a parameter of the case
    assert rules.is_taught(levels, grade, level) is taught


@pytest.mark.parametrize(
    ("grade", "level", "class_grade", "class_level", "code"),
    [
        (5, "primary", 5, "primary", None),
        (1, "primary", 5, "primary", "class_grade"),
        (5, "primary", None, "primary", None),
        (5, "primary", 6, "lower_secondary", "class_level"),
        (None, "preschool", 0, "preschool", None),
        (7, None, 7, "continuing", None),
        (7, "lower_secondary", 7, "continuing", "class_level"),
    ],
)
def test_a_class_takes_its_own_level_and_grade(
    grade: int | None, level: str | None, class_grade: int | None, class_level: str, code: str | None
) -> None:
    assert rules.class_misfit(grade, level, class_grade, class_level) == code
