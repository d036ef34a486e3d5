"""`make bench [ONLY=name]`: every figure beside its reference of the same run, as a table and in build/bench.json."""

import argparse
import importlib
import json
import os
import signal
import sys
import traceback
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from stack.engines.engine import EngineMissingError
from tests.bench.figures import Figure

# Each has NAMES, what it measures, and `measure(names)`, which yields those figures.
SUITES = ("http", "imports", "assets", "gateway", "events")
REPORT = Path("build/bench.json")
WIDTH = 80
INTERRUPTED = 130


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, print, write; returns 1 when a figure is not reached or could not be measured."""
    suites = {suite: importlib.import_module("tests.bench." + suite) for suite in SUITES}
    known = [name for suite in suites.values() for name in suite.NAMES]
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("--only", default="", help="a figure's name or the beginning of it, e.g. registry.read")
    only = parser.parse_args(arguments).only
    if not any(name.startswith(only) for name in known):
        parser.error(f"no figure begins with {only!r}; there are:\n  " + "\n  ".join(known))
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    rows: list[dict[str, Any]] = []
    broken: list[str] = []
    try:
        for suite in suites.values():
            wanted = [name for name in suite.NAMES if name.startswith(only)]
            broken += _run(suite.measure(wanted), wanted, rows) if wanted else []
    except KeyboardInterrupt:
        sys.stderr.write("\nStopped; every process that was started has ended.\n")
        return INTERRUPTED
    _print(rows, broken)
    REPORT.parent.mkdir(exist_ok=True)
    REPORT.write_text(json.dumps(rows, indent=2) + "\n", encoding="utf-8")
    return 0 if all(row["holds"] for row in rows) and not broken else 1


def _run(figures: Iterator[Figure], wanted: Sequence[str], rows: list[dict[str, Any]]) -> list[str]:
    """Add a suite's wanted figures to the rows as they come; returns the names of those that could not be measured."""
    try:
        for figure in figures:
            if figure.name in wanted:
                rows.append(figure.row())
                sys.stderr.write(f"{figure.name:28} {figure.ratio:10,.2f}  {'holds' if figure.holds else 'NOT REACHED'}\n")
    except EngineMissingError as error:
        sys.stderr.write(f"{', '.join(wanted)}: not measured: {error}\n")
        return list(wanted) if os.environ.get("CI") else []
    except Exception:  # noqa: BLE001 - the other figures are still worth having
        traceback.print_exc()
    done = {row["name"] for row in rows}
    return [name for name in wanted if name not in done]


def _print(rows: Sequence[dict[str, Any]], broken: Sequence[str]) -> None:
    table = Table(box=None, padding=(0, 1, 0, 0))
    for column in ("figure", "ours", "reference", "unit", "ratio", "reach", ""):
        table.add_column(column, no_wrap=True, justify="right" if column in {"ours", "reference", "ratio", "reach"} else "left")
    for row in rows:
        numbers = [_number(row[name]) for name in ("ours", "reference", "ratio", "reach")]
        verdict = "holds" if row["holds"] else "NO"
        table.add_row(row["name"], *numbers[:2], row["unit"], *numbers[2:], verdict)
    for name in broken:
        table.add_row(name, "", "", "", "", "", "BROKE")
    Console(width=WIDTH).print(table)


def _number(value: float) -> str:
    """Write thousands without decimals, everything else with two."""
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:,.2f}"


if __name__ == "__main__":
    raise SystemExit(main())
