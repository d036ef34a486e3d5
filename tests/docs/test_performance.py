"""docs/performance.md: its table has a place, and the tool writes it as the document expects."""

from tests.docs.markdown import DOCS, part, rows_of
from tests.docs.performance import rendered

MEASURED = {
    "name": "read.one_vs_bare",
    "ours": 1930.4,
    "reference": 3372,
    "unit": "requests/s",
    "ratio": 0.572,
    "reach": 0.5,
    "holds": True,
}


def test_the_tool_writes_the_table() -> None:
    text = rendered([MEASURED, MEASURED | {"name": "list.50_vs_bare", "holds": False}])
    assert rows_of(text, "figure") == [
        ["`read.one_vs_bare`", "1,930", "3,372", "requests/s", "0.57", "0.50", "holds"],
        ["`list.50_vs_bare`", "1,930", "3,372", "requests/s", "0.57", "0.50", "not reached"],
    ]


def test_the_document_has_the_place_for_it() -> None:
    assert part((DOCS / "performance.md").read_text(encoding="utf-8"), "bench")
