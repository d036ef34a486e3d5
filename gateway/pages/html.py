"""HTML as values: text is always escaped, only `Html` passes as it is."""

from collections.abc import Iterable
from html import escape
from typing import Final

VOID: Final = {"input", "link", "meta", "br", "hr"}


class Html(str):
    """Markup that is already safe."""

    __slots__ = ()


Child = str | None | Iterable["Child"]


def flat(child: Child) -> str:
    """Return a child as markup: nothing for None, escaped text for str, each in turn for a list."""
    if child is None:
        return ""
    if isinstance(child, Html):
        return child
    if isinstance(child, str):
        return escape(child)
    return "".join(flat(part) for part in child)


def el(name: str, /, *children: Child, **attributes: str | bool | None) -> Html:
    """Return an element. An attribute `class_` is `class`, `aria_label` is `aria-label`; None and False leave it out."""
    written = "".join(
        f" {key.rstrip('_').replace('_', '-')}" + ("" if value is True else f'="{escape(value)}"')
        for key, value in attributes.items()
        if value is not None and value is not False
    )
    if name in VOID:
        return Html(f"<{name}{written}>")
    return Html(f"<{name}{written}>{flat(children)}</{name}>")


def both(vi: str, en: str) -> Html:
    """Return Vietnamese text with its English beside it, marked as such for screen readers and browsers."""
    return Html(f'{escape(vi)} <span class="en" lang="en">{escape(en)}</span>')


def table(label: str, heads: Iterable[Child], rows: Iterable[Iterable[Child]]) -> Html:
    """Return a table that scrolls by itself on a narrow screen; the first cell of a row is its header."""
    head = el("tr", *(el("th", cell, scope="col") for cell in heads))
    body = [el("tr", *(el("td", cell) if index else el("th", cell, scope="row") for index, cell in enumerate(row))) for row in rows]
    return el("div", el("table", el("thead", head), el("tbody", body)), class_="scroll", role="region", aria_label=label, tabindex="0")
