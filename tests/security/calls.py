"""How an operation is asked about a school: its path and query filled with the school's ids, its body with what belongs there."""

from typing import Any
from uuid import uuid4

from tests.contract.operations import Operation
from tests.security.bodies import BODIES, FILES
from tests.security.fillers import WAITING
from tests.security.registry import rows_of
from tests.security.schools import YEAR, School

# A path parameter that means another id on some paths.
OTHER_NAMES = {"/identity/v1/clients/{client_id}/grants/{grant_id}": {"grant_id": "client_grant_id"}}
UNKNOWN = {"client_id": "vendor-nowhere", "value": "9977000099", "code": "TRUONG-X-99"}
REQUIRED_QUERY = {"kind": "learners"}
FILE_HEADERS = {"content-type": "text/csv"}


def places(operation: Operation, school: School) -> dict[str, str]:
    """Return the path parameters that name things of the school; raises KeyError for one that the service's filler does not know."""
    if operation.service in WAITING:
        return {name: str(uuid4()) if operation.schema(name).get("format") == "uuid" else "X1" for name in operation.path_names}
    renamed = OTHER_NAMES.get(operation.path, {})
    return {name: school.ids[renamed.get(name, name)] for name in operation.path_names}


def nowhere(operation: Operation, school: School) -> dict[str, str]:
    """Return path parameters that name nothing: ids are fresh, words stay words."""
    known = places(operation, school)
    return {name: UNKNOWN.get(name) or (str(uuid4()) if len(value) == len(school.subject) else value) for name, value in known.items()}


def query(operation: Operation, school: School) -> dict[str, str]:
    """Return the query parameters that the operation demands."""
    demanded = operation.names("query", required=True)
    return {name: REQUIRED_QUERY.get(name) or school.ids.get(name, school.code) for name in demanded}


def sent(operation: Operation, school: School) -> dict[str, Any]:
    """Return body and headers of a well-formed request about the school."""
    headers = {"If-Match": "*"} if operation.method in {"PATCH", "DELETE"} else {}
    if operation.name in FILES:
        row = ("9977000001", "", f"{school.word} Mới", "2015-01-01", "1", "", school.code, YEAR, "", "5", "primary", "", "2026-09-01", "")
        return {"content": rows_of(*row), "headers": headers | FILE_HEADERS}
    if operation.takes_body and operation.service in WAITING:
        return empty(operation)
    if operation.takes_body:
        assert operation.name in BODIES, f"{operation.name} is new: give it a body in tests/security/bodies.py"
        return {"json": BODIES[operation.name](school), "headers": headers}
    return {"headers": headers}


def empty(operation: Operation) -> dict[str, Any]:
    """Return a request that stops at the check of its content, so that whoever is let in changes nothing."""
    headers = {"If-Match": "*"} if operation.method in {"PATCH", "DELETE"} else {}
    if operation.name in FILES:
        return {"content": b"", "headers": headers | FILE_HEADERS}
    return {"json": {"no_such_field": 1}, "headers": headers} if operation.takes_body else {"headers": headers}
