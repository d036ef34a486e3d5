"""`make bench [ONLY=name]`: every figure beside its reference of the same run, as a table and in build/bench.json."""

import argparse
import importlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from tests.bench.figures import Figure

# Which module measures the figures whose names begin so.
SUITES = {
    "tests.bench.http": ("read.", "list.", "create."),
    "tests.bench.events": ("relay.", "consumer."),
    "tests.bench.imports": ("import.",),
    "tests.bench.gateway": ("gateway.",),
    "tests.bench.assets": ("assets.",),
}
REPORT = Path("build/bench.json")


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, print, write; returns 1 when a figure is not reached."""
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("--only", default="", help="a figure's name or the beginning of it, e.g. read.one")
    only = parser.parse_args(arguments).only
    modules = [module for module, prefixes in SUITES.items() if any(_meets(prefix, only) for prefix in prefixes)]
    if not modules:
        parser.error(f"no figure begins with {only!r}; there are {', '.join(sorted(name for names in SUITES.values() for name in names))}")
    rows = [row for module in modules for row in _rows(module) if row["name"].startswith(only)]
    _print(rows)
    REPORT.parent.mkdir(exist_ok=True)
    REPORT.write_text(json.dumps(rows, indent=2) + "\n", encoding="utf-8")
    return 0 if all(row["holds"] for row in rows) else 1


def _meets(prefix: str, only: str) -> bool:
    return only.startswith(prefix) or prefix.startswith(only)


def _rows(module: str) -> list[dict[str, Any]]:
    measured: Sequence[Figure | dict[str, Any]] = importlib.import_module(module).measure()
    return [figure.row() if isinstance(figure, Figure) else figure for figure in measured]


def _print(rows: Sequence[dict[str, Any]]) -> None:
    table = Table("figure", "ours", "reference", "unit", "ratio", "reach", "", box=None)
    for row in rows:
        numbers = [
            f"{row[name]:,.2f}" if isinstance(row[name], float) else str(row[name]) for name in ("ours", "reference", "ratio", "reach")
        ]
        table.add_row(row["name"], *numbers[:2], row["unit"], *numbers[2:], "holds" if row["holds"] else "not reached")
    Console().print(table)


if __name__ == "__main__":
    raise SystemExit(main())
