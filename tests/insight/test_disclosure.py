"""Small counts of people can neither be read nor worked out: checked against all published sums as one system of equations."""

from collections.abc import Iterator, Mapping
from fractions import Fraction

from hypothesis import given, settings
from hypothesis import strategies as st

from libs.common.disclosure import SMALL
from services.insight.indicators.disclosure import OWN, TOTAL, Cell, Row, Table, kept_back, small

COLUMNS = ("primary", "lower", "upper")
Equation = dict[Cell, int]


@st.composite
def tables(draw: st.DrawFn) -> Table:
    """A tree of up to three floors with counts that are often small or zero."""
    parents: dict[Row, Row | None] = {"P": None}
    for commune in range(draw(st.integers(0, 3))):
        parents[f"C{commune}"] = "P"
        parents |= {f"S{commune}{school}": f"C{commune}" for school in range(draw(st.integers(0, 3)))}
    count = st.one_of(st.just(0), st.integers(1, 6), st.integers(7, 90))
    own = {row: {column: draw(count) for column in COLUMNS} for row in parents if row != "P" or len(parents) == 1 or draw(st.booleans())}
    return Table.of(parents, own)


def _of(parents: Mapping[str, str | None], own: Mapping[str, Mapping[str, int]]) -> Table:
    return Table.of(parents, own)


def equations(table: Table) -> Iterator[Equation]:
    """Yield every published sum: of each row, and of each column of each organisation."""
    for row in {row for row, _ in table.sums}:
        yield {(row, column): 1 for column in table.columns(row) if column != TOTAL} | {(row, TOTAL): -1}
    for row, children in table.children.items():
        for column in table.columns(row):
            yield {(child, column): 1 for child in children if (child, column) in table.sums} | {(row, column): -1}


def worked_out(table: Table, hidden: frozenset[Cell]) -> set[Cell]:
    """Return the hidden cells that the published ones determine: those alone in a row of the reduced echelon form."""
    pivots: list[dict[Cell, Fraction]] = []
    for equation in equations(table):
        rest = {cell: Fraction(factor) for cell, factor in equation.items() if cell in hidden}
        for pivot in pivots:
            rest = _minus(rest, pivot, rest.get(next(iter(pivot)), Fraction(0)))
        if rest:
            lead = next(iter(rest))
            added = {cell: value / rest[lead] for cell, value in rest.items()}
            pivots = [*(_minus(pivot, added, pivot.get(lead, Fraction(0))) for pivot in pivots), added]
    return {next(iter(pivot)) for pivot in pivots if len(pivot) == 1}


def _minus(row: dict[Cell, Fraction], other: dict[Cell, Fraction], factor: Fraction) -> dict[Cell, Fraction]:
    found = {cell: row.get(cell, Fraction(0)) - factor * other.get(cell, Fraction(0)) for cell in {**row, **other}}
    return {cell: value for cell, value in found.items() if value}


@given(tables())
@settings(max_examples=300, deadline=None)
def test_no_cell_kept_back_can_be_worked_out(table: Table) -> None:
    hidden = kept_back(table, small(table))
    assert {cell for cell, count in table.sums.items() if count < SMALL} <= hidden
    assert worked_out(table, hidden) == set()


@given(tables())
@settings(max_examples=200, deadline=None)
def test_no_published_sum_leaves_a_small_rest(table: Table) -> None:
    hidden = kept_back(table, small(table))
    for equation in equations(table):
        total = next(cell for cell, factor in equation.items() if factor < 0)
        rest = [table.sums[cell] for cell, factor in equation.items() if factor > 0 and cell in hidden]
        assert total in hidden or not rest or sum(rest) >= SMALL


@given(tables())
@settings(max_examples=100, deadline=None)
def test_nothing_is_kept_back_without_a_small_count(table: Table) -> None:
    start = small(table)
    assert bool(kept_back(table, start)) == bool(start)


def test_the_oracle_finds_what_a_lone_cell_gives_away() -> None:
    table = _of({"P": None, "A": "P", "B": "P"}, {"A": {"primary": 3}, "B": {"primary": 50, "lower": 40}})
    assert worked_out(table, frozenset({("A", "primary"), ("A", TOTAL)}))


def test_the_cheapest_neighbour_is_kept_back_too() -> None:
    table = Table.of({"P": None, "A": "P", "B": "P", "C": "P"}, {"A": {"primary": 3}, "B": {"primary": 50}, "C": {"primary": 40}})
    assert {row for row, _ in kept_back(table, small(table))} == {"A", "C"}


def test_what_an_office_counts_itself_is_a_row_of_its_own() -> None:
    table = _of({"P": None, "A": "P"}, {"P": {"-": 2}, "A": {"-": 30}})
    assert {(("P", OWN), "-"), ("A", "-")} <= kept_back(table, small(table))
