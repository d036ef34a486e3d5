"""How an operation is asked about a school: its path and query filled with the school's ids, its body with what belongs there."""

from typing import Any
from uuid import uuid4

from tests.contract.operations import Operation
from tests.security.bodies import BODIES, FILES
from tests.security.schools import School

# A path parameter that means another id on some paths.
OTHER_NAMES = {
    "/identity/v1/clients/{client_id}/grants/{grant_id}": {"grant_id": "client_grant_id"},
    "/egov/v1/procedures/{code}": {"code": "procedure_code"},
    "/egov/v1/tracking/{code}": {"code": "dossier_code"},
    "/learning/v1/contents/{content_id}": {"content_id": "published_id"},
    "/learning/v1/contents/{content_id}/file": {"content_id": "published_id"},
}
UNKNOWN = {"client_id": "vendor-nowhere", "value": "9977000099", "code": "TRUONG-X-99", "organisation_code": "TRUONG-X-99"}
REQUIRED_QUERY = {"kind": "learners"}


def places(operation: Operation, school: School) -> dict[str, str]:
    """Return the path parameters that name things of the school; raises KeyError for one that the service's filler does not know."""
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


def matching(operation: Operation) -> dict[str, str]:
    """Return the header that a change of whatever version needs."""
    return {"If-Match": "*"} if "If-Match" in operation.names("header") else {}


def sent(operation: Operation, school: School) -> dict[str, Any]:
    """Return body and headers of a well-formed request about the school."""
    headers = matching(operation)
    if operation.name in FILES:
        content, media = FILES[operation.name](school)
        return {"content": content, "headers": headers | {"content-type": media}}
    if operation.takes_body:
        assert operation.name in BODIES, f"{operation.name} is new: give it a body in tests/security/bodies.py"
        return {"json": BODIES[operation.name](school), "headers": headers}
    return {"headers": headers}


def empty(operation: Operation) -> dict[str, Any]:
    """Return a request that stops at the check of its content, so that whoever is let in changes nothing."""
    headers = matching(operation)
    if operation.name in FILES:
        return {"content": "", "headers": headers | {"content-type": "text/csv"}}
    return {"json": {"no_such_field": 1}, "headers": headers} if operation.takes_body else {"headers": headers}
