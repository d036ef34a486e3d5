"""Sums are met exactly and bounds kept."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stack.world.spread import flags, spread


@given(st.integers(0, 5000), st.lists(st.floats(0.1, 100), min_size=1, max_size=60))
def test_the_parts_add_up(total: int, weights: list[float]) -> None:
    parts = spread(total, weights)
    assert sum(parts) == total
    assert min(parts) >= 0


@given(st.lists(st.integers(1, 40), min_size=1, max_size=40), st.data())
def test_bounds_are_kept(caps: list[int], data: st.DataObject) -> None:
    total = data.draw(st.integers(len(caps), sum(caps)))
    parts = spread(total, caps, 1, caps)
    assert sum(parts) == total
    assert all(1 <= part <= cap for part, cap in zip(parts, caps, strict=True))


def test_what_cannot_be_is_refused() -> None:
    with pytest.raises(ValueError, match="cannot be spread"):
        spread(3, [1.0, 1.0], 2)
    with pytest.raises(ValueError, match="cannot be spread"):
        spread(9, [1.0, 1.0], 0, [4, 4])


@given(st.integers(1, 3000), st.data())
def test_as_many_flags_as_asked_for(count: int, data: st.DataObject) -> None:
    marked = data.draw(st.integers(0, count))
    assert sum(flags(count, marked)) == marked
