"""Drift names its place; what breaks a caller is told from what does not."""

from __future__ import annotations

from copy import deepcopy
from typing import TYPE_CHECKING, Any

import pytest

from tests.house.breaking import breaks
from tests.house.contracts import difference

if TYPE_CHECKING:
    from collections.abc import Callable

OLD: dict[str, Any] = {
    "info": {"version": "1.0.0"},
    "paths": {
        "/x": {
            "post": {
                "parameters": [{"in": "query", "name": "q"}],
                "requestBody": {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/In"}}}},
                "responses": {"201": {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Out"}}}}},
            }
        }
    },
    "components": {
        "schemas": {
            "In": {"properties": {"name": {"type": "string"}, "kind": {"$ref": "#/components/schemas/Kind"}}, "required": ["name"]},
            "Out": {"properties": {"name": {"type": "string"}, "size": {"type": "integer"}}},
            "Kind": {"enum": ["a", "b"]},
        }
    },
}

BREAKING: dict[str, tuple[Callable[[dict[str, Any]], object], str]] = {
    "path": (lambda d: d["paths"].clear(), "POST /x is gone"),
    "parameter": (lambda d: d["paths"]["/x"]["post"]["parameters"].clear(), "POST /x no longer takes the query parameter q"),
    "demanded parameter": (
        lambda d: d["paths"]["/x"]["post"]["parameters"][0].update(required=True),
        "POST /x demands the query parameter q",
    ),
    "status": (lambda d: d["paths"]["/x"]["post"]["responses"].clear(), "POST /x no longer answers 201"),
    "body": (lambda d: d["paths"]["/x"]["post"]["requestBody"].update(required=True), "POST /x demands a body"),
    "answer field": (lambda d: d["components"]["schemas"]["Out"]["properties"].pop("size"), "answers with Out lose size"),
    "body field": (lambda d: d["components"]["schemas"]["In"]["required"].append("kind"), "bodies of In demand kind"),
    "value": (lambda d: d["components"]["schemas"]["Kind"]["enum"].remove("b"), "Kind no longer takes b"),
    "type": (lambda d: d["components"]["schemas"]["Out"]["properties"]["size"].update(type="string"), "Out.size changes its type"),
}

HARMLESS: dict[str, Callable[[dict[str, Any]], object]] = {
    "new path": lambda d: d["paths"].update({"/y": {"get": {}}}),
    "new optional parameter": lambda d: d["paths"]["/x"]["post"]["parameters"].append({"in": "query", "name": "r"}),
    "new answer field": lambda d: d["components"]["schemas"]["Out"]["properties"].update(more={"type": "string"}),
    "new value": lambda d: d["components"]["schemas"]["Kind"]["enum"].append("c"),
    "description": lambda d: d["components"]["schemas"]["Out"]["properties"]["size"].update(description="in bytes"),
    "new major version": lambda d: (d["info"].update(version="2.0.0"), d["paths"].clear()),
}


@pytest.mark.parametrize("case", BREAKING)
def test_a_change_that_breaks_callers(case: str) -> None:
    change, fault = BREAKING[case]
    new = deepcopy(OLD)
    change(new)
    assert breaks(OLD, new) == [fault]


@pytest.mark.parametrize("case", HARMLESS)
def test_a_change_that_does_not(case: str) -> None:
    new = deepcopy(OLD)
    HARMLESS[case](new)
    assert breaks(OLD, new) == []


def test_drift_names_its_place() -> None:
    assert difference({"a": {"/x": [1, 2]}}, {"a": {"/x": [1, 3]}}) == "#/a/~1x/1"
    assert difference({"a": 1}, {"a": 1, "b": 2}) == "#/b"
    assert difference({"a": [1]}, {"a": [1]}) is None
