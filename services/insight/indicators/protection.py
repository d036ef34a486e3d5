"""What is kept from callers who may not see people: small counts of people, and whatever would give one away.

Decided on the whole tree that the caller may read, not on the part that was asked for: so two questions never answer a third. The people
who are left over when one indicator is taken from another (catalogue.yaml: `sums`, `within`, `share`) are a table like any other, kept back
where the indicator is that yields: the part that lies within another, or the whole of parts. A whole is kept back wherever one of its parts
is, so what changes in a part can be made good in its wholes, and no sum tells of it.

Out of reach: two callers who put their answers together, differences between two days, and what is only bounded, not worked out (a number
that is kept back lies between its told parts and its told whole).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from uuid import UUID

from services.insight.indicators.catalogue import Catalogue, Difference, Indicator
from services.insight.indicators.disclosure import OWN, TOTAL, Cell, Table, kept_back, small
from services.insight.indicators.ledger import Ledger, Tally

NO_LEVEL = "-"


@dataclass(frozen=True)
class Suppression:
    """The protection of one answer: `whole` is the ledger of the topmost organisation that the caller may read, `root` is asked for."""

    catalogue: Catalogue
    whole: Ledger
    root: UUID
    _hidden: dict[str, tuple[Table, frozenset[Cell]]] = field(default_factory=dict, repr=False, compare=False)
    _counted: dict[str, list[tuple[int, str, int]]] = field(default_factory=dict, repr=False, compare=False)

    def hides(self, indicator: Indicator, level: str | None, organisation_id: UUID | None) -> bool:
        """Tell whether an organisation's own count is suppressed; without an organisation, the figure itself.

        A need of all levels falls with each level of whom it tells of: of one without a norm it is the other's alone.
        """
        whom = self.catalogue.get(indicator.tells_of) if indicator.tells_of else indicator
        if not self.catalogue.personal(whom):
            return False
        table, hidden = self._kept_back(whom)
        row = self._numbers[self.root if organisation_id is None else organisation_id]
        place = (row, OWN) if organisation_id is not None and (row, OWN) in table.parents else row
        if level is None and whom is indicator:
            return (place, TOTAL) in hidden
        return any((place, column) in hidden for column in self._columns if level is None or level in column.split("+"))

    def _kept_back(self, indicator: Indicator) -> tuple[Table, frozenset[Cell]]:
        """Return an indicator's table and what is kept back of it: where it counts few people, or tells of few, or a part is kept back."""
        if indicator.key not in self._hidden:
            group = self.catalogue.together_with(indicator)
            keys = {one.key for one in group}
            counted = {one.key: self._table(Difference((one.key,))) for one in group}
            over = [found for one in group for found in self.catalogue.differences(one)]
            open_anyway = [self._union(found.names - keys) for found in over]
            tables = [*((table, frozenset()) for table in counted.values()), *zip(map(self._table, over), open_anyway, strict=True)]
            start = {cell for table, elsewhere in tables for cell in small(table) - elsewhere}
            start |= self._union({part.key for one in group for part in self.catalogue.summed(one)} - keys)
            hidden = self._closed(tables, frozenset(start))
            self._hidden.update({key: (table, hidden) for key, table in counted.items()})
        return self._hidden[indicator.key]

    def _union(self, keys: Iterable[str]) -> frozenset[Cell]:
        """Return what is kept back of any of these indicators."""
        return frozenset[Cell]().union(*(self._kept_back(self.catalogue.get(key))[1] for key in keys))

    @staticmethod
    def _closed(tables: Sequence[tuple[Table, frozenset[Cell]]], start: frozenset[Cell]) -> frozenset[Cell]:
        """Return what is kept back in all tables alike; each comes with what cannot be worked out of it anyway."""
        hidden = start
        while True:
            grown = hidden.union(*(kept_back(table, hidden | elsewhere) - elsewhere for table, elsewhere in tables))
            if grown == hidden:
                return hidden
            hidden = grown

    def _table(self, difference: Difference) -> Table:
        """Return the counts of indicators, those of others taken off."""
        own: dict[int, dict[str, int]] = {}
        for keys, sign in ((difference.more, 1), (difference.less, -1)):
            for row, column, count in (cell for key in keys for cell in self._cells(self.catalogue.get(key))):
                cells = own.setdefault(row, {})
                cells[column] = cells.get(column, 0) + sign * count
        return Table.of(self._parents, {row: {column: max(0, count) for column, count in cells.items()} for row, cells in own.items()})

    def _cells(self, indicator: Indicator) -> list[tuple[int, str, int]]:
        """Return what organisations count themselves, by level; records without a level under all levels of their organisation."""
        if indicator.key not in self._counted:
            measures = indicator.of or (str(indicator.measure),)
            tallies = [tally for measure in measures for tally in self.whole.by_measure.get(measure, ())]
            numbers, owner = self._numbers, self.whole.owner
            self._counted[indicator.key] = [(numbers[owner(one.organisation_id)], self._column(one), one.count) for one in tallies]
        return self._counted[indicator.key]

    def _column(self, tally: Tally) -> str:
        return tally.level or "+".join(sorted(self.whole.organisations[self.whole.owner(tally.organisation_id)].levels)) or NO_LEVEL

    @cached_property
    def _columns(self) -> frozenset[str]:
        return frozenset(map(self._column, self.whole.tallies))

    @cached_property
    def _numbers(self) -> dict[UUID, int]:
        """Return a number for each organisation: they are looked up a million times, which ids are slow at."""
        return {key: number for number, key in enumerate(self.whole.organisations)}

    @cached_property
    def _parents(self) -> dict[int, int | None]:
        """Return each organisation's parent; whoever's parent is not in the tree on the day hangs on its root."""
        numbers, top = self._numbers, self.whole.root
        found: dict[int, int | None] = {}
        for key, organisation in self.whole.organisations.items():
            parent = numbers.get(organisation.parent_id) if organisation.parent_id else None
            found[numbers[key]] = numbers.get(top) if parent is None and key != top and top else parent
        return found
