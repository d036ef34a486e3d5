"""What the gateway needs to know of a service, read from its OpenAPI document."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

METHODS = ("get", "head", "put", "delete", "post", "patch", "options")
# Bodies of these types are files; everything else is a document of ordinary size.
FILE_TYPES = (
    "multipart/form-data",
    "text/csv",
    "application/octet-stream",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "application/zip",
)

Document = Mapping[str, Any]


@dataclass(frozen=True)
class Operation:
    """One method of one path, as far as the gateway treats it differently."""

    service: str
    path: str
    method: str
    public: bool
    takes_file: bool
    gives_file: bool

    @property
    def templated(self) -> bool:
        """Whether the path has parameters."""
        return "{" in self.path

    def overlaps(self, other: "Operation") -> bool:
        """Whether some path fits both operations."""
        ours, theirs = self.path.split("/"), other.path.split("/")
        if ":path}" in self.path + other.path:
            return self.method == other.method and all("{" in a + b or a == b for a, b in zip(ours, theirs, strict=False))
        fits = len(ours) == len(theirs) and all("{" in a + b or a == b for a, b in zip(ours, theirs, strict=True))
        return self.method == other.method and fits


def is_public(document: Document, operation: Document) -> bool:
    """Whether the operation is open without a token: `security: []` (the operation's own word goes before the document's)."""
    return bool(operation.get("security", document.get("security")) == [])


def takes_file(operation: Document) -> bool:
    """Whether the operation accepts an uploaded file."""
    content = operation.get("requestBody", {}).get("content", {})
    return any(media in FILE_TYPES for media in content)


def gives_file(operation: Document) -> bool:
    """Whether the operation answers with a file, which may take long to make and to send."""
    answers = operation.get("responses", {}).values()
    return any(media in FILE_TYPES for answer in answers for media in answer.get("content", {}))


def operations(service: str, document: Document) -> Iterator[Operation]:
    """Yield every published operation in the document's order; what is not under the service's prefix (health, metrics) stays inside."""
    for path, item in document.get("paths", {}).items():
        for method in METHODS if path.startswith(f"/{service}/") else ():
            if method in item:
                found = item[method]
                yield Operation(
                    service=service,
                    path=path,
                    method=method.upper(),
                    public=is_public(document, found),
                    takes_file=takes_file(found),
                    gives_file=gives_file(found),
                )


def path_pattern(path: str) -> str:
    """Return the RE2 pattern of a path template: a parameter is one segment."""
    parts = re.split(r"\{([^}]*)\}", path)
    return "".join(re.escape(part).replace(r"\-", "-") if index % 2 == 0 else segment(part) for index, part in enumerate(parts))


def segment(name: str) -> str:
    """Return the pattern of one parameter; Starlette's `{name:path}` spans segments."""
    return ".+" if name.endswith(":path") else "[^/]+"


def read(folder: Path, services: list[str]) -> dict[str, Document]:
    """Read the contract of each service. Raises FileNotFoundError naming the missing one."""
    return {service: json.loads((folder / service / "contract" / "openapi.json").read_bytes()) for service in services}
