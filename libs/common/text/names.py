"""A Vietnamese name: family name first, given name last."""

from __future__ import annotations

import re
from typing import Final, NamedTuple

from libs.common.text.search import SPACES
from libs.common.text.tones import place_tones

_SPACES: Final = re.compile(f"[{SPACES}]+")


class NameParts(NamedTuple):
    """The parts of a full name; what a name does not have is empty."""

    family: str
    middle: str
    given: str


def tidy_name(text: str) -> str:
    """Give the name as it is stored: NFC, one tone placement, single spaces, letter case untouched."""
    return place_tones(_SPACES.sub(" ", text).strip(" "))


def split_name(full_name: str) -> NameParts:
    """Split into family, middle and given name. A single word is a given name: some people have no family name."""
    family, *rest = full_name.split() or [""]
    if not rest:
        return NameParts("", "", family)
    return NameParts(family, " ".join(rest[:-1]), rest[-1])
