"""Which requests are traced, and under whose ids."""

import re

import pytest

from libs.common.http.tracing import TRACEPARENT, continue_trace

NEW = 4_000


@pytest.mark.parametrize(("share", "least", "most"), [(0, 0, 0), (0.25, 800, 1_200), (1, NEW, NEW)])
def test_new_traces_are_sampled_by_their_share(share: float, least: int, most: int) -> None:
    assert least <= sum(continue_trace(None, "r", share).sampled for _ in range(NEW)) <= most


def test_new_traces_have_ids_of_their_own_that_go_on_as_a_header() -> None:
    made = [continue_trace(None, "r", 1) for _ in range(NEW)]
    assert len({one.trace_id for one in made}) == len({one.span_id for one in made}) == NEW
    assert all(TRACEPARENT.fullmatch(one.traceparent.encode()) for one in made)


@pytest.mark.parametrize(("flags", "sampled"), [("00", False), ("01", True), ("03", True)])
def test_a_callers_decision_is_followed_whatever_the_share(*, flags: str, sampled: bool) -> None:
    given = "00-" + "ab" * 16 + "-" + "cd" * 8 + "-" + flags
    for share in (0, 1):
        context = continue_trace(given.encode(), "r", share)
        assert (context.trace_id, context.sampled) == ("ab" * 16, sampled)
        assert context.span_id != "cd" * 8


@pytest.mark.parametrize("given", ["", "00-xyz", "01-" + "ab" * 16 + "-" + "cd" * 8 + "-01", "00-" + "AB" * 16 + "-" + "cd" * 8 + "-01"])
def test_what_is_no_traceparent_starts_a_new_trace(given: str) -> None:
    assert re.fullmatch("[0-9a-f]{32}", continue_trace(given.encode(), "r", 0).trace_id)
    assert continue_trace(given.encode(), "r", 0).trace_id.lower() != "ab" * 16
