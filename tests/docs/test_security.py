"""docs/security.md: what is said about row security is all there is."""

import re

from tests.docs.markdown import DOCS, ROOT

FUNCTION = re.compile(r"CREATE FUNCTION (\w+)\((?:(?!CREATE ).)*?AS \$", re.DOTALL)


def test_every_function_that_looks_past_row_security_is_named() -> None:
    said = (DOCS / "security.md").read_text(encoding="utf-8")
    sources = [path.read_text(encoding="utf-8") for folder in ("libs", "services") for path in (ROOT / folder).rglob("*.py")]
    found = {match[1] for source in sources for match in FUNCTION.finditer(source) if "SECURITY DEFINER" in match[0]}
    assert {"related_learners", "organisations_under", "sequence_changes"} <= found
    assert {name for name in found if f"`{name}`" not in said} == set()
