"""How people, organisations and ethnic groups may be named: one rule for bodies and files, an expression for Python and PostgreSQL.

Letters are those of every Latin alphabet, with accents that stand apart (Ê Đê writes some), and the apostrophes and hyphens that names of
the province hold: K'Sor H'Bia, A'lăng, Y-Bơm Niê.
"""

import re
from typing import Final, NamedTuple

_LETTERS: Final = "A-Za-z\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u024f\u1e00-\u1eff"
# Accents that stand apart, spaces, the apostrophes and the hyphens.
_INSIDE: Final = _LETTERS + "\u0300-\u036f .\u00a0\u2007\u202f\u3000'\u2018\u2019\u02bc\u2010\u2011-"


class NameRule(NamedTuple):
    """What a kind of name may hold, in how many characters, and how that is said."""

    pattern: str
    longest: int
    vi: str
    en: str

    def allows(self, text: str) -> bool:
        """Tell whether a name keeps to the rule."""
        return re.fullmatch(self.pattern, text) is not None


PERSON: Final = NameRule(
    f"^[{_LETTERS}][{_INSIDE}]*$",
    200,
    "họ tên chỉ gồm chữ cái, dấu cách, dấu nháy, gạch nối và dấu chấm",
    "a name of letters, spaces, apostrophes, hyphens and dots",
)
ETHNICITY: Final = NameRule(
    f"^[{_LETTERS}][(),{_INSIDE}]*$",
    60,
    "tên dân tộc chỉ gồm chữ cái, dấu cách, dấu nháy, gạch nối, dấu chấm, phẩy và ngoặc đơn",
    "an ethnic group of letters, spaces, apostrophes, hyphens, dots, commas and parentheses",
)
ORGANISATION: Final = NameRule(
    f"^[0-9{_LETTERS}][0-9&(),/\u2013{_INSIDE}]*$",
    300,
    "tên đơn vị chỉ gồm chữ cái, chữ số, dấu cách và các dấu ' - . , & / ( )",
    "a name of letters, digits, spaces and the signs ' - . , & / ( )",
)
