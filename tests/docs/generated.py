"""The parts of the documents that are made from the code; `python -m tests.docs` writes them, the tests compare."""

import importlib
from collections.abc import Callable, Mapping

from gateway.replies import known_problems
from libs.common.auth.permissions import roles
from libs.common.errors import TYPE_PREFIX, catalogue
from libs.common.events import catalogue as events
from libs.common.events.topics import HISTORY_RETENTION, TOPICS
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


PARTS: Mapping[str, tuple[str, Callable[[], str]]] = {
    "topics": ("events.md", topic_table),
    "events": ("events.md", event_table),
    "roles": ("security.md", role_table),
    "problems": ("vendors.md", problem_table),
}
"""Name of each part: the document it stands in, and what makes it."""
