"""Unicode form and tone placement. Official lists write the older style (hòa, thủy); both styles name the same thing."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

# grave, acute, tilde, hook above, dot below: the five written tones
TONE_MARKS: Final = "\u0300\u0301\u0303\u0309\u0323"


def nfc(text: str) -> str:
    """Compose the text: the form in which everything is stored."""
    return unicodedata.normalize("NFC", text)


def _toned(letters: str) -> str:
    """Write every letter with every tone."""
    return "".join(nfc(letter + mark) for letter in letters for mark in TONE_MARKS)


def _styles(head: str, tail: str) -> dict[str, str]:
    """Pair the newer spellings of one pair (``oà``) and the older ones (``òa``)."""
    return {head + nfc(tail + mark): nfc(head + mark) + tail for mark in TONE_MARKS}


# The styles differ only in open oa, oe and uy.
OLD_STYLE: Final[dict[str, str]] = {
    newer: older
    for first, second in ("oa", "oe", "uy")
    for head in (first, first.upper())
    for tail in (second, second.upper())
    for newer, older in _styles(head, tail).items()
}
# After q the u belongs to the initial, so the y keeps its tone (quý).
NEWER_STYLE: Final = f"(?:(?<![qQ])[uU][{_toned('yY')}]|[oO][{_toned('aAeE')}])(?![A-Za-zÀ-ỹ])"
"""A regular expression that Python and PostgreSQL read alike."""
_NEWER: Final = re.compile(NEWER_STYLE)
_WORD: Final = re.compile(r"[^\W\d_]+")
_STRIP_TONES: Final = dict.fromkeys(map(ord, TONE_MARKS))


def place_tones(text: str) -> str:
    """Place tones as official lists do, in NFC: ``Hoà Thuỷ`` becomes ``Hòa Thủy``; letter case is kept."""
    return _NEWER.sub(lambda match: OLD_STYLE[match.group()], nfc(text))


def _syllable_key(syllable: str) -> str:
    decomposed = unicodedata.normalize("NFD", syllable)
    tones = "".join(sorted(mark for mark in decomposed if mark in TONE_MARKS))
    return nfc(decomposed.translate(_STRIP_TONES)) + tones


def tone_key(text: str) -> str:
    """Make a key equal for every placement of the same tone on the same syllable, also for the wrong ones (``hòan``, ``hoàn``)."""
    return _WORD.sub(lambda match: _syllable_key(match.group()), nfc(text).casefold())


def same_name(one: str, other: str) -> bool:
    """Tell whether two names differ at most in letter case, spaces and where the tone is written."""
    return tone_key(" ".join(one.split())) == tone_key(" ".join(other.split()))
