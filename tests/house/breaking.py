"""What of an OpenAPI document its callers rely on: a change inside a major version may add, never take away or demand more."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

METHODS = ("get", "put", "post", "delete", "patch", "head", "options")
Document = dict[str, Any]


def breaks(old: Document, new: Document) -> list[str]:
    """Return each change that breaks a caller; none when the major version grew."""
    if str(old.get("info", {}).get("version", "1")).split(".")[0] != str(new.get("info", {}).get("version", "1")).split(".")[0]:
        return []
    return [*_operations(old, new), *_schemas(old, new)]


def _operations(old: Document, new: Document) -> Iterator[str]:
    for path, item in old.get("paths", {}).items():
        for method in METHODS:
            if method not in item:
                continue
            name = f"{method.upper()} {path}"
            after = new.get("paths", {}).get(path, {}).get(method)
            if after is None:
                yield f"{name} is gone"
                continue
            yield from _parameters(name, item[method], after)
            if after.get("requestBody", {}).get("required") and not item[method].get("requestBody", {}).get("required"):
                yield f"{name} demands a body"
            for status in item[method].get("responses", {}):
                if status.startswith("2") and status not in after.get("responses", {}):
                    yield f"{name} no longer answers {status}"


def _parameters(name: str, old: Document, new: Document) -> Iterator[str]:
    before, after = _by_key(old), _by_key(new)
    for place, parameter in before.keys() - after.keys():
        yield f"{name} no longer takes the {place} parameter {parameter}"
    for key, found in after.items():
        if found.get("required") and not before.get(key, {}).get("required"):
            yield f"{name} demands the {key[0]} parameter {key[1]}"


def _by_key(operation: Document) -> dict[tuple[str, str], Document]:
    return {(found["in"], found["name"]): found for found in operation.get("parameters", []) if "name" in found}


def _schemas(old: Document, new: Document) -> Iterator[str]:
    sent, returned = _used(old, request=True), _used(old, request=False)
    after = new.get("components", {}).get("schemas", {})
    for name, schema in old.get("components", {}).get("schemas", {}).items():
        changed = after.get(name)
        if changed is None:
            continue  # renamed or taken out of use: the operations tell whether anybody misses it
        before, now = schema.get("properties", {}), changed.get("properties", {})
        if name in returned:
            yield from (f"answers with {name} lose {field}" for field in before.keys() - now.keys())
        if name in sent:
            yield from (f"bodies of {name} no longer take {field}" for field in before.keys() - now.keys())
            demanded = set(changed.get("required", ())) - set(schema.get("required", ()))
            yield from (f"bodies of {name} demand {field}" for field in demanded)
            lost = set(map(str, schema.get("enum", ()))) - set(map(str, changed.get("enum", schema.get("enum", ()))))
            yield from (f"{name} no longer takes {value}" for value in lost)
        yield from (
            f"{name}.{field} changes its type" for field in before.keys() & now.keys() if _types(before[field]) != _types(now[field])
        )


def _types(schema: Document) -> object:
    """Return what a value may look like, blind to descriptions and limits."""
    options = schema.get("anyOf") or schema.get("oneOf") or [schema]
    return sorted(str(option.get("type") or option.get("$ref") or option.get("const")) for option in options)


def _used(document: Document, *, request: bool) -> set[str]:
    """Return the names of schemas that requests (or answers) refer to, directly or through others."""
    starts = [
        part
        for item in document.get("paths", {}).values()
        for method, operation in item.items()
        if method in METHODS
        for part in ([operation.get("requestBody", {})] if request else [operation.get("responses", {})])
    ]
    schemas: Mapping[str, Any] = document.get("components", {}).get("schemas", {})
    seen: set[str] = set()
    waiting = [name for start in starts for name in _references(start)]
    while waiting:
        name = waiting.pop()
        if name not in seen:
            seen.add(name)
            waiting += _references(schemas.get(name, {}))
    return seen


def _references(node: object) -> list[str]:
    if isinstance(node, dict):
        here = [node["$ref"].rpartition("/")[2]] if isinstance(node.get("$ref"), str) else []
        return here + [name for value in node.values() for name in _references(value)]
    if isinstance(node, list):
        return [name for value in node for name in _references(value)]
    return []
