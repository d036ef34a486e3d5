"""The SQL twins of `fold` and `tidy_name`, for set-based work and for indexes. Tests hold both sides to the same answers."""

from __future__ import annotations

from typing import Final

from libs.common.text.search import DROPPED, LETTERS, SPACES
from libs.common.text.tones import NEWER_STYLE, OLD_STYLE


def _literal(text: str) -> str:
    """Write an escape string literal: pure ASCII, so that no client encoding can change it."""
    return "E'" + "".join(_escaped(letter) for letter in text) + "'"


def _escaped(letter: str) -> str:
    if letter == "'":
        return "''"
    return letter if " " <= letter <= "~" and letter != "\\" else f"\\u{ord(letter):04X}"


# Only strict functions inside, so that PostgreSQL inlines the body; runs of spaces go through a marker that translate() has removed before.
FOLD_FUNCTION: Final = "".join(
    (
        "CREATE OR REPLACE FUNCTION fold(value text) RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE\n",
        "RETURN btrim(replace(replace(replace(translate(value, ",
        _literal("".join(LETTERS) + DROPPED),
        ", ",
        _literal("".join(LETTERS.values())),
        r"), ' ', E' \x01'), E'\x01 ', ''), E'\x01', ''), ' ')",
    ),
)

_UNTIDY_SPACES: Final = _literal(f"^ | $|  |[{SPACES[1:]}]")

# A name that is tidy already (nearly all are) costs three tests; the loop moves one tone a round.
TIDY_NAME_FUNCTION: Final = "".join(
    (
        "CREATE OR REPLACE FUNCTION tidy_name(value text) RETURNS text LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $body$\n",
        "DECLARE place integer;\nBEGIN\n",
        "IF value IS NOT NFC NORMALIZED THEN value := normalize(value, NFC); END IF;\n",
        "IF value ~ ",
        _UNTIDY_SPACES,
        " THEN value := btrim(regexp_replace(value, ",
        _literal(f"[{SPACES}]+"),
        ", ' ', 'g'), ' '); END IF;\n",
        "LOOP\n  place := regexp_instr(value, ",
        _literal(NEWER_STYLE),
        ");\n  EXIT WHEN place = 0;\n",
        "  value := overlay(value PLACING substr(",
        _literal("".join(OLD_STYLE.values())),
        ", position(substr(value, place, 2) IN ",
        _literal("".join(OLD_STYLE)),
        "), 2) FROM place FOR 2);\n",
        "END LOOP;\nRETURN value;\nEND\n$body$",
    ),
)
