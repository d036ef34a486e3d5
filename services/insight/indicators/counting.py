"""Pure: turns the rows of the queries into tallies and into the kinds of record that each organisation has."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from uuid import UUID

from services.insight.indicators.curriculum import in_force
from services.insight.indicators.ledger import SITE, Organisation, Tally
from services.insight.indicators.needs import Norms

Rows = Iterable[Mapping[str, Any]]
LINE = "line"


@dataclass(slots=True)
class Count:
    """A ledger in the making."""

    organisations: Mapping[UUID, Organisation]
    root: UUID
    on: date
    tallies: list[Tally] = field(default_factory=list)
    seen: set[tuple[UUID, str]] = field(default_factory=set)

    def add(self, rows: Rows, *, kind: str, measures: Iterable[str]) -> None:
        """Add rows that hold several measures each; a `level` where records have one."""
        names = tuple(measures)
        for row in rows:
            self.seen.add((row["organisation_id"], kind))
            level = row.get("level")
            self.tallies += [Tally(row["organisation_id"], measure, level, int(row[measure])) for measure in names]

    def add_named(self, rows: Rows) -> None:
        """Add rows that hold one measure each, by name."""
        self.tallies += [Tally(row["organisation_id"], row["measure"], None, row["count"]) for row in rows]

    def add_holders(self, rows: Rows, *, kind: str) -> None:
        """Add the organisations that have had records of a kind."""
        self.seen |= {(row["organisation_id"], kind) for row in rows}

    def add_assets(self, rows: Rows) -> None:
        """Add rooms, devices and lines under every name by which they may be counted."""
        for row in rows:
            key = row["organisation_id"]
            self.seen.add((key, row["kind"]))
            if row["kind"] == LINE and self.organisations[key].kind == SITE:
                self.seen.add((key, "site_line"))
            if row["told_online"]:
                self.seen.add((key, "told_online"))
            self.tallies += [Tally(key, measure, row["level"], count) for measure, count in _names(row)]

    def add_contents(self, rows: Rows) -> None:
        """Add approved contents, and each subject-grade of the curriculum at the organisation that covered it first."""
        curriculum = in_force(self.on)
        covered: set[tuple[int, str]] = set()
        for row in rows:
            key, place = row["organisation_id"], (row["grade"], row["subject"])
            self.seen.add((key, "content"))
            self.tallies.append(Tally(key, "contents_approved", row["level"], row["contents_approved"]))
            if row["contents_approved"] and place in curriculum and place not in covered:
                covered.add(place)
                self.tallies.append(Tally(key, "curriculum_covered", curriculum[place], 1))
        if curriculum:
            self.seen.add((self.root, "curriculum"))
        self.tallies += [Tally(self.root, "curriculum_subject_grades", level, 1) for level in curriculum.values()]

    def add_organisations(self, norms: Norms) -> None:
        """Add what organisations themselves tell, and which of them a norm holds for."""
        for key, organisation in self.organisations.items():
            if organisation.kind == "school":
                self.seen.add((key, "school"))
            if organisation.has_website is not None:
                self.seen.add((key, "website"))
            if organisation.levels & norms.learners_per_computer.keys():
                self.seen.add((key, "computer_norm"))
            if organisation.levels & norms.informatics_teachers_per_school.keys():
                self.seen.add((key, "norm"))


def _names(row: Mapping[str, Any]) -> Iterator[tuple[str, int]]:
    kind, name = str(row["kind"]), f"{row['kind']}.{row['class_code']}"
    yield name, int(row["quantity"])
    yield kind, int(row["quantity"])
    if kind == LINE and row["provider"]:
        yield f"{kind}.{row['provider']}", int(row["quantity"])
        yield f"{name}.{row['provider']}", int(row["quantity"])
    for facet in ("old", "online", "told_online"):
        if row[facet]:
            yield f"{name}.{facet}", int(row[facet])
