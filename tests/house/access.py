"""Lints on who may see and who may write: permissions on routes, scope on queries, commits and producers in one place."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from tests.house.source import Finding, Source, dotted, last

if TYPE_CHECKING:
    from collections.abc import Iterator

METHODS = frozenset({"get", "post", "put", "patch", "delete", "head", "options", "api_route", "route", "websocket"})
BY_CALL = frozenset({"add_api_route", "add_route", "add_api_websocket_route", "add_websocket_route"})
GATES = frozenset({"reading", "writing"})
ENGINES = frozenset({"create_engine", "create_async_engine", "AsyncSession", "Session", "async_sessionmaker", "sessionmaker"})
OWN_CONNECTIONS = frozenset({"asyncpg.connect", "asyncpg.create_pool", "psycopg.connect"})
DRIVERS = frozenset({"connect", "create_pool"})
PRODUCERS = ("aiokafka", "kafka", "confluent_kafka")
TRANSPORTS = "libs/common/events/transport/"
SENDERS = frozenset({"libs/common/events/relay.py", "libs/common/events/dead_letters.py", "libs/common/events/replay.py"})


def route_permission(source: Source) -> Iterator[Finding]:
    """Every handler names its permission by `reading(...)` or `writing(...)`, or stands on the public list."""
    if not source.is_python or not source.under("services/", "gateway/", "libs/"):
        return
    gated = _gated_names(source.tree)
    for node in source.nodes():
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and any(_is_route(decorator) for decorator in node.decorator_list):
            arguments = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
            annotations = [argument.annotation for argument in arguments if argument.annotation]
            if not any(_is_gated(annotation, gated) for annotation in annotations):
                yield source.found(
                    "route-permission", node, f"the handler `{node.name}` names no permission (reading(...) or writing(...))"
                )
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in BY_CALL:
            yield source.found("route-permission", node, f"`{node.func.attr}` hides the handler; use a decorator, which this lint can read")


def _is_route(decorator: ast.expr) -> bool:
    if not isinstance(decorator, ast.Call) or not isinstance(decorator.func, ast.Attribute) or decorator.func.attr not in METHODS:
        return False
    owner = last(decorator.func.value)
    return "router" in owner.lower() or owner in {"app", "api"}


def _gated_names(tree: ast.Module) -> set[str]:
    """Return names of annotations that contain a gate: `Reader = Annotated[ReadSession, reading("...")]`."""
    names: set[str] = set()
    for statement in tree.body:
        match statement:
            case ast.Assign(targets=[ast.Name(id=name)], value=value) if _is_gated(value, names):
                names.add(name)
            case ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value) if _is_gated(value, names):
                names.add(name)
    return names


def _is_gated(annotation: ast.expr, gated: set[str]) -> bool:
    return any(
        (isinstance(node, ast.Call) and last(node.func) in GATES) or (isinstance(node, ast.Name) and node.id in gated)
        for node in ast.walk(annotation)
    )


def commit(source: Source) -> Iterator[Finding]:
    """Only the unit of work commits; nobody else opens a transaction that would."""
    if not source.is_python or not source.under("services/", "gateway/", "libs/"):
        return
    for node in source.nodes():
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            name, owner = node.func.attr, last(node.func.value)
            bare = not node.args and not node.keywords
            if name == "commit" and bare:
                yield source.found("commit", node, "commit outside the unit of work (libs/common/db/work.py)")
            elif source.under("services/", "gateway/") and name in {"begin", "transaction"} and owner != "db":
                yield source.found("commit", node, f"`.{name}()` opens a transaction of its own; use the ReadSession or WriteSession")
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value.strip(" ;\n").upper() in {"COMMIT", "BEGIN"}:
            yield source.found("commit", node, "a transaction steered by SQL text")


def producer(source: Source) -> Iterator[Finding]:
    """Nothing talks to the bus but the transports, and only the relay and its repair tools send."""
    if not source.is_python or not source.under("services/", "gateway/", "libs/", "stack/") or source.under(TRANSPORTS):
        return
    for node in source.nodes():
        for module in _imported(node):
            if module.split(".")[0] in PRODUCERS:
                yield source.found("producer", node, f"`{module}` is used by the transports only; record an event with db.record(...)")
        if isinstance(node, ast.Call) and dotted(node.func).endswith("transport.send") and source.path not in SENDERS:
            yield source.found("producer", node, "only the relay sends; record an event with db.record(...)")


def scope(source: Source) -> Iterator[Finding]:
    """A feature queries through the session it was given: own engines and connections have no scope."""
    if not source.is_python or not source.under("services/"):
        return
    for node in source.nodes():
        if isinstance(node, ast.Call):
            name = dotted(node.func)
            if name.rpartition(".")[2] in ENGINES or name in OWN_CONNECTIONS:
                yield source.found("scope", node, f"`{name}` makes a session without scope; query through ReadSession or WriteSession")
            elif isinstance(node.func, ast.Attribute) and last(node.func.value) == "engine" and node.func.attr in DRIVERS:
                yield source.found("scope", node, "a connection of the engine has no scope; query through ReadSession or WriteSession")
        if isinstance(node, ast.ImportFrom) and node.module == "asyncpg" and any(name.name in DRIVERS for name in node.names):
            yield source.found("scope", node, "a connection of one's own has no scope; query through ReadSession or WriteSession")


def _imported(node: ast.AST) -> list[str]:
    if isinstance(node, ast.Import):
        return [name.name for name in node.names]
    if isinstance(node, ast.ImportFrom) and node.level == 0:
        return [node.module or ""]
    return []
