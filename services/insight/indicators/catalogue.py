"""The catalogue of indicators, declared in catalogue.yaml and checked when it is loaded."""

from collections.abc import Iterable, Iterator, Mapping
from functools import cache, cached_property
from importlib.resources import files
from typing import Any

import yaml
from pydantic import BaseModel, ConfigDict

PERCENT = "percent"


class Strict(BaseModel):
    """Base of everything read from catalogue.yaml: an unknown word is a mistake."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Words(Strict):
    """Something said in both languages."""

    vi: str
    en: str


class Having(Strict):
    """Schools that have records of any / all / none of these measures."""

    any: tuple[str, ...] = ()
    all: tuple[str, ...] = ()
    none: tuple[str, ...] = ()


class Indicator(Strict):
    """One thing that can be asked for; see catalogue.yaml for the ways in which it can be counted."""

    key: str
    vi: str
    en: str
    unit: str
    sources: tuple[str, ...]
    measure: str | None = None
    of: tuple[str, ...] = ()
    having: Having | None = None
    share: tuple[str, str] | None = None
    ratio: tuple[str, str] | None = None
    aliases: tuple[str, ...] = ()
    reading: Words | None = None

    @property
    def parts(self) -> tuple[str, str] | None:
        """Return what is divided by what, of a share or ratio."""
        return self.share or self.ratio

    @property
    def kinds(self) -> frozenset[str]:
        """Return the kinds of record that its own counts come from; measures of assets are named after theirs."""
        having = self.having or Having()
        return frozenset(self.sources) | {name.partition(".")[0] for name in (*having.any, *having.all, *having.none)}

    @property
    def computable(self) -> bool:
        """Tell whether a rule exists; without one the indicator waits for records of its kinds."""
        return bool(self.measure or self.of or self.having or self.parts)


class Catalogue(Strict):
    """All indicators, by key and in order, and the kinds of record behind them."""

    kinds: dict[str, Words]
    personal_units: tuple[str, ...] = ()
    told_together: tuple[tuple[str, ...], ...] = ()
    indicators: tuple[Indicator, ...]

    @cached_property
    def _named(self) -> Mapping[str, Indicator]:
        return {name: indicator for indicator in self.indicators for name in (indicator.key, *indicator.aliases)}

    def find(self, key: str) -> Indicator | None:
        """Return the indicator of a key or alias, or None."""
        return self._named.get(key)

    def get(self, key: str) -> Indicator:
        """Return the indicator of a key or alias; raises KeyError."""
        return self._named[key]

    def personal(self, indicator: Indicator) -> bool:
        """Tell whether an indicator counts people."""
        return indicator.unit in self.personal_units and indicator.parts is None

    def parts_of(self, indicator: Indicator) -> list[Indicator]:
        """Return the indicators whose counts a figure shows: the two of a share or ratio, else itself."""
        found = [self.find(name) for name in indicator.parts or (indicator.key,)]
        return [one for one in found if one]

    def kinds_behind(self, wanted: Iterable[Indicator]) -> frozenset[str]:
        """Return the kinds of record that indicators are computed from, and what is to be kept back of them."""
        return frozenset[str]().union(*(self._kinds[indicator.key] for indicator in wanted))

    @cached_property
    def _kinds(self) -> Mapping[str, frozenset[str]]:
        return {indicator.key: frozenset().union(*(one.kinds for one in self._looked_at(indicator))) for indicator in self.indicators}

    def _looked_at(self, indicator: Indicator) -> Iterator[Indicator]:
        yield indicator
        for part in self.parts_of(indicator):
            together = self.together_with(part)
            yield from together
            for one in together:
                yield from self.wholes_of(one)

    def together_with(self, indicator: Indicator) -> list[Indicator]:
        """Return the indicators that are told or kept back only together, itself among them."""
        keys = next((keys for keys in self.told_together if indicator.key in keys), (indicator.key,))
        return [self.get(key) for key in keys]

    def wholes_of(self, indicator: Indicator) -> list[Indicator]:
        """Return the indicators of which this one is a part: its difference to them counts people too."""
        return [self.get(one.share[1]) for one in self.indicators if one.share and one.share[0] == indicator.key]


@cache
def catalogue() -> Catalogue:
    """Return the catalogue; raises ValueError where it contradicts itself."""
    return parse(yaml.safe_load(files(__package__).joinpath("catalogue.yaml").read_text(encoding="utf-8")))


def parse(document: Mapping[str, Any]) -> Catalogue:
    """Read a catalogue: a share takes its unit and its sources from its parts. Raises ValueError on unknown or doubled names."""
    declared = {str(entry["key"]): entry for entry in document["indicators"]}
    made = Catalogue.model_validate({**document, "indicators": [_completed(entry, declared) for entry in document["indicators"]]})
    names = [name for indicator in made.indicators for name in (indicator.key, *indicator.aliases)]
    doubled = {name for name in names if names.count(name) > 1}
    unknown = {kind for indicator in made.indicators for kind in indicator.sources} - set(made.kinds)
    unknown |= {name for name in _referred(made) if name not in declared}
    if doubled or unknown:
        raise ValueError(sorted(doubled | unknown))
    return made


def _referred(made: Catalogue) -> Iterator[str]:
    for indicator in made.indicators:
        yield from indicator.share or ()
    for together in made.told_together:
        yield from together


def _completed(entry: Mapping[str, Any], declared: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """Give shares their unit, and shares and ratios the kinds of record of their parts unless told otherwise."""
    parts = entry.get("share") or entry.get("ratio")
    if not parts:
        return dict(entry)
    kinds = entry.get("sources") or [kind for part in parts for kind in declared.get(part, {}).get("sources", ())]
    unit = PERCENT if "share" in entry else entry["unit"]
    return {**entry, "unit": unit, "sources": list(dict.fromkeys(kinds))}
