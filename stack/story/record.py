"""What was told: the steps with their people, facts and events, as JSON and as lines for a terminal."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from textwrap import wrap
from typing import Any

WIDTH = 80
MARGIN = " " * 6


@dataclass(frozen=True, slots=True)
class Caused:
    """One event that a step caused."""

    topic: str
    type: str
    key: str
    event_id: str


@dataclass(slots=True)
class Step:
    """One step: whose tokens were used (user names), what came of it, how long it took; `error` says what is missing."""

    name: str
    vi: str
    en: str
    people: list[str] = field(default_factory=list)
    facts: dict[str, Any] = field(default_factory=dict)
    events: list[Caused] = field(default_factory=list)
    seconds: float = 0.0
    error: str | None = None


@dataclass(slots=True)
class Told:
    """The whole story as far as it went."""

    world: str
    steps: list[Step] = field(default_factory=list)
    seconds: float = 0.0

    @property
    def missing(self) -> str | None:
        """Return the name of the step that did not come to its end, or None."""
        return next((step.name for step in self.steps if step.error), None)

    def as_json(self) -> dict[str, Any]:
        """Return everything for a program."""
        return {
            "world": self.world,
            "complete": self.missing is None,
            "missing": self.missing,
            "seconds": round(self.seconds, 2),
            "steps": [asdict(step) | {"seconds": round(step.seconds, 2)} for step in self.steps],
        }


def lines(number: int, step: Step) -> list[str]:
    """Return a step as lines of text that fit into a terminal of 80 columns: what, who, what came of it, the events it caused."""
    head = f"{'✗' if step.error else '✓'} {number:>2}. {step.vi}"
    told = [step.en, f"[{', '.join(step.people)}]"]
    told += [f"{name}: {value}" for name, value in step.facts.items()]
    told += [f"→ {event.type}  {event.key}" for event in step.events]
    told += [step.error] if step.error else []
    return [f"{head:<{WIDTH - 8}}{step.seconds:>6.2f} s", *(line for text in told for line in _wrapped(text))]


def _wrapped(text: str) -> list[str]:
    """Return a text as indented lines; an id is never broken."""
    return wrap(text, WIDTH, initial_indent=MARGIN, subsequent_indent=MARGIN + "  ", break_long_words=False, break_on_hyphens=False)
