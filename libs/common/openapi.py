"""The OpenAPI document of a service: permissions and security read off the routes, problems named once."""

from collections.abc import Iterator
from typing import Any

from fastapi import FastAPI
from fastapi.dependencies.models import Dependant
from fastapi.openapi.utils import get_openapi
from fastapi.routing import APIRoute
from pydantic import BaseModel

from libs.common.errors import TYPE_PREFIX, ProblemOut, catalogue

SCHEME = "bearer"
REF = "#/components/schemas/{model}"
IDEMPOTENCY = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "description": "Repeat a POST safely: the first answer is kept for 24 hours.",
    "schema": {"type": "string", "maxLength": 200},
}
IF_MATCH = {
    "name": "If-Match",
    "in": "header",
    "required": True,
    "description": "The ETag of the version that is to be changed.",
    "schema": {"type": "string"},
}

IF_MATCH_OF_ACTION = IF_MATCH | {
    "required": False,
    "description": "The ETag of the version that is acted upon; 428 tells where it is needed.",
}


def build(app: FastAPI) -> dict[str, Any]:
    """Return the OpenAPI 3.1 document of the application."""
    document = get_openapi(title=app.title, version=app.version, description=app.description, routes=app.routes)
    schemas = document.setdefault("components", {}).setdefault("schemas", {})
    schemas["ProblemOut"] = ProblemOut.model_json_schema(ref_template=REF)
    schemas |= schemas["ProblemOut"].pop("$defs", {})
    for unused in ("HTTPValidationError", "ValidationError"):
        schemas.pop(unused, None)
    document["components"]["securitySchemes"] = {SCHEME: {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}}
    document["x-problems"] = [
        {"type": TYPE_PREFIX + slug, "status": problem.status, "title": problem.title_vi, "title_en": problem.title_en}
        for slug, problem in catalogue().items()
    ]
    for route, permission in permissions(app):
        for method in route.methods or ():
            operation = document["paths"][route.path_format][method.lower()]
            for model in queries(route.dependant):
                schemas |= _describe_query(operation, model)
            _describe(operation, method, route.path_format, permission)
    return document


def permissions(app: FastAPI) -> Iterator[tuple[APIRoute, str | None]]:
    """Yield each documented route with the permission that it names; None where it is open or checks by itself."""
    for route in every_route(app.routes):
        if route.include_in_schema:
            yield route, _permission(route.dependant)


def every_route(routes: Any) -> Iterator[APIRoute]:
    """Yield the routes of an application, those of its routers among them."""
    for route in routes:
        if isinstance(route, APIRoute):
            yield route
        elif hasattr(route, "original_router"):
            yield from every_route(route.original_router.routes)


def every_dependency(dependant: Dependant) -> Iterator[Dependant]:
    """Yield what a route depends on, and what that depends on in turn."""
    for sub in dependant.dependencies:
        yield sub
        yield from every_dependency(sub)


def queries(dependant: Dependant) -> Iterator[type[BaseModel]]:
    """Yield the models by which a route's dependencies read the query themselves (http/paging.py)."""
    return _marks(dependant, "query")


def _describe_query(operation: dict[str, Any], model: type[BaseModel]) -> dict[str, Any]:
    """Add the fields of a query as parameters, as the framework would; returns the schemas that they name."""
    schema = model.model_json_schema(ref_template=REF)
    for name, field in schema["properties"].items():
        told = {key: value for key, value in field.items() if value is not None}  # no default needs no word
        operation.setdefault("parameters", []).append({"name": name, "in": "query", "required": False, "schema": told})
    operation["responses"].setdefault("422", {})
    return dict(schema.get("$defs", {}))


def _permission(dependant: Dependant) -> str | None:
    return next(map(str, _marks(dependant, "permission")), None)


def _marks(dependant: Dependant, name: str) -> Iterator[Any]:
    """Yield what dependencies say of themselves under a name."""
    return (mark for sub in every_dependency(dependant) if (mark := getattr(sub.call, name, None)))


def _describe(operation: dict[str, Any], method: str, path: str, permission: str | None) -> None:
    taken = "requestBody" in operation or "parameters" in operation
    operation["responses"].pop("422", None) if permission is None and not taken else None
    if "422" in operation["responses"]:
        content = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/ProblemOut"}}}
        operation["responses"]["422"] = {"description": "Invalid data", "content": content}
    operation["security"] = [{SCHEME: []}] if permission else operation.get("security", [])
    if permission is None:
        return
    operation["x-permission"] = permission
    if method == "POST":
        operation.setdefault("parameters", []).append(IDEMPOTENCY)
    if method in {"PATCH", "DELETE"}:
        operation.setdefault("parameters", []).append(IF_MATCH)
    elif method == "POST" and "201" not in operation["responses"] and path.count("{"):
        operation.setdefault("parameters", []).append(IF_MATCH_OF_ACTION)
