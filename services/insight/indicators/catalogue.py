"""The catalogue of indicators, declared in catalogue.yaml and checked when it is loaded."""

from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any

import yaml
from pydantic import BaseModel, ConfigDict

PERCENT = "percent"


class Kind(BaseModel):
    """A kind of record, named for people."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    vi: str
    en: str


class Indicator(BaseModel):
    """One thing that can be asked for: a count (`measure`), a share of two counts, or neither while nobody keeps such records."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    key: str
    vi: str
    en: str
    unit: str
    sources: tuple[str, ...]
    measure: str | None = None
    share: tuple[str, str] | None = None
    aliases: tuple[str, ...] = ()

    @property
    def computable(self) -> bool:
        """Tell whether a rule exists; without one the indicator waits for records of its kinds."""
        return self.measure is not None or self.share is not None


class Catalogue(BaseModel):
    """All indicators, by key and in order, and the kinds of record behind them."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    kinds: dict[str, Kind]
    indicators: tuple[Indicator, ...]

    def find(self, key: str) -> Indicator | None:
        """Return the indicator of a key or alias, or None."""
        return self._named.get(key)

    def get(self, key: str) -> Indicator:
        """Return the indicator of a key or alias; raises KeyError."""
        return self._named[key]

    @property
    def _named(self) -> Mapping[str, Indicator]:
        return _named(self.indicators)


@cache
def catalogue() -> Catalogue:
    """Return the catalogue; raises ValueError where it contradicts itself."""
    return parse(yaml.safe_load(files(__package__).joinpath("catalogue.yaml").read_text(encoding="utf-8")))


def parse(document: Mapping[str, Any]) -> Catalogue:
    """Read a catalogue: a share takes its unit and its sources from its parts. Raises ValueError on unknown or doubled names."""
    declared = {str(entry["key"]): entry for entry in document["indicators"]}
    entries = [_completed(entry, declared) for entry in document["indicators"]]
    made = Catalogue.model_validate({"kinds": document["kinds"], "indicators": entries})
    names = [name for indicator in made.indicators for name in (indicator.key, *indicator.aliases)]
    doubled = {name for name in names if names.count(name) > 1}
    unknown = {kind for indicator in made.indicators for kind in indicator.sources} - set(made.kinds)
    if doubled or unknown:
        raise ValueError(sorted(doubled | unknown))
    return made


def _completed(entry: Mapping[str, Any], declared: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    if "share" not in entry:
        return dict(entry)
    sources = [kind for part in entry["share"] for kind in declared[part]["sources"]]
    return {**entry, "unit": PERCENT, "sources": list(dict.fromkeys(sources))}


@cache
def _named(indicators: tuple[Indicator, ...]) -> Mapping[str, Indicator]:
    return {name: indicator for indicator in indicators for name in (indicator.key, *indicator.aliases)}
