"""Judges an answer by the contract: its status is documented, its body fits the schema, a refusal is a problem in both languages."""

from collections.abc import Iterator
from functools import cache
from typing import Any

import httpx
import orjson
from jsonschema import Draft202012Validator

from libs.common.errors import MEDIA_TYPE, TYPE_PREFIX
from tests.contract.operations import Operation, contract

ERROR = 400
SERVER_ERROR = 500


@cache
def validator(service: str, pointer: str) -> Draft202012Validator:
    """Return the validator of one schema inside a service's document; what an answer holds beyond the schema is a fault too."""
    return Draft202012Validator({"$ref": pointer, "components": {"schemas": _closed(service)}})


@cache
def _closed(service: str) -> dict[str, Any]:
    schemas: dict[str, Any] = contract(service)["components"]["schemas"]
    return {
        name: schema | {"additionalProperties": False} if "properties" in schema and "additionalProperties" not in schema else schema
        for name, schema in schemas.items()
    }


def faults(operation: Operation, answer: httpx.Response) -> Iterator[str]:
    """Yield what the contract does not allow about an answer."""
    status = answer.status_code
    documented = operation.spec["responses"].get(str(status))
    if status >= SERVER_ERROR:
        yield f"server error {status}"
    if status >= ERROR:
        yield from problem_faults(answer)
    if documented is None:
        yield f"status {status} is not documented"
    elif status < ERROR:
        yield from _body_faults(operation, documented, answer)


def problem_faults(answer: httpx.Response) -> Iterator[str]:
    """Yield what is wrong with a refusal: it is a problem document with Vietnamese and English in every place."""
    if answer.headers.get("content-type") != MEDIA_TYPE:
        yield f"{answer.status_code} is no problem document: {answer.headers.get('content-type')}"
        return
    body = orjson.loads(answer.content)
    for error in Draft202012Validator(_problem_schema()).iter_errors(body):
        yield f"problem: {error.json_path} {error.message}"
    if body.get("status") != answer.status_code:
        yield "the status in the body is another one"
    if not str(body.get("type")).startswith(TYPE_PREFIX):
        yield f"problem type {body.get('type')}"
    if body.get("request_id") and body["request_id"] != answer.headers.get("x-request-id"):
        yield "the request id in the body is another one"
    for part in (body, *body.get("errors", ())):
        names = ("title", "title_en", "detail", "detail_en") if part is body else ("vi", "en", "code")
        yield from (f"problem: {name} is empty" for name in names if not str(part.get(name, "")).strip())


def _body_faults(operation: Operation, documented: dict[str, Any], answer: httpx.Response) -> Iterator[str]:
    content = documented.get("content")
    if not content:
        if answer.content:
            yield f"{answer.status_code} has a body"
        return
    media = answer.headers.get("content-type", "").partition(";")[0]
    if media not in content:
        yield f"media type {media} is not documented"
        return
    if media == "application/json":
        reference = content[media]["schema"].get("$ref")
        if reference is None:
            yield "the answer's schema has no name"
            return
        for error in validator(operation.service, reference).iter_errors(orjson.loads(answer.content)):
            yield f"body: {error.json_path} {error.message}"[:300]


@cache
def _problem_schema() -> dict[str, Any]:
    components = contract("registry")["components"]
    return {"$ref": "#/components/schemas/ProblemOut", "components": components}
