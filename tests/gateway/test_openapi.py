"""The merged OpenAPI document."""

from typing import Any

import jsonschema_rs
import pytest
from schemathesis.specs.openapi.definitions import OPENAPI_31

from gateway.openapi import merge, references
from tests.gateway.contracts import BOTH

PROBLEM = {"type": "object", "properties": {"type": {"type": "string"}}}


def schema_ref(name: str) -> dict[str, Any]:
    return {"$ref": f"#/components/schemas/{name}"}


def document(service: str, schemas: dict[str, Any], **operation: Any) -> dict[str, Any]:
    found = {
        "tags": ["things"],
        "operationId": "list_things",
        "security": [{"own": []}],
        "responses": {"200": {"description": "ok", "content": {"application/json": {"schema": schema_ref("Thing")}}}},
        **operation,
    }
    return {
        "openapi": "3.1.0",
        "info": {"title": service, "version": "1.0.0"},
        "paths": {f"/{service}/v1/things": {"get": found}, "/health/live": {"get": {"responses": {"200": {"description": "ok"}}}}},
        "components": {"schemas": {"Problem": PROBLEM, **schemas}, "securitySchemes": {"own": {"type": "http", "scheme": "basic"}}},
    }


COLOUR = {"type": "string", "enum": ["red"]}
ONE = document(
    "one", {"Thing": {"type": "object", "properties": {"part": schema_ref("Part")}}, "Part": {"type": "integer"}, "Colour": COLOUR}
)
TWO = document(
    "two", {"Thing": {"type": "object", "properties": {"part": schema_ref("Part")}}, "Part": {"type": "string"}, "Colour": COLOUR}
)
MERGED = merge({"one": ONE, "two": TWO})
SCHEMAS = MERGED["components"]["schemas"]


@pytest.mark.parametrize("merged", [MERGED, merge(BOTH), merge({"one": ONE})], ids=["colliding", "fixtures", "single"])
def test_valid(merged: dict[str, Any]) -> None:
    """The merged document is valid OpenAPI 3.1 and every reference in it leads somewhere."""
    jsonschema_rs.validator_for(OPENAPI_31).validate(merged)
    for section, name in references(merged):
        assert name in merged["components"][section]


def test_equal_components_once() -> None:
    assert SCHEMAS["Problem"] == PROBLEM
    assert "OneProblem" not in SCHEMAS
    assert "OneColour" not in SCHEMAS


def test_different_components_prefixed() -> None:
    assert "Part" not in SCHEMAS
    assert SCHEMAS["OnePart"] == {"type": "integer"}
    assert SCHEMAS["TwoPart"] == {"type": "string"}


def test_component_that_refers_to_a_different_one_is_different() -> None:
    """`Thing` is word for word the same in both, yet means two things."""
    assert "Thing" not in SCHEMAS
    assert SCHEMAS["OneThing"]["properties"]["part"] == schema_ref("OnePart")
    answer = MERGED["paths"]["/two/v1/things"]["get"]["responses"]["200"]
    assert answer["content"]["application/json"]["schema"] == schema_ref("TwoThing")


def test_prefixed_name_in_use() -> None:
    """A name that the prefix would make, but which exists already, is left alone."""
    one = document("one", {"Part": {"type": "integer"}, "OnePart": {"type": "null"}, "Thing": {"type": "object"}})
    schemas = merge({"one": one, "two": TWO})["components"]["schemas"]
    assert (schemas["OnePart"], schemas["OnePart2"]) == ({"type": "null"}, {"type": "integer"})


def test_discriminator_mapping_follows() -> None:
    union = {"oneOf": [schema_ref("Part")], "discriminator": {"propertyName": "kind", "mapping": {"part": "#/components/schemas/Part"}}}
    one = document("one", {"Part": {"type": "integer"}, "Thing": union})
    assert merge({"one": one, "two": TWO})["components"]["schemas"]["OneThing"]["discriminator"]["mapping"] == {
        "part": "#/components/schemas/OnePart"
    }


def test_one_security_scheme() -> None:
    """The services' schemes give way to the one; an open operation stays open."""
    assert list(MERGED["components"]["securitySchemes"]) == ["bearer"]
    assert MERGED["paths"]["/one/v1/things"]["get"]["security"] == [{"bearer": []}]
    opened = merge({"one": document("one", {"Thing": {}}, security=[])})
    assert opened["paths"]["/one/v1/things"]["get"]["security"] == []


def test_only_published_paths() -> None:
    assert list(MERGED["paths"]) == ["/one/v1/things", "/two/v1/things"]


def test_tags_and_operation_ids() -> None:
    one, two = (MERGED["paths"][f"/{name}/v1/things"]["get"] for name in ("one", "two"))
    assert (one["tags"], two["tags"]) == (["one/things"], ["two/things"])
    assert (one["operationId"], two["operationId"]) == ("one_list_things", "two_list_things")
    assert [group["tags"] for group in MERGED["x-tagGroups"]] == [["one/things"], ["two/things"]]


def test_inputs_unchanged() -> None:
    before = str(ONE)
    merge({"one": ONE, "two": TWO})
    assert str(ONE) == before


def test_path_claimed_twice() -> None:
    """Two services under one name cannot share a path."""
    nested = {**ONE, "paths": {"/one/two/x": ONE["paths"]["/one/v1/things"]}}
    with pytest.raises(ValueError, match="claimed by two services"):
        merge({"one": nested, "one/two": {**nested, "paths": {"/one/two/x": ONE["paths"]["/one/v1/things"]}}})
