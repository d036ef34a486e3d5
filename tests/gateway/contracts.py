"""Contracts of two made-up services, enough to meet every rule of the gateway."""

from typing import Any

OK: dict[str, Any] = {"200": {"description": "ok"}}
KEY = {"name": "Idempotency-Key", "in": "header", "required": False, "schema": {"type": "string"}}


def operation(**more: Any) -> dict[str, Any]:
    """Return an operation."""
    return {"responses": OK, **more}


REGISTRY: dict[str, Any] = {
    "openapi": "3.1.0",
    "info": {"title": "Registry", "version": "1.0.0"},
    "security": [{"token": []}],
    "paths": {
        "/health/live": {"get": operation(security=[])},
        "/registry/v1/learners": {"get": operation(), "post": operation()},
        "/registry/v1/learners/{learner_id}": {
            "get": operation(),
            "put": operation(),
            "patch": operation(),
            "delete": operation(),
        },
        "/registry/v1/keyed": {"post": operation(parameters=[KEY])},
        "/registry/v1/public/{code}": {"get": operation(security=[])},
        "/registry/v1/public/secret": {"get": operation()},
        "/registry/v1/{kind}/mixed": {"get": operation(security=[])},
        "/registry/v1/export": {"get": operation(responses={"200": {"description": "ok", "content": {"text/csv": {}}}})},
        "/registry/v1/imports": {"post": operation(requestBody={"content": {"multipart/form-data": {}}})},
    },
}
IDENTITY: dict[str, Any] = {
    "openapi": "3.1.0",
    "info": {"title": "Identity", "version": "1.0.0"},
    "security": [{"token": []}],
    "paths": {
        "/identity/v1/accounts": {"get": operation()},
    },
}
BOTH = {"registry": REGISTRY, "identity": IDENTITY}
