"""One OpenAPI 3.1 document out of the services' documents."""

from collections.abc import Iterator, Mapping
from typing import Any

from gateway.contracts import Document, is_public

Node = Any
SCHEME = "bearer"
VERSION = "1.0.0"
PREFIX = "#/components/"
METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")
DESCRIPTION = (
    "Nền tảng số dùng chung của ngành giáo dục một tỉnh: một lần đăng nhập, một sổ đăng ký người học và nhà giáo.\n\n"
    "The shared digital platform of one province's education sector: one login, one registry of learners and teachers."
)

# A component's place: its section and its name, such as ("schemas", "LearnerOut").
Key = tuple[str, str]


def components(document: Document) -> dict[Key, Node]:
    """Return the components of a document; security schemes are the gateway's affair."""
    sections = document.get("components", {})
    return {
        (section, name): content for section, named in sections.items() if section != "securitySchemes" for name, content in named.items()
    }


def references(node: Node) -> Iterator[Key]:
    """Yield every component that a part of a document refers to."""
    if isinstance(node, Mapping):
        for name, value in node.items():
            if isinstance(value, str) and value.startswith(PREFIX):
                section, _, rest = value.removeprefix(PREFIX).partition("/")
                yield section, rest
            elif name not in {"example", "examples", "default", "const", "enum"}:
                yield from references(value)
    elif isinstance(node, list):
        for value in node:
            yield from references(value)


def differing(documents: Mapping[str, Document]) -> set[Key]:
    """Return the components that mean different things in different services: by their own content or by what they refer to."""
    contents: dict[Key, list[Node]] = {}
    for document in documents.values():
        for key, content in components(document).items():
            contents.setdefault(key, []).append(content)
    found = {key for key, versions in contents.items() if any(version != versions[0] for version in versions)}
    shared = {key: set(references(versions[0])) for key, versions in contents.items() if len(versions) > 1}
    while more := {key for key, used in shared.items() if key not in found and used & found}:
        found |= more
    return found


def renamed(service: str, names: set[Key], taken: set[Key]) -> dict[Key, Key]:
    """Return the new names of one service's components: the service's name in front, and a number if even that is in use."""
    result = {}
    for section, name in sorted(names):
        wanted = candidate = service.title().replace("-", "").replace("_", "") + name
        number = 2
        while (section, candidate) in taken:
            candidate, number = f"{wanted}{number}", number + 1
        taken.add((section, candidate))
        result[section, name] = (section, candidate)
    return result


def rewritten(node: Node, names: Mapping[Key, Key]) -> Node:
    """Return the part with its references changed to the new names."""
    if isinstance(node, Mapping):
        return {name: rewritten(value, names) for name, value in node.items()}
    if isinstance(node, list):
        return [rewritten(value, names) for value in node]
    if isinstance(node, str) and node.startswith(PREFIX):
        section, _, name = node.removeprefix(PREFIX).partition("/")
        return PREFIX + "/".join(names.get((section, name), (section, name)))
    return node


def operation(service: str, document: Document, found: Document) -> dict[str, Any]:
    """Return one operation as it stands in the merged document: tagged by its service, secured by the one scheme."""
    tags = [f"{service}/{tag}" for tag in found.get("tags", [])] or [service]
    scopes = sorted({scope for requirement in found.get("security", []) for needed in requirement.values() for scope in needed})
    security: list[dict[str, list[str]]] = [] if is_public(document, found) else [{SCHEME: scopes}]
    return {**found, "tags": tags, "security": security}


def path_item(service: str, document: Document, item: Document) -> dict[str, Any]:
    """Return one path with its operations."""
    return {name: operation(service, document, value) if name in METHODS else value for name, value in item.items()}


def operations(item: Document) -> Iterator[dict[str, Any]]:
    """Yield the operations of a path."""
    yield from (item[method] for method in METHODS if method in item)


def unique_operation_ids(paths: Mapping[str, Document]) -> None:
    """Put the service in front of each operation id that occurs twice."""
    seen: dict[str, int] = {}
    every = [found for item in paths.values() for found in operations(item) if "operationId" in found]
    for found in every:
        seen[found["operationId"]] = seen.get(found["operationId"], 0) + 1
    for found in every:
        if seen[found["operationId"]] > 1:
            found["operationId"] = f"{found['tags'][0].split('/', 1)[0]}_{found['operationId']}"


def problems(documents: Mapping[str, Document]) -> list[dict[str, Any]]:
    """Return the union of the services' problem lists, by type."""
    found = {problem["type"]: problem for document in documents.values() for problem in document.get("x-problems", [])}
    return [found[kind] for kind in sorted(found)]


def tags_of(paths: Mapping[str, Document]) -> list[str]:
    """Return the tags in use, in order of appearance."""
    return list(dict.fromkeys(tag for item in paths.values() for found in operations(item) for tag in found["tags"]))


def groups(documents: Mapping[str, Document], tags: list[str]) -> list[dict[str, Any]]:
    """Return the tags grouped by service."""
    return [
        {"name": service, "title": document["info"]["title"], "tags": [tag for tag in tags if tag.split("/", 1)[0] == service]}
        for service, document in documents.items()
    ]


def merge(documents: Mapping[str, Document], *, server: str = "/") -> dict[str, Any]:
    """Return one document for all services, by service name.

    Published are the paths under `/<service>/`. A component that several services share word for word appears once; one that differs is
    prefixed with the service's name. The order of the services is kept. Raises ValueError when two services claim one path.
    """
    different = differing(documents)
    taken = {key for document in documents.values() for key in components(document)}
    paths: dict[str, Any] = {}
    merged: dict[str, dict[str, Node]] = {}
    for service, document in documents.items():
        own = components(document)
        names = renamed(service, different & own.keys(), taken)
        for key, content in own.items():
            section, name = names.get(key, key)
            merged.setdefault(section, {})[name] = rewritten(content, names)
        published = {path: item for path, item in document.get("paths", {}).items() if path.startswith(f"/{service}/")}
        if twice := paths.keys() & published.keys():
            raise ValueError(f"claimed by two services: {sorted(twice)}")
        paths |= {path: rewritten(path_item(service, document, item), names) for path, item in published.items()}
    unique_operation_ids(paths)
    tags = tags_of(paths)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Liên Thông", "version": VERSION, "description": DESCRIPTION},
        "servers": [{"url": server}],
        "security": [{SCHEME: []}],
        "tags": [{"name": tag} for tag in tags],
        "x-tagGroups": groups(documents, tags),
        "x-problems": problems(documents),
        "paths": paths,
        "components": {
            **{section: dict(sorted(named.items())) for section, named in sorted(merged.items())},
            "securitySchemes": {SCHEME: {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}},
        },
    }
