"""The reference of all operations, schemas and problems, from the merged document."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from gateway.openapi import METHODS
from gateway.pages.html import Child, Html, both, el, table
from gateway.pages.layout import page, search_form
from gateway.pages.schemas import described, fields, type_of
from libs.common.text.search import fold

Document = Mapping[str, Any]


@dataclass(frozen=True)
class Operation:
    """One operation of the merged document."""

    method: str
    path: str
    content: Document

    @property
    def tag(self) -> str:
        """Service and feature, such as `registry/learners`."""
        return str(self.content["tags"][0])

    @property
    def anchor(self) -> str:
        """The id of the operation's place on its page."""
        return re.sub(r"[^a-z0-9]+", "-", f"{self.method}-{self.path}".lower()).strip("-")

    @property
    def address(self) -> str:
        """Where the operation is described."""
        return f"{tag_address(self.tag)}#{self.anchor}"

    @property
    def words(self) -> str:
        """What the search looks through."""
        content = self.content
        parts = (self.method, self.path, content.get("summary", ""), content.get("description", ""), content.get("x-permission", ""))
        return fold(" ".join((*parts, *content["tags"])))


def tag_address(tag: str) -> str:
    """Return where a feature is described."""
    return "/docs/" + quote(tag)


def operations(document: Document) -> list[Operation]:
    """Return all operations in their order."""
    return [
        Operation(method.upper(), path, item[method]) for path, item in document["paths"].items() for method in METHODS if method in item
    ]


def entry(operation: Operation) -> Html:
    """Return one line of an index."""
    name = [el("span", operation.method, class_="method"), el("code", operation.path)]
    return el("li", el("a", name, href=operation.address), " ", operation.content.get("summary"))


def index(found: list[Operation]) -> Html:
    """Return a list of operations."""
    return el("ul", *(entry(operation) for operation in found), class_="operations")


def access(operation: Operation) -> Html:
    """Return who may call the operation."""
    content = operation.content
    if content["security"] == []:
        return el("p", both("Mở: không cần mã truy cập.", "Open: no token needed."))
    permission = content.get("x-permission")
    if permission is None:
        return el("p", both("Cần mã truy cập.", "A token is needed."))
    return el("p", both("Quyền cần có:", "Permission needed:"), " ", el("code", permission))


def parameters(document: Document, operation: Operation) -> Html | None:
    """Return the table of parameters."""
    found = [resolve(document, parameter) for parameter in operation.content.get("parameters", [])]
    if not found:
        return None
    rows = [
        [
            el("code", parameter["name"]),
            parameter["in"],
            type_of(parameter.get("schema", {})),
            "có (yes)" if parameter.get("required") else "không (no)",
            [parameter.get("description"), " ", described({**parameter.get("schema", {}), "description": ""})],
        ]
        for parameter in found
    ]
    heads = [both("Tham số", "Parameter"), both("Ở", "In"), both("Kiểu", "Type"), both("Bắt buộc", "Required"), both("Ghi chú", "Notes")]
    return el("div", el("h3", both("Tham số", "Parameters")), table("Tham số (parameters)", heads, rows))


def resolve(document: Document, node: Document) -> Document:
    """Return what a reference refers to, or the node itself."""
    if "$ref" not in node:
        return node
    section, name = node["$ref"].removeprefix("#/components/").split("/", 1)
    found: Document = document["components"][section][name]
    return found


def contents(node: Document) -> Child:
    """Return the media types of a body and their schemas."""
    lines = [el("li", el("code", media), ": ", type_of(content.get("schema", {}))) for media, content in node.get("content", {}).items()]
    return el("ul", *lines) if lines else None


def body(document: Document, operation: Operation) -> Html | None:
    """Return what the request carries."""
    if "requestBody" not in operation.content:
        return None
    return el("div", el("h3", both("Nội dung gửi", "Request body")), contents(resolve(document, operation.content["requestBody"])))


def responses(document: Document, operation: Operation) -> Html:
    """Return the table of answers."""
    found = {status: resolve(document, answer) for status, answer in operation.content["responses"].items()}
    rows = [[status, answer.get("description"), contents(answer)] for status, answer in found.items()]
    heads = [both("Mã", "Status"), both("Ý nghĩa", "Meaning"), both("Nội dung", "Body")]
    return el("div", el("h3", both("Trả lời", "Responses")), table("Trả lời (responses)", heads, rows))


def full(document: Document, operation: Operation) -> Html:
    """Return the whole description of one operation."""
    content = operation.content
    heading = el("h2", el("span", operation.method, class_="method"), " ", el("code", operation.path))
    parts = [access(operation), parameters(document, operation), body(document, operation), responses(document, operation)]
    summary = [el("p", content[key]) for key in ("summary", "description") if content.get(key)]
    return el("section", heading, summary, parts, id=operation.anchor, class_="operation")


def overview(document: Document) -> bytes:
    """Return the page of all operations."""
    found = operations(document)
    parts = []
    for group in document["x-tagGroups"]:
        parts.append(el("h2", el("a", group["title"], href=f"/docs/{group['name']}"), id=group["name"]))
        for tag in group["tags"]:
            parts += [el("h3", el("a", tag, href=tag_address(tag))), index([operation for operation in found if operation.tag == tag])]
    return page(("Thao tác", "Operations"), search_form(), parts, current="/docs")


def tag_page(document: Document, tag: str) -> bytes | None:
    """Return the page of one feature (`registry/learners`) or of one service (`registry`); None when there is none."""
    found = [operation for operation in operations(document) if operation.tag == tag or operation.tag.startswith(tag + "/")]
    if not found:
        return None
    return page((tag, tag), index(found), [full(document, operation) for operation in found], current="/docs")


def schema_index(document: Document) -> bytes:
    """Return the page of all schemas."""
    names = document["components"].get("schemas", {})
    lines = [el("li", el("a", el("code", name), href=f"/docs/schemas/{name}")) for name in names]
    return page(("Kiểu dữ liệu", "Schemas"), search_form(), el("ul", *lines), current="/docs/schemas")


def schema_page(document: Document, name: str) -> bytes | None:
    """Return the page of one schema; None when there is none."""
    schema = document["components"].get("schemas", {}).get(name)
    if schema is None:
        return None
    description = el("p", schema["description"]) if "description" in schema else None
    users = [operation for operation in operations(document) if mentions(operation.content, name)]
    used = [el("h2", both("Dùng trong", "Used by")), index(users)] if users else None
    return page((name, name), description, fields(name, schema), used, current="/docs/schemas")


def mentions(node: Any, name: str) -> bool:
    """Whether a part of the document refers to the schema."""
    if isinstance(node, Mapping):
        return node.get("$ref") == f"#/components/schemas/{name}" or any(mentions(value, name) for value in node.values())
    return isinstance(node, list) and any(mentions(value, name) for value in node)


def problem_page(problems: list[Document]) -> bytes:
    """Return the page of all problems."""
    heads = [both("Loại", "Type"), both("Mã", "Status"), "Tiếng Việt", el("span", "English", lang="en")]
    rows = [
        [el("code", found["type"]), str(found["status"]), found["title"], el("span", found["title_en"], lang="en")] for found in problems
    ]
    explained = both(
        "Mọi lỗi là một tài liệu application/problem+json (RFC 9457); trường `type` không bao giờ đổi nghĩa.",
        "Every error is an application/problem+json document (RFC 9457); the meaning of `type` never changes.",
    )
    return page(("Lỗi", "Problems"), el("p", explained), table("Lỗi (problems)", heads, rows), current="/docs/problems")


def hits(document: Document, problems: list[Document], query: str) -> Iterator[tuple[tuple[str, str], list[Html]]]:
    """Yield what was found, by kind: every word of the query must occur, accents and capitals do not matter."""
    words = fold(query).split()

    def fits(text: str) -> bool:
        return all(word in text for word in words)

    yield ("Thao tác", "Operations"), [entry(operation) for operation in operations(document) if fits(operation.words)]
    schemas = document["components"].get("schemas", {})
    found = [
        name
        for name, schema in schemas.items()
        if fits(fold(" ".join((name, schema.get("description", ""), *schema.get("properties", {})))))
    ]
    yield ("Kiểu dữ liệu", "Schemas"), [el("li", el("a", el("code", name), href=f"/docs/schemas/{name}")) for name in found]
    meant = [one for one in problems if fits(fold(f"{one['type']} {one['status']} {one['title']} {one['title_en']}"))]
    yield ("Lỗi", "Problems"), [el("li", el("code", one["type"]), " ", both(one["title"], one["title_en"])) for one in meant]


def search_page(document: Document, problems: list[Document], query: str) -> bytes:
    """Return the page of what the query found."""
    found = [(title, lines) for title, lines in hits(document, problems, query) if lines]
    parts = [[el("h2", both(*title)), el("ul", *lines, class_="operations")] for title, lines in found]
    nothing = el("p", both("Không tìm thấy gì.", "Nothing found."), role="status")
    return page(("Kết quả tìm kiếm", "Search results"), search_form(query), parts or nothing, current="/docs")
