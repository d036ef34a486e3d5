"""What is kept from callers who may not see people: small counts of people, and whatever would give one away.

Decided on the whole tree that the caller may read, not on the part that was asked for: so two questions never answer a third.
"""

from dataclasses import dataclass, field
from functools import cached_property
from uuid import UUID

from services.insight.indicators.catalogue import Catalogue, Indicator
from services.insight.indicators.disclosure import OWN, TOTAL, Cell, Table, kept_back, small
from services.insight.indicators.ledger import Ledger

NO_LEVEL = "-"


@dataclass(frozen=True)
class Suppression:
    """The protection of one answer: `whole` is the ledger of the topmost organisation that the caller may read, `root` is asked for."""

    catalogue: Catalogue
    whole: Ledger
    root: UUID
    _hidden: dict[str, tuple[Table, frozenset[Cell]]] = field(default_factory=dict, repr=False, compare=False)
    _tables: dict[str, Table] = field(default_factory=dict, repr=False, compare=False)

    def hides(self, indicator: Indicator, level: str | None, organisation_id: UUID | None) -> bool:
        """Tell whether an organisation's own count is suppressed; without an organisation, the figure itself."""
        if not self.catalogue.personal(indicator):
            return False
        table, hidden = self._kept_back(indicator)
        row = self.root if organisation_id is None else organisation_id
        place = (row, OWN) if organisation_id is not None and (row, OWN) in table.parents else row
        columns = table.columns(place)
        asked = [TOTAL] if level is None else [column for column in columns if level in column.split("+")]
        return any((place, column) in hidden for column in asked)

    def _kept_back(self, indicator: Indicator) -> tuple[Table, frozenset[Cell]]:
        if indicator.key not in self._hidden:
            together = self.catalogue.together_with(indicator)
            tables = [self._table(one) for one in together]
            start = {
                cell
                for one, table in zip(together, tables, strict=True)
                for cell in small(table, [self._table(whole) for whole in self.catalogue.wholes_of(one)])
            }
            hidden = self._closed(tables, start)
            self._hidden.update({one.key: (table, hidden) for one, table in zip(together, tables, strict=True)})
        return self._hidden[indicator.key]

    @staticmethod
    def _closed(tables: list[Table], start: set[Cell]) -> frozenset[Cell]:
        """Return what is kept back in all tables alike: of measures that add up to another one, none may stay alone."""
        hidden = frozenset(start)
        while True:
            grown = hidden.union(*(kept_back(table, hidden) for table in tables))
            if grown == hidden:
                return hidden
            hidden = grown

    def _table(self, indicator: Indicator) -> Table:
        if indicator.key not in self._tables:
            self._tables[indicator.key] = Table.of(self._parents, self._own(indicator))
        return self._tables[indicator.key]

    def _own(self, indicator: Indicator) -> dict[UUID, dict[str, int]]:
        """Return what organisations count themselves, by level; records without a level under all levels of their organisation."""
        own: dict[UUID, dict[str, int]] = {}
        for measure in indicator.of or (str(indicator.measure),):
            for tally in self.whole.by_measure.get(measure, ()):
                owner = self.whole.owner(tally.organisation_id)
                column = tally.level or "+".join(sorted(self.whole.organisations[owner].levels)) or NO_LEVEL
                cells = own.setdefault(owner, {})
                cells[column] = cells.get(column, 0) + tally.count
        return own

    @cached_property
    def _parents(self) -> dict[UUID, UUID | None]:
        """Return each organisation's parent; whoever's parent is not in the tree on the day hangs on its root."""
        inside, top = self.whole.organisations, self.whole.root
        return {
            key: organisation.parent_id if organisation.parent_id in inside else (None if key == top else top)
            for key, organisation in inside.items()
        }
