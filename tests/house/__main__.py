"""Prints every breach of the house rules and ends with 1 when there is one."""

from __future__ import annotations

import sys

from tests.house.runner import LINTS, run


def main() -> int:
    """Run all lints over the tree; return the exit code."""
    findings = run()
    for finding in findings:
        print(finding)
    print(f"house rules: {len(LINTS)} lints, {len(findings)} findings")
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
