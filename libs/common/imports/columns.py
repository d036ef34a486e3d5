"""Columns of a file: the form of their values, and how a header is matched against them."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from libs.common.imports.faults import BETWEEN, SIGNED, Fault
from libs.common.text import fold
from libs.common.validation import FEW, did_you_mean

HINT: Final = "Có phải ý bạn là “{near}”?" + BETWEEN + "Did you mean “{near}”?"


@dataclass(frozen=True, slots=True)
class Form:
    """The form of a value: a regular expression that Python and PostgreSQL read alike, and its description.

    `code` is the error code, `max_length` counts characters (a bound inside the expression would be slow). No form lets a formula or a
    control character through. `telling`: hardly any other column's values fit, so a fit tells that columns were swapped. `values`: those
    of a code list too long to be told whole; a wrong one is told its nearest.
    """

    code: str
    pattern: str
    vi: str
    en: str
    telling: bool = True
    max_length: int | None = None
    values: tuple[str, ...] = ()
    example: str = ""

    def fits(self, value: str) -> bool:
        """Tell whether a value has the form; PostgreSQL decides the same set-based."""
        return bool(re.fullmatch(self.pattern, value)) and (self.max_length is None or len(value) <= self.max_length)


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a file; `label` is the Vietnamese heading that people write instead of the name."""

    name: str
    label: str
    form: Form
    required: bool = False
    example: str = ""

    @property
    def shown(self) -> str:
        """Return the example that the documents show."""
        return self.example or self.form.example


def one_of(values: Sequence[str], where: str = "") -> Form:
    """Return the form of a code list; a long one stands at `where`."""
    pattern, listed = "^(" + "|".join(values) + ")$", ", ".join(values)
    if len(values) <= FEW:
        return Form("enumeration", pattern, "một trong: " + listed, "one of: " + listed, example=values[0])
    return Form(
        "enumeration",
        pattern,
        "một trong các mã ở " + where + "{hint}",
        "one of the codes of " + where + "{hint}",
        values=tuple(values),
        example=values[0],
    )


def nearest(value: str, values: Sequence[str]) -> str:
    """Return how many values a code list has and which is probably meant, as the end of a sentence in both languages."""
    near = did_you_mean(value.lower().replace(" ", "_"), values)
    vi, en = (f", gần nhất: {near}", f", nearest: {near}") if near else ("", "")
    return f" ({len(values)} mã{vi}){BETWEEN} ({len(values)} codes{en})"


DAY: Final = Form(
    "date",
    r"^(\d{4}-\d{2}-\d{2}|\d{1,2}/\d{1,2}/\d{4})$",
    "ngày dạng YYYY-MM-DD hoặc DD/MM/YYYY",
    "a date as YYYY-MM-DD or DD/MM/YYYY",
    example="2026-01-15",
)
BOOLEAN: Final = Form("boolean", r"^(true|false|TRUE|FALSE|1|0)$", "true hoặc false", "true or false", telling=False, example="true")
TITLE: Final = Form(
    "text_form",
    r"^([^\u0001-\u001f\u007f=+@-][^\u0001-\u001f\u007f]*|" + SIGNED + ")$",
    "văn bản tối đa 300 ký tự",
    "text of at most 300 characters",
    telling=False,
    max_length=300,
)


def header_faults(columns: Sequence[Column], header: Sequence[str]) -> list[Fault]:
    """Return what is wrong with a header: an unknown, doubled or missing column; their order is free, optional ones may be absent."""
    known = [column.name for column in columns]
    by_label = {fold(column.label): column.name for column in columns}
    faults: list[Fault] = []
    for place, name in enumerate(header):
        if name in header[:place]:
            faults.append((1, name, "doubled_column", name, ""))
        elif name not in known:
            near = _near(name, known, by_label)
            faults.append((1, name, "unknown_column", name, HINT.replace("{near}", near) if near else ""))
    missing = (column.name for column in columns if column.required and column.name not in header)
    return [*faults, *((1, name, "missing_column", name, "") for name in missing)]


def _near(name: str, known: Sequence[str], by_label: Mapping[str, str]) -> str | None:
    """Return the column that is probably meant: by its Vietnamese heading, or by a name or heading that is spelt nearly so."""
    label = fold(name)
    return by_label.get(label) or did_you_mean(name.lower().replace(" ", "_"), known) or by_label.get(did_you_mean(label, by_label) or "")
