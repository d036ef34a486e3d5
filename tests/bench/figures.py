"""A measured figure beside its reference of the same run."""

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


def rate(name: str, ours: float, reference: float, reach: float) -> Figure:
    """Compare two rates (requests a second): more is better."""
    return Figure(name, ours, reference, "requests/s", ours / reference, reach)
