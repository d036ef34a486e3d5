"""`python -m tests.docs.performance`: the measured figures of build/bench.json as the table of docs/performance.md."""

import json
import sys
from collections.abc import Sequence
from typing import Any

from tests.docs.markdown import ROOT, table

REPORT = ROOT / "build" / "bench.json"


def rendered(rows: Sequence[dict[str, Any]]) -> str:
    """Return the table of measured figures."""
    cells = [
        (
            f"`{row['name']}`",
            _number(row["ours"]),
            _number(row["reference"]),
            str(row["unit"]),
            _number(row["ratio"]),
            _number(row["reach"]),
            "holds" if row["holds"] else "not reached",
        )
        for row in rows
    ]
    return table(("figure", "ours", "reference", "unit", "ratio", "reach", ""), cells)


def _number(value: float) -> str:
    """Write thousands without decimals, everything else with two."""
    return f"{value:,.0f}" if abs(value) >= 1000 or float(value).is_integer() else f"{value:,.2f}"


def main() -> int:
    """Print the table; ends with 1 when nothing was measured."""
    if not REPORT.exists():
        sys.stderr.write("build/bench.json is not there: run `make bench` first.\n")
        return 1
    sys.stdout.write(rendered(json.loads(REPORT.read_text(encoding="utf-8"))))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
