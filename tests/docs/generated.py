"""The parts of the documents that are made from the code; `python -m tests.docs` writes them, the tests compare."""

import importlib
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from gateway.replies import known_problems
from libs.common.auth.permissions import roles
from libs.common.errors import TYPE_PREFIX, catalogue
from libs.common.events import catalogue as events
from libs.common.events.topics import HISTORY_RETENTION, TOPICS
from libs.common.imports.columns import Column
from services.assets.imports.columns import COLUMNS as ASSET_COLUMNS
from services.egov.documents.schemas import CountPut
from services.egov.offers.schemas import OfferPut
from services.registry.imports.columns import COLUMNS as REGISTRY_COLUMNS
from stack.installation import SERVICES
from tests.docs.markdown import table


def load_services() -> None:
    """Import every service, so that its events and problems are known."""
    for name in SERVICES:
        importlib.import_module(f"services.{name}.main")


def topic_table() -> str:
    """Return the topics of the platform."""
    kept = f"{HISTORY_RETENTION.days} days"
    rows = [
        (
            f"`{topic.name}`",
            "state (compacted)" if topic.state else "history",
            "last event of each key, for ever" if topic.state else kept,
            str(topic.partitions),
            "yes" if topic.restricted else "no",
        )
        for topic in TOPICS
    ]
    return table(("topic", "kind", "kept", "partitions", "restricted"), rows)


def event_table() -> str:
    """Return every event with its topic, body and meaning."""
    load_services()
    found = [event for name in SERVICES for event in events.of_service(name)]
    rows = [
        (
            f"`{event.TYPE.removeprefix('vn.lienthong.')}`",
            f"`{event.TOPIC.name}`",
            (event.__doc__ or "").splitlines()[0],
            ", ".join(f"`{field}`" for field in event.model_fields),
        )
        for event in found
    ]
    return table(("type (without `vn.lienthong.`)", "topic", "the fact", "body"), rows)


def role_table() -> str:
    """Return the roles with the permissions they carry."""

    def cell(patterns: tuple[str, ...]) -> str:
        return ", ".join(f"`{pattern}`" for pattern in patterns) or "–"

    rows = [(f"`{role.name}`", cell(role.organisation), cell(role.relation)) for role in roles().values()]
    return table(("role", "for every row under the organisation", "only for rows that concern the person"), rows)


def problem_table() -> str:
    """Return every problem that a caller can meet, those of the gateway included."""
    load_services()
    found = {TYPE_PREFIX + slug: (problem.status, problem.title_en) for slug, problem in catalogue().items()}
    found |= {problem["type"]: (problem["status"], problem["title_en"]) for problem in known_problems()}
    rows = [
        (str(status), f"`{kind.removeprefix(TYPE_PREFIX)}`", title)
        for kind, (status, title) in sorted(found.items(), key=lambda item: (item[1][0], item[0]))
    ]
    return table(("status", "type (after `urn:lienthong:problem:`)", "meaning"), rows)


def _cells(column: Column) -> tuple[str, str, str]:
    form = column.form
    told = form.en.replace("{hint}", f" ({len(form.values)})")
    return column.label, told, f"`{column.shown}`"


def asset_columns() -> str:
    """Return the columns of a file of assets."""
    rows = [(f"`{column.name}`", "yes" if column.required else "", *_cells(column)) for column in ASSET_COLUMNS]
    return table(("column", "required", "heading in reports", "form", "example"), rows)


def registry_columns() -> str:
    """Return every column of the registry's files once for each form that it has."""
    kinds: dict[tuple[str, ...], list[str]] = {}
    for kind, columns in REGISTRY_COLUMNS.items():
        for column in columns:
            kinds.setdefault((f"`{column.name}`", *_cells(column)), []).append(kind)
    return table(("column", "heading in reports", "form", "example", "of"), [(*cells, ", ".join(found)) for cells, found in kinds.items()])


def egov_columns() -> str:
    """Return the columns of the files of procedures on offer and of counts of documents, which are the fields of their JSON items."""
    rows: list[Sequence[str]] = []
    for name, kind in (("offers", OfferPut), ("document-counts", CountPut)):
        schema = kind.model_json_schema()
        for field, told in schema["properties"].items():
            found = told | next((one for one in told.get("anyOf", ()) if one["type"] != "null"), {})
            rows.append((name, f"`{field}`", "yes" if field in schema["required"] else "", _form(found), _example(found)))
    return table(("file", "column", "required", "form", "example"), rows)


def _form(schema: Mapping[str, Any]) -> str:
    if "enum" in schema:
        return "one of: " + ", ".join(schema["enum"])
    if schema["type"] == "integer":
        return f"a whole number from {schema['minimum']} to {schema['maximum']}"
    if "pattern" in schema:
        return "`" + str(schema["pattern"]) + "`"
    return "a date as YYYY-MM-DD or DD/MM/YYYY" if schema.get("format") == "date" else "true or false"


def _example(schema: Mapping[str, Any]) -> str:
    told = [*schema.get("examples", ()), *schema.get("enum", ())]
    plain = {"integer": "120", "boolean": "true", "string": "2026-01-15"}
    return f"`{told[0] if told else plain[schema['type']]}`"


PARTS: Mapping[str, tuple[str, Callable[[], str]]] = {
    "topics": ("events.md", topic_table),
    "events": ("events.md", event_table),
    "roles": ("security.md", role_table),
    "problems": ("vendors.md", problem_table),
    "registry-columns": ("vendors.md", registry_columns),
    "asset-columns": ("vendors.md", asset_columns),
    "egov-columns": ("vendors.md", egov_columns),
}
"""Name of each part: the document it stands in, and what makes it."""
