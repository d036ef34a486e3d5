"""Pure: which cells of a table of counts must be kept back, so that no small count of people can be read or worked out.

The table is a tree of organisations by columns (levels of schooling): each organisation's cell is the sum of its children's, and each row
has its total. Every published sum is an equation. Take, for one organisation, its own row, its children's rows and the columns as points,
and cells kept back as lines between them: one and minus one in turn along a closed path change no sum. So in each row at least two cells
are kept back, and they are joined by others without that row: then what changes in one row can be made good in every table in which the
row stands, up and down the tree, and no cell can be worked out. Besides, what is kept back in one published sum never adds up to a small
number, nor does what nobody can tell of a sum once all that is published below it is taken off. Zero cells are not kept back by themselves:
which schools offer which level is known to everybody.
"""

import heapq
from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final, TypeVar

from libs.common.disclosure import SMALL

TOTAL: Final = "total"
OWN: Final = "own"
_OTHERS: Final = "others"
_TWO_ROWS: Final = 2

Row = Hashable
Key = TypeVar("Key", bound=Hashable)
Cell = tuple[Row, str]
Edge = tuple[Hashable, Hashable]
Near = dict[Hashable, list[tuple[int, Hashable, Edge]]]


@dataclass(frozen=True)
class Table:
    """Counts of a tree: `own` holds what rows count themselves, by column; `parents` names the parent of each row inside the tree."""

    parents: Mapping[Row, Row | None]
    own: Mapping[Row, Mapping[str, int]]
    children: dict[Row, list[Row]] = field(default_factory=dict)
    sums: dict[Cell, int] = field(default_factory=dict)
    _columns: dict[Row, set[str]] = field(default_factory=dict)

    @classmethod
    def of(cls, parents: Mapping[Key, Key | None], own: Mapping[Key, Mapping[str, int]]) -> "Table":
        """Add up the tree. What a row with children counts itself becomes a row of its own, `(row, OWN)`."""
        inner = set(parents.values())
        lifted: dict[Key, Row] = {key: (key, OWN) if key in inner else key for key in own}
        tree: dict[Row, Row | None] = dict(parents.items())
        tree.update({lifted[key]: key for key in own if lifted[key] != key})
        made = cls(tree, {lifted[key]: cells for key, cells in own.items()})
        for row, cells in made.own.items():
            made._add(row, cells)
        for row, parent in tree.items():
            if parent is not None and (row, TOTAL) in made.sums:
                made.children.setdefault(parent, []).append(row)
        return made

    def _add(self, row: Row, cells: Mapping[str, int]) -> None:
        place: Row | None = row
        while place is not None:
            for column, count in cells.items():
                for name in (column, TOTAL):
                    if count:
                        self.sums[place, name] = self.sums.get((place, name), 0) + count
                        self._columns.setdefault(place, set()).add(name)
            place = self.parents.get(place)

    def columns(self, row: Row) -> list[str]:
        """Return the columns in which a row counts anything, the total last."""
        return [*sorted(self._columns.get(row, set()) - {TOTAL}), TOTAL]

    @cached_property
    def equations(self) -> list["_Part"]:
        """Return what is added up with what: each organisation with its children, and roots without any by themselves."""
        return [_Part.under(self, row) for row in self.children] + [_Part.alone(self, row) for row in _lonely(self)]

    def left_open(self, cell: Cell, hidden: set[Cell], known: dict[Cell, int]) -> int:
        """Return how much of a cell nobody can tell: what is kept back of it once all published below it is taken off."""
        if cell not in hidden:
            return 0
        if cell not in known:
            row, column = cell
            below = [[(child, column) for child in self.children.get(row, ())]]
            if column == TOTAL:
                below.append([(row, one) for one in self.columns(row) if one != TOTAL])
            ways = [sum(self.left_open(one, hidden, known) for one in cells if one in self.sums) for cells in below if cells]
            known[cell] = min(ways, default=self.sums[cell])
        return known[cell]


def small(table: Table, threshold: int = SMALL) -> set[Cell]:
    """Return the cells that are small themselves."""
    return {cell for cell, count in table.sums.items() if count < threshold}


def kept_back(table: Table, start: Iterable[Cell], threshold: int = SMALL) -> frozenset[Cell]:
    """Return the cells to keep back, beginning with these, until none of them can be worked out from what is published."""
    hidden = {cell for cell in start if cell in table.sums}
    while True:
        before = len(hidden)
        for part in table.equations:
            part.close(hidden, threshold)
        if len(hidden) == before:
            return frozenset(hidden)


def _lonely(table: Table) -> list[Row]:
    """Return the roots without children: their only equation is their own total."""
    return [row for row, parent in table.parents.items() if parent is None and row not in table.children and (row, TOTAL) in table.sums]


@dataclass(frozen=True)
class _Part:
    """One organisation with its children: the sums of its columns, which stand in its own row, `margin`, and of all rows."""

    table: Table
    cells: Mapping[Cell, int]
    margin: Row | None
    unknown: tuple[Edge, ...] = ()

    @classmethod
    def under(cls, table: Table, row: Row) -> "_Part":
        rows = [*table.children[row], row]
        columns = table.columns(row)
        cells = {(one, column): table.sums[one, column] for one in rows for column in columns if (one, column) in table.sums}
        return cls(table, cells, row)

    @classmethod
    def alone(cls, table: Table, row: Row) -> "_Part":
        """Return a row whose columns are added up with others nobody publishes."""
        cells = {(row, column): table.sums[row, column] for column in table.columns(row)}
        return cls(table, cells, None, tuple((_OTHERS, column) for _, column in cells))

    def close(self, hidden: set[Cell], threshold: int) -> None:
        """Add cells until no cell of this part can be worked out, and none of its sums leaves a small rest."""
        before = -1 if not hidden.isdisjoint(self.cells) else len(hidden)
        while before != len(hidden):
            before = len(hidden)
            self._fill(hidden, threshold)
            held, common = self._held(hidden), self._common(hidden)
            for row, cells in self._rows.items():
                for start, goal, barred in _to_join(row, [cell for cell in cells if cell in hidden]):
                    if common[start, goal] < _TWO_ROWS and not _joined(held, start, goal, barred):
                        hidden |= self.cells.keys() & set(_cheapest(self._priced(hidden), start, goal, barred))
                        held = self._held(hidden)

    def _common(self, hidden: set[Cell]) -> Counter[tuple[Hashable, Hashable]]:
        """Return how many rows have both of two columns kept back: two rows join them, whichever of the rows is left out."""
        kept = ([column for row, column in cells if (row, column) in hidden] for cells in self._rows.values())
        return Counter((columns[0], other) for columns in kept for other in columns[1:])

    def _held(self, hidden: set[Cell]) -> Near:
        """Return what is kept back already, as lines that cost nothing."""
        return _near((edge, 0) for edge in (*(cell for cell in self.cells if cell in hidden), *self.unknown))

    def _priced(self, hidden: set[Cell]) -> Near:
        """Return all lines; keeping back one more costs what it counts."""
        costs: list[tuple[Edge, int]] = [(cell, 0 if cell in hidden else count) for cell, count in self.cells.items()]
        return _near((*costs, *((edge, 0) for edge in self.unknown)))

    def _fill(self, hidden: set[Cell], threshold: int) -> None:
        """Where a published sum has a small rest kept back, keep back the next smallest cell too, or else the sum."""
        known: dict[Cell, int] = {}
        for inside, total in self._sums:
            if total in hidden or not 0 < sum(self.table.left_open(cell, hidden, known) for cell in inside) < threshold:
                continue
            others = sorted((self.cells[cell], str(cell), cell) for cell in inside if cell not in hidden)
            hidden.add(others[0][2] if others else total)

    @cached_property
    def _rows(self) -> dict[Row, list[Cell]]:
        rows: dict[Row, list[Cell]] = {}
        for cell in self.cells:
            rows.setdefault(cell[0], []).append(cell)
        return rows

    @cached_property
    def _sums(self) -> list[tuple[list[Cell], Cell]]:
        across: dict[Cell, list[Cell]] = {}
        down: dict[Cell, list[Cell]] = {}
        for cell in self.cells:
            row, column = cell
            if column != TOTAL:
                across.setdefault((row, TOTAL), []).append(cell)
            if self.margin is not None and row != self.margin:
                down.setdefault((self.margin, column), []).append(cell)
        return [(cells, total) for sums in (across, down) for total, cells in sums.items()]


def _to_join(row: Row, kept: Sequence[Cell]) -> Iterator[tuple[Hashable, Hashable, Callable[[Edge], bool]]]:
    """Yield what must be joined for the cells kept back in a row: their columns without the row; of a single cell, its two ends."""
    if len(kept) == 1:
        yield kept[0][1], row, lambda edge: edge == kept[0]
    for cell in kept[1:]:
        yield kept[0][1], cell[1], lambda edge: edge[0] == row


def _near(edges: Iterable[tuple[Edge, int]]) -> Near:
    near: Near = {}
    for edge, cost in edges:
        for here, there in (edge, edge[::-1]):
            near.setdefault(here, []).append((cost, there, edge))
    return near


def _joined(near: Near, start: Hashable, goal: Hashable, barred: Callable[[Edge], bool]) -> bool:
    """Tell whether there is a path; depth first, since most ends are two steps apart."""
    stack, seen = [start], {start}
    while stack:
        for _, there, edge in near.get(stack.pop(), ()):
            if there not in seen and not barred(edge):
                if there == goal:
                    return True
                seen.add(there)
                stack.append(there)
    return False


def _cheapest(near: Near, start: Hashable, goal: Hashable, barred: Callable[[Edge], bool]) -> list[Edge]:
    """Return the edges of the cheapest path (Dijkstra); none where there is no path."""
    queue: list[tuple[int, int, Hashable]] = [(0, 0, start)]
    came: dict[Hashable, tuple[Hashable, Edge] | None] = {start: None}
    best, order, done = {start: 0}, 0, set[Hashable]()
    while queue:
        cost, _, place = heapq.heappop(queue)
        if place == goal:
            break
        if place in done:
            continue
        done.add(place)
        for more, there, edge in near.get(place, ()):
            if cost + more < best.get(there, cost + more + 1) and not barred(edge):
                order += 1
                best[there], came[there] = cost + more, (place, edge)
                heapq.heappush(queue, (cost + more, order, there))
    path, step = [], came.get(goal)
    while step is not None:
        path.append(step[1])
        step = came[step[0]]
    return path
