"""The published documents: what the code makes, valid by their own standards, and complete enough for a vendor to work from."""

from collections import Counter
from collections.abc import Iterator
from functools import cache
from typing import Any

import orjson
import pytest
from jsonschema import Draft202012Validator
from schemathesis.specs.openapi.definitions import OPENAPI_31_VALIDATOR

from libs.common.errors import MEDIA_TYPE, TYPE_PREFIX
from services.learning.content.sniff import ACCEPTED
from tests.contract.operations import Operation, contract, every, operations, service, services
from tests.house.breaking import breaks
from tests.house.contracts import committed, difference
from tests.house.source import ROOT

every_service = pytest.mark.parametrize("name", services())
every_operation = every(operations())
# What any caller may meet anywhere, so that every operation lists it.
PROBLEMS = ("400", "401", "403", "404", "422", "429", "503")
PROBLEM = {"$ref": "#/components/schemas/ProblemOut"}


def references(node: object) -> Iterator[str]:
    if isinstance(node, dict):
        if isinstance(node.get("$ref"), str):
            yield node["$ref"]
        for value in node.values():
            yield from references(value)
    elif isinstance(node, list):
        for value in node:
            yield from references(value)


def resolve(document: Any, pointer: str) -> Any:
    for part in pointer.removeprefix("#/").split("/"):
        document = document[part.replace("~1", "/").replace("~0", "~")]
    return document


@cache
def made_by(name: str) -> dict[str, Any]:
    """Return the documents that the code makes, by file name."""
    return dict(orjson.loads(orjson.dumps(service(name).contracts())))


@every_service
def test_the_committed_documents_are_what_the_code_makes(name: str) -> None:
    """Made here, where the other services' problems are known too; `make check` makes them in a process of their own."""
    for file, made in made_by(name).items():
        kept = orjson.loads((ROOT / "services" / name / "contract" / file).read_bytes())
        assert all(problem in made.get("x-problems", ()) for problem in kept.get("x-problems", ()))
        same = made | {"x-problems": kept["x-problems"]} if "x-problems" in kept else made
        assert difference(kept, same) is None, f"python -m services.{name}.main openapi"


@every_service
def test_a_document_breaks_no_caller(name: str) -> None:
    before = committed(name, "openapi.json")
    assert before is None or not breaks(before, contract(name))


@every_service
def test_a_document_is_valid_openapi(name: str) -> None:
    document = contract(name)
    assert document["openapi"].startswith("3.1.")
    OPENAPI_31_VALIDATOR.validate(document)
    for reference in references(document):
        assert resolve(document, reference) is not None, reference
    for schema in document["components"]["schemas"].values():
        Draft202012Validator.check_schema(schema)
    assert set(document["components"]["securitySchemes"]) == {"bearer"}


@every_service
def test_every_problem_has_an_address_a_status_and_both_titles(name: str) -> None:
    listed = contract(name)["x-problems"]
    assert len({problem["type"] for problem in listed}) == len(listed)
    for problem in listed:
        assert problem["type"].startswith(TYPE_PREFIX)
        assert 400 <= problem["status"] < 600
        assert problem["title"]
        assert problem["title_en"]
        assert problem["title"] != problem["title_en"]


def test_every_operation_has_a_name_of_its_own() -> None:
    counted = Counter(operation.spec["operationId"] for operation in operations())
    assert not [name for name, times in counted.items() if times > 1]


@every_operation
def test_an_operation_says_what_it_does_and_who_may(operation: Operation) -> None:
    spec = operation.spec
    assert spec["summary"].strip()
    assert len(spec["description"].strip()) > 10
    assert spec["tags"]
    assert operation.path.startswith(f"/{operation.service}/v1/"), "the public path begins with service and major version"
    assert (spec["security"] == [{"bearer": []}]) == bool(operation.permission)
    named = [name.strip("{}") for name in operation.path.split("/") if name.startswith("{")]
    assert sorted(operation.path_names) == sorted(named)


# What may be given out beside JSON: tables for a spreadsheet, and files as they were stored.
FILES = {"text/csv", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "application/octet-stream", *ACCEPTED}


@every_operation
def test_an_operation_lists_its_refusals(operation: Operation) -> None:
    responses = operation.spec["responses"]
    for status in PROBLEMS:
        assert responses[status]["content"] == {MEDIA_TYPE: {"schema": PROBLEM}}, status
        assert responses[status]["description"]
    if operation.method in {"PATCH", "DELETE"}:
        assert {"412", "428"} <= set(responses)
        assert "If-Match" in operation.names("header", required=True)
    if operation.method == "POST":
        assert "Idempotency-Key" in operation.names("header")
    good = [status for status in responses if status.startswith("2")]
    assert good
    for status in set(good) - {"204"}:
        content = responses[status]["content"]
        assert set(content) <= {"application/json"} | FILES
        assert "application/json" not in content or set(content["application/json"]["schema"]) == {"$ref"}


@every_operation
def test_a_list_is_paged_and_a_body_is_closed(operation: Operation) -> None:
    document = contract(operation.service)
    if "cursor" in operation.names("query"):
        limit = operation.schema("limit")
        assert (limit["minimum"], limit["maximum"], limit["default"]) == (1, 500, 50)
    body = operation.spec.get("requestBody", {}).get("content", {}).get("application/json")
    if body is not None and "$ref" in body["schema"]:  # a bulk list is checked row by row, with its own report
        schema = resolve(document, body["schema"]["$ref"])
        assert schema["additionalProperties"] is False, "an unknown field must be refused"
        for field, described in schema["properties"].items():
            assert _bounded(described), f"{field} takes text of any length"


def _bounded(schema: dict[str, Any]) -> bool:
    """Tell whether a text has a longest form: by length, pattern, format or list."""
    options = schema.get("anyOf", [schema])
    if {"number", "string"} <= {option.get("type") for option in options}:
        return True  # a decimal, whose digits are limited
    return all(option.get("type") != "string" or {"maxLength", "pattern", "format", "enum", "const"} & set(option) for option in options)


@every_service
def test_the_events_of_a_service_are_described(name: str) -> None:
    document = made_by(name)["asyncapi.json"]
    assert document["asyncapi"].startswith("3.")
    for event in service(name).events:
        assert event.TOPIC.name in document["channels"]
        assert event.TYPE in str(document["components"]["messages"])
    for reference in references(document):
        assert resolve(document, reference) is not None, reference
