"""docs/architecture.md: each dependency has its one line."""

import re
import tomllib

from tests.docs.markdown import DOCS, ROOT, rows_of

NAME = re.compile(r"^[A-Za-z0-9][A-Za-z0-9._-]*")


def test_every_dependency_has_one_line() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    declared = [*project["dependencies"], *(name for names in project["optional-dependencies"].values() for name in names)]
    wanted = sorted({match[0] for name in declared if (match := NAME.match(name))})
    rows = rows_of((DOCS / "architecture.md").read_text(encoding="utf-8"), "package")
    assert sorted(name.strip("`") for row in rows for name in row[0].split(", ")) == wanted
    assert all(row[1] and row[2] for row in rows)
