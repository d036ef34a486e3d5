"""Schemas as a reader sees them: a type in one line, an object as a table of its fields."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from gateway.pages.html import Child, Html, both, el, table

Schema = Mapping[str, Any]
REFERENCE = "#/components/schemas/"
BOUNDS = (
    ("minLength", "≥ {} ký tự (characters)"),
    ("maxLength", "≤ {} ký tự (characters)"),
    ("minimum", "≥ {}"),
    ("maximum", "≤ {}"),
    ("exclusiveMinimum", "> {}"),
    ("exclusiveMaximum", "< {}"),
    ("minItems", "≥ {} mục (items)"),
    ("maxItems", "≤ {} mục (items)"),
    ("pattern", "mẫu (pattern) {}"),
    ("default", "mặc định (default) {}"),
)


def text(value: Any) -> str:
    """Return a JSON value as it is written, strings without their quotes."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def joined(parts: list[Child], between: str) -> list[Child]:
    """Return the parts with a text between them."""
    return [piece for index, part in enumerate(parts) for piece in ((between, part) if index else (part,))]


def named(name: str) -> Html:
    """Return a link to a schema's page."""
    return el("a", el("code", name), href=f"/docs/schemas/{name}")


def type_of(schema: Schema) -> Child:
    """Return the type in one line, with links to the schemas it names."""
    if "$ref" in schema:
        return named(schema["$ref"].removeprefix(REFERENCE))
    for union in ("anyOf", "oneOf"):
        if union in schema:
            return joined([type_of(option) for option in schema[union]], " | ")
    if "allOf" in schema:
        return joined([type_of(option) for option in schema["allOf"]], " & ")
    if "const" in schema:
        return el("code", text(schema["const"]))
    if "enum" in schema:
        return joined([el("code", text(value)) for value in schema["enum"]], " | ")
    return plain_type(schema)


def plain_type(schema: Schema) -> Child:
    """Return the type of a schema that names no other way of choosing."""
    kind = schema.get("type", "any")
    if kind == "array":
        return ["[", type_of(schema.get("items", {})), "]"]
    if kind == "object" and isinstance(schema.get("additionalProperties"), Mapping):
        return ["{…: ", type_of(schema["additionalProperties"]), "}"]
    written = " | ".join(kind) if isinstance(kind, list) else str(kind)
    return f"{written} ({schema['format']})" if "format" in schema else written


def bounds(schema: Schema) -> Iterator[str]:
    """Yield the limits of a value; those of an optional value are on the option that is not null."""
    for option in (schema, *schema.get("anyOf", [])):
        for key, words in BOUNDS:
            if key in option and option[key] is not None:
                yield words.format(text(option[key]))


def described(schema: Schema) -> Child:
    """Return description and limits of a field."""
    limits = "; ".join(dict.fromkeys(bounds(schema)))
    return [schema.get("description"), " " if "description" in schema and limits else None, limits or None]


def fields(name: str, schema: Schema) -> Html:
    """Return the fields of an object, or the type of anything else."""
    properties = schema.get("properties")
    if not properties:
        return el("p", type_of(schema))
    required = set(schema.get("required", []))
    rows = [
        [el("code", field), type_of(content), "có (yes)" if field in required else "không (no)", described(content)]
        for field, content in properties.items()
    ]
    heads = [both("Trường", "Field"), both("Kiểu", "Type"), both("Bắt buộc", "Required"), both("Ghi chú", "Notes")]
    return table(name, heads, rows)
