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
WHOLE_PLATFORM = "''::ltree = ANY ((SELECT scope_paths())::ltree[])"
STANDS_IN_SCOPE = "EXISTS (SELECT FROM organisation_path o WHERE o.organisation_id = {column} AND " + IN_SCOPE.format(path="o.path") + ")"


def stands_in_scope(column: str) -> str:
    """Return the condition that a row's organisation stands in the caller's scope today, wherever the row was written.

    `column` is named with its table. Few rows are looked up one by one, for many the tree is hashed: the planner chooses.
    """
    return STANDS_IN_SCOPE.format(column=column)


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


def copied(table: str, readable: str) -> list[str]:
    """Return the DDL that protects what consumers write: whoever meets the condition reads it, only the whole platform changes it."""
    return [
        f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY",
        f"CREATE POLICY {table}_scope ON {table} FOR SELECT USING ({readable})",
        f"CREATE POLICY {table}_whole ON {table} USING ({WHOLE_PLATFORM}) WITH CHECK ({WHOLE_PLATFORM})",
    ]
