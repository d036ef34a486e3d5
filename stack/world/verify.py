"""Compares every figure that a world's plan prints, in numbers or words, with what insight computes from records."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

from rich import box
from rich.console import Group
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from stack.world import catalogue, printed
from stack.world.client import Gateway

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from stack.world.client import WorldTarget
    from stack.world.printed import Printed

AGREES = "agrees"
EXPLAINED = "explained"
DIFFERS = "differs"
NOT_MEASURED = "not yet measured"
MISREAD = "misread by insight"
PLANNED = "planned"
WIDTH = 80
FIGURE_WIDTH, PART_WIDTH = 34, 32
STATE_WIDTH = 18
STYLES = {AGREES: "green", EXPLAINED: "yellow", DIFFERS: "bold red", MISREAD: "bold red"}


@dataclass(frozen=True, slots=True)
class Row:
    """One figure: as printed in the plan, as computed from records (None: no records behind it), and what that means."""

    figure: str
    printed: Printed
    computed: Printed | None
    state: str
    holds: bool
    explanation: str | None = None
    explanation_en: str | None = None


@dataclass(frozen=True, slots=True)
class Verification:
    """The comparison of a whole plan."""

    plan: str
    organisation: str
    rows: tuple[Row, ...]
    contradictions: tuple[str, ...] = field(default=())

    @classmethod
    def of(cls, document: Mapping[str, Any]) -> Verification:
        """Return the comparison that `to_json` wrote."""
        rows = tuple(Row(**row) for row in document["rows"])
        return cls(document["plan"], document["organisation"], rows, tuple(document["contradictions"]))

    @property
    def clean(self) -> bool:
        """Whether no figure differs unexplained and none that can be answered is missing."""
        return all(row.holds for row in self.rows)

    @property
    def exit_code(self) -> int:
        """Return 0 when clean, else 1."""
        return 0 if self.clean else 1

    def to_json(self) -> str:
        """Return the comparison as JSON."""
        return json.dumps(asdict(self) | {"clean": self.clean}, ensure_ascii=False, indent=2)

    def table(self) -> Table:
        """Return the comparison for a terminal of 80 columns."""
        table = Table(title=f"{self.plan} · {self.organisation}", box=box.SIMPLE, width=WIDTH, title_justify="left", padding=(0, 1))
        table.add_column("figure", ratio=1, overflow="fold")
        table.add_column("printed", justify="right", no_wrap=True)
        table.add_column("computed", justify="right", no_wrap=True)
        table.add_column("state", width=STATE_WIDTH, overflow="fold")
        for row in self.rows:
            computed = "–" if row.computed is None else str(row.computed)
            table.add_row(_broken(row.figure), str(row.printed), computed, row.state, style=STYLES.get(row.state, "dim"))
        return table

    def told(self) -> Group:
        """Return what people see: the table, why printed figures cannot come out, and one line of counts."""
        return Group(self.table(), *self._explanations(), self.summary())

    def summary(self) -> str:
        """Return one line: how many figures agree, are explained, differ, or wait for records."""
        counts = {state: sum(row.state == state for row in self.rows) for state in (AGREES, EXPLAINED, DIFFERS, MISREAD, NOT_MEASURED)}
        return " · ".join(f"{number} {state}" for state, number in counts.items() if number)

    def _explanations(self) -> Iterator[Padding]:
        """Yield each contradiction of the plan once, with its figures."""
        concerned: dict[tuple[str, str], list[str]] = {}
        for row in self.rows:
            if row.state == EXPLAINED and row.explanation:
                concerned.setdefault((row.explanation, row.explanation_en or ""), []).append(row.figure)
        for (vi, en), figures in concerned.items():
            yield Padding(Text("\n".join((", ".join(figures), vi, en)), style=STYLES[EXPLAINED]), (0, 2, 1, 2))


def _broken(figure: str) -> str:
    """Return a long dotted name on two lines, cut at its last dot; a part that is too long for one is cut between words."""
    if len(figure) <= FIGURE_WIDTH:
        return figure
    head, dot, tail = figure.rpartition(".")
    cut = len(tail) if len(tail) <= PART_WIDTH else tail.rfind("_", 0, PART_WIDTH) + 1
    return "\n  ".join(part for part in (head + dot, tail[:cut], tail[cut:]) if part)


async def verify(installation: WorldTarget, name: str) -> Verification:
    """Fetch insight's comparison through the gateway and judge it against the facts. Raises GatewayError."""
    world = catalogue.build(name)
    path = f"/insight/v1/plans/{world.plan}/comparison"
    async with Gateway(installation) as gateway:
        document = await gateway.get(path, params={"organisation": world.subject_code})
    rows = judge(printed.figures(world.plan), document["figures"])
    return Verification(world.plan, world.subject_code, tuple(rows), tuple(printed.contradictions(world.plan)))


def judge(expected: Mapping[str, Printed], answers: Sequence[Mapping[str, Any]]) -> list[Row]:
    """Judge every row of insight's comparison that speaks of the present, in the plan's order, and name what it leaves out.

    `expected` is what the plan prints, in the dotted names of the rows (`part.indicator`). Rows that it lacks, which insight reads out of
    the plan's own contradictions, are judged by what insight says is printed.
    """
    present = [answer for answer in answers if answer["figure"] in expected or answer["state"] != PLANNED]
    rows = [_row(str(answer["figure"]), expected.get(answer["figure"], answer["printed"]), answer) for answer in present]
    told = {row.figure for row in rows}
    rows += [_row(figure, value, {}) for figure, value in expected.items() if figure not in told]
    places = {figure: place for place, figure in enumerate(expected)}
    return sorted(rows, key=lambda row: places.get(row.figure, len(places)))


def _row(figure: str, value: Printed, answer: Mapping[str, Any]) -> Row:
    computed = _computed(value, answer)
    words = {name: answer.get(name) for name in ("explanation", "explanation_en")}
    if answer and answer["printed"] != value:
        return Row(figure, value, computed, MISREAD, holds=False, **words)
    if computed is None:
        return Row(figure, value, None, NOT_MEASURED, holds=not printed.answerable(figure), **words)
    if computed == value and answer["state"] != DIFFERS:
        return Row(figure, value, computed, AGREES, holds=True)
    explained = answer["state"] == EXPLAINED and bool(words["explanation"])
    return Row(figure, value, computed, EXPLAINED if explained else DIFFERS, holds=explained, **words)


def _computed(value: Printed, answer: Mapping[str, Any]) -> Printed | None:
    """Return what stands beside a printed figure; beside words the same words when they are true, else the number that belies them."""
    if not isinstance(value, str):
        return answer.get("computed")
    return answer.get("computed_text") or answer.get("exact")
