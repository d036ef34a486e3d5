"""Lints on what code may do: SQL from constants, aware instants, plain ASGI middleware, pure rules, features behind their service."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

from tests.house.source import Finding, Source, dotted, last

if TYPE_CHECKING:
    from collections.abc import Iterator

SQL = re.compile(
    r"\b(SELECT\s|INSERT\s+INTO|UPDATE\s+\S+\s+SET|DELETE\s+FROM|MERGE\s+INTO|TRUNCATE\s|COPY\s+\S|LISTEN\s|NOTIFY\s|VALUES\s*\()"
    r"|\b(CREATE|ALTER|DROP|GRANT|REVOKE)\s+(TABLE|INDEX|UNIQUE|ROLE|DATABASE|SCHEMA|POLICY|FUNCTION|EXTENSION|SELECT|ALL|USAGE|CONNECT)\b"
)
CONSTANT_NAME = re.compile(r"^_?[A-Z][A-Z0-9_]*$")
EXECUTORS = frozenset(
    {"execute", "executemany", "fetch", "fetchrow", "fetchval", "scalar", "scalars", "text", "exec_driver_sql", "prepare"}
)
CLOCKS = frozenset({"datetime.now", "datetime.today", "datetime.utcnow", "date.today"})
NAIVE = frozenset({"utcnow", "utcfromtimestamp"})
IMPURE = (
    *("aiokafka", "asyncio", "asyncpg", "fastapi", "httpx", "os", "random", "requests", "secrets", "socket", "sqlalchemy", "sqlmodel"),
    *("starlette", "subprocess", "time", "libs.common.app", "libs.common.clock", "libs.common.db", "libs.common.events"),
    *("libs.common.http", "libs.common.ids", "libs.common.service", "libs.common.settings"),
)
CLOSED_PARTS = frozenset({"routes", "consumers", "queries"})
FEATURE_DEPTH = 4


def sql(source: Source) -> Iterator[Finding]:
    """SQL is a constant, or constants joined; values go in as parameters."""
    if not source.is_python:
        return
    inside: set[int] = set()
    for node in source.nodes():
        if id(node) in inside:
            continue
        reason = _dynamic(node)
        if reason and SQL.search(_constant_text(node)):
            inside.update(id(part) for part in ast.walk(node))
            yield source.found("sql", node, f"SQL built by {reason}; use constants and bound parameters")
        elif isinstance(node, ast.Call) and node.args and last(node.func) in EXECUTORS and _dynamic(node.args[0]):
            inside.update(id(part) for part in ast.walk(node.args[0]))
            yield source.found(
                "sql", node, f"`{last(node.func)}` gets text built by {_dynamic(node.args[0])}; use constants and bound parameters"
            )


def _dynamic(node: ast.AST) -> str:
    """Say how a text is built when values flow into it; nothing when it is constant."""
    match node:
        case ast.JoinedStr() if any(isinstance(part, ast.FormattedValue) and not _is_constant(part.value) for part in node.values):
            return "an f-string"
        case ast.BinOp(op=ast.Mod(), left=left) if _is_text(left):
            return "%"
        case ast.BinOp(op=ast.Add()) if not _is_constant(node) and _is_text(node):
            return "+"
        case ast.Call(func=ast.Attribute(attr="format", value=value)) if _is_text(value) and not _is_constant(node):
            return ".format()"
    return ""


def _is_constant(node: ast.AST) -> bool:
    match node:
        case ast.Constant():
            return True
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return bool(CONSTANT_NAME.match(name))
        case ast.BinOp(left=left, right=right):
            return _is_constant(left) and _is_constant(right)
        case ast.Call(func=ast.Attribute(attr="format", value=value), args=args, keywords=keywords):
            return _is_constant(value) and all(map(_is_constant, [*args, *(keyword.value for keyword in keywords)]))
        case ast.JoinedStr(values=values):
            return all(_is_constant(value.value) if isinstance(value, ast.FormattedValue) else _is_constant(value) for value in values)
    return False


def _is_text(node: ast.AST) -> bool:
    """Tell whether an expression holds a text constant at its surface."""
    match node:
        case ast.Constant(value=value):
            return isinstance(value, str)
        case ast.JoinedStr():
            return True
        case ast.BinOp(left=left, right=right):
            return _is_text(left) or _is_text(right)
        case ast.Name(id=name):
            return bool(CONSTANT_NAME.match(name)) and "SQL" in name
    return False


def _constant_text(node: ast.AST) -> str:
    return " ".join(part.value for part in ast.walk(node) if isinstance(part, ast.Constant) and isinstance(part.value, str))


def clock(source: Source) -> Iterator[Finding]:
    """Instants are aware; outside tests there is one clock."""
    if not source.is_python:
        return
    ours = source.under("libs/", "services/", "gateway/", "stack/")
    for node in source.nodes():
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
            continue
        name = ".".join(dotted(node.func).split(".")[-2:])
        bare = not node.args and not any(keyword.arg in {"tz", "tzinfo"} for keyword in node.keywords)
        if node.func.attr in NAIVE or (name in CLOCKS and bare):
            yield source.found("clock", node, f"`{name}()` is naive; use libs.common.clock")
        elif name == "datetime.fromtimestamp" and len(node.args) + len(node.keywords) < len(("timestamp", "tz")):
            yield source.found("clock", node, "`fromtimestamp` without a zone is naive")
        elif ours and name in CLOCKS:
            yield source.found("clock", node, f"`{name}(...)`: ask libs.common.clock.now() or today(), so that tests can set it")


def middleware(source: Source) -> Iterator[Finding]:
    """Middleware is a plain ASGI class: Starlette's base class buffers, breaks context variables and halves the throughput."""
    if not source.is_python:
        return
    base = "BaseHTTP" + "Middleware"
    for node in source.nodes():
        named = (isinstance(node, ast.Name) and node.id == base) or (isinstance(node, ast.Attribute) and node.attr == base)
        imported = isinstance(node, ast.ImportFrom) and any(name.name == base for name in node.names)
        http = isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "middleware" and bool(node.args)
        if named or imported or http:
            yield source.found("middleware", node, f"{base} (or @app.middleware): write a plain ASGI class")


def purity(source: Source) -> Iterator[Finding]:
    """`rules.py` decides law and arithmetic without I/O, chance or a clock."""
    if not source.is_python or not source.path.startswith("services/") or not source.path.endswith("/rules.py"):
        return
    for node, module in _imports(source):
        if any(module == impure or module.startswith(f"{impure}.") for impure in IMPURE):
            yield source.found("purity", node, f"rules are pure: `{module}` does not belong here")


def features(source: Source) -> Iterator[Finding]:
    """A feature knows another feature's service, rows, schemas, events and rules, never its routes, consumers or queries."""
    if not source.is_python or not source.path.startswith("services/"):
        return
    here = source.path.removesuffix(".py").split("/")
    if len(here) < FEATURE_DEPTH or here[2] == "migrations":
        return
    for node, module in _imports(source):
        there = module.split(".")
        if len(there) >= FEATURE_DEPTH and there[:2] == here[:2] and there[2] != here[2] and there[3] in CLOSED_PARTS:
            yield source.found("features", node, f"`{module}` is inside another feature; go through its service")


def _imports(source: Source) -> Iterator[tuple[ast.AST, str]]:
    """Yield every imported module with each imported name as a possible submodule."""
    for node in source.nodes():
        if isinstance(node, ast.Import):
            yield from ((node, name.name) for name in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            yield from ((node, f"{node.module}.{name.name}") for name in node.names)
