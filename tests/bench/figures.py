"""A measured figure beside its reference of the same run."""

import statistics
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Figure:
    """`ratio` is what `reach` speaks of; `at_least` tells in which direction."""

    name: str
    ours: float
    reference: float
    unit: str
    ratio: float
    reach: float
    at_least: bool = True

    @property
    def holds(self) -> bool:
        """Tell whether the figure is reached."""
        return self.ratio >= self.reach if self.at_least else self.ratio <= self.reach

    def row(self) -> dict[str, Any]:
        """Return the figure as build/bench.json has it."""
        fields = asdict(self)
        fields.pop("at_least")
        return {name: round(value, 3) if isinstance(value, float) else value for name, value in fields.items()} | {"holds": self.holds}


Pairs = Sequence[tuple[float, float]]
"""Ours and the reference's, round by round."""


def rate(name: str, pairs: Pairs, reach: float, unit: str = "requests/s") -> Figure:
    """Compare rates: more is better. The ratio is the median of the rounds' ratios."""
    return Figure(name, *_middles(pairs), unit, _middle(ours / reference for ours, reference in pairs), reach)


def duration(name: str, pairs: Pairs, reach: float, unit: str = "s") -> Figure:
    """Compare times: less is better. The ratio is the median of the rounds' ratios."""
    return Figure(name, *_middles(pairs), unit, _middle(ours / reference for ours, reference in pairs), reach, at_least=False)


def _middles(pairs: Pairs) -> tuple[float, float]:
    return _middle(ours for ours, _ in pairs), _middle(reference for _, reference in pairs)


def _middle(values: Iterable[float]) -> float:
    return statistics.median(values)
