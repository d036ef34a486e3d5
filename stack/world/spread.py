"""Exact division of printed totals over many receivers, by weight, within bounds, always the same way."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence


def spread(total: int, weights: Sequence[float], least: int = 0, caps: Sequence[int] | None = None) -> list[int]:
    """Return one number for each weight, all together exactly `total`, none below `least` or above its cap.

    Largest remainders get what rounding leaves. Raises ValueError when the bounds leave no way.
    """
    limits = list(caps) if caps is not None else [total] * len(weights)
    parts = [min(least, limit) for limit in limits]
    rest = total - sum(parts)
    if rest < 0 or total > sum(limits):
        message = f"{total} cannot be spread over {len(weights)} receivers within their bounds"
        raise ValueError(message)
    while rest:
        open_ones = [index for index in range(len(parts)) if parts[index] < limits[index]]
        whole = sum(weights[index] for index in open_ones)
        shares = {index: rest * weights[index] / whole for index in open_ones}
        for index in open_ones:
            parts[index] += min(int(shares[index]), limits[index] - parts[index])
        rest = total - sum(parts)
        for index in sorted(open_ones, key=lambda place: (int(shares[place]) - shares[place], place)):
            if rest and parts[index] < limits[index]:
                parts[index] += 1
                rest -= 1
    return parts


def flags(count: int, marked: int) -> Iterator[bool]:
    """Yield `count` flags of which exactly `marked` are set, evenly."""
    for index in range(count):
        yield (index + 1) * marked // count > index * marked // count
