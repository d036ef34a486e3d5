"""Vietnamese text: one Unicode form, one tone placement, search keys and the parts of a name."""

from libs.common.text.names import NameParts, split_name, tidy_name
from libs.common.text.search import fold
from libs.common.text.sql import FOLD_FUNCTION, TIDY_NAME_FUNCTION
from libs.common.text.tones import nfc, place_tones, same_name, tone_key

__all__ = [
    "FOLD_FUNCTION",
    "TIDY_NAME_FUNCTION",
    "NameParts",
    "fold",
    "nfc",
    "place_tones",
    "same_name",
    "split_name",
    "tidy_name",
    "tone_key",
]
