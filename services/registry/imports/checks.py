"""The sign that whole columns of a file were swapped."""

from collections.abc import Mapping, Sequence
from typing import Final

from libs.common.imports.columns import Column, Form

SWAPPED_SAMPLE: Final = 200
SWAPPED_SHARE: Final = 0.6


def swapped(columns: Sequence[Column], sample: Sequence[Mapping[str, str | None]]) -> list[tuple[str, str]]:
    """Return (column, the column its values look like) for columns whose values mostly fit another telling form and not their own."""
    found = []
    for column in columns:
        values = [value for row in sample if (value := row[column.name]) is not None]
        if not values or _share(column.form, values) > 1 - SWAPPED_SHARE:
            continue
        like = [
            other.name
            for other in columns
            if other.form.telling and other.form != column.form and _share(other.form, values) >= SWAPPED_SHARE
        ]
        if like:
            found.append((column.name, like[0]))
    return found


def _share(form: Form, values: Sequence[str]) -> float:
    return sum(map(form.fits, values)) / len(values)
