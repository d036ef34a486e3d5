"""The catalogue of indicators, declared in catalogue.yaml and checked when it is loaded."""

from collections.abc import Iterable, Iterator, Mapping
from functools import cache, cached_property
from importlib.resources import files
from itertools import combinations
from typing import Any, NamedTuple

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
    tells_of: str | None = None
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


class Sum(Strict):
    """Parts of a whole that share nobody; others may be left over."""

    whole: str
    parts: tuple[str, ...]


class Difference(NamedTuple):
    """People whom no indicator counts but whom two or more tell of: those counted by `more` less those counted by `less`."""

    more: tuple[str, ...]
    less: tuple[str, ...] = ()

    @property
    def names(self) -> frozenset[str]:
        """Return all indicators that it is worked out from."""
        return frozenset((*self.more, *self.less))


class Catalogue(Strict):
    """All indicators, by key and in order, and the kinds of record behind them."""

    kinds: dict[str, Words]
    personal_units: tuple[str, ...] = ()
    sums: tuple[Sum, ...] = ()
    within: dict[str, tuple[str, ...]] = {}
    together: tuple[tuple[str, ...], ...] = ()
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
        """Return the indicators whose counts a figure shows: the two of a share or ratio, else itself; and whom a need tells of."""
        found = [self.find(name) for name in (*(indicator.parts or (indicator.key,)), indicator.tells_of) if name]
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
            yield from self._needed_for(part)

    def _needed_for(self, indicator: Indicator) -> Iterator[Indicator]:
        group = self.together_with(indicator)
        yield from group
        found = frozenset[str]().union(*(difference.names for one in group for difference in self.differences(one)))
        for key in found - {one.key for one in group}:
            yield from self._needed_for(self.get(key))

    def together_with(self, indicator: Indicator) -> list[Indicator]:
        """Return the indicators that are told or kept back only together, itself among them."""
        keys = next((keys for keys in self.together if indicator.key in keys), (indicator.key,))
        return [self.get(key) for key in keys]

    def summed(self, indicator: Indicator) -> list[Indicator]:
        """Return the parts of a whole."""
        return [self.get(name) for one in self.sums if one.whole == indicator.key for name in one.parts]

    def differences(self, indicator: Indicator) -> list[Difference]:
        """Return who could be counted by subtraction with this indicator, which is kept back where they are few.

        Of a whole, whoever is in none of its parts; of a part, whoever is not in it; of what two counts share, whoever is in neither.
        """
        own, wholes = indicator.key, self._wholes[indicator.key]
        found = [Difference((own,), one.parts) for one in self.sums if one.whole == own]
        found += [Difference((whole,), (own,)) for whole in sorted(wholes)]
        for one, other in combinations(sorted(wholes), 2):
            if one not in self._above(other) and other not in self._above(one):
                found += [Difference((top, own), (one, other)) for top in sorted(self._above(one) & self._above(other))]
        return found

    def _above(self, key: str) -> frozenset[str]:
        """Return who counts everybody whom an indicator counts, sums among them."""
        return self._wholes[key].union(one.whole for one in self.sums if key in one.parts)

    @cached_property
    def _wholes(self) -> Mapping[str, frozenset[str]]:
        """Return, by key, who counts everybody whom an indicator counts, so that it yields to the difference; sums yield to their parts."""
        direct = {one.key: set(self.within.get(one.key, ())) for one in self.indicators}
        for one in self.indicators:
            if one.share:
                direct[one.share[0]].add(one.share[1])

        def above(key: str) -> frozenset[str]:
            return frozenset(direct[key]).union(*(above(whole) for whole in direct[key]))

        return {key: above(key) for key in direct}


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
        yield indicator.tells_of or indicator.key
    for one in made.sums:
        yield from (one.whole, *one.parts)
    for keys in (*made.together, *((key, *wholes) for key, wholes in made.within.items())):
        yield from keys


def _completed(entry: Mapping[str, Any], declared: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """Give shares their unit, and shares and ratios the kinds of record of their parts unless told otherwise."""
    parts = entry.get("share") or entry.get("ratio")
    if not parts:
        return dict(entry)
    kinds = entry.get("sources") or [kind for part in parts for kind in declared.get(part, {}).get("sources", ())]
    unit = PERCENT if "share" in entry else entry["unit"]
    return {**entry, "unit": unit, "sources": list(dict.fromkeys(kinds))}
