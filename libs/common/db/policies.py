"""Row security, generated from what a table class declares: who sees a row is decided in the database."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Access:
    """How a table's rows are protected.

    `path`: the ltree column compared with the caller's organisations. `relation`: an SQL condition on the row that grants reading to a
    person in a relation the law knows (guardian, learner, teacher of the class); it may call `scope_person()`.
    """

    path: str = "organisation_path"
    relation: str | None = None


IN_SCOPE = "{path} <@ ANY ((SELECT scope_paths())::ltree[])"


def statements(table: Any) -> list[str]:
    """Return the DDL that protects the table class; raises ValueError when it declares no access."""
    access: Access | None = table.__access__
    if access is None:
        raise ValueError(table.__tablename__)
    name, in_scope = table.__tablename__, IN_SCOPE.format(path=access.path)
    ddl = [
        f"ALTER TABLE {name} ENABLE ROW LEVEL SECURITY",
        f"CREATE POLICY {name}_scope ON {name} USING ({in_scope}) WITH CHECK ({in_scope})",
    ]
    if access.relation:
        ddl.append(f"CREATE POLICY {name}_relation ON {name} FOR SELECT USING ({access.relation})")
    return ddl
