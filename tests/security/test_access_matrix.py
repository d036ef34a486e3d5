"""The access matrix, made from the contracts and roles.yaml: every operation, for nobody, for each role in each place, for machines.

Here is the school that the request is about. Nobody changes anything: whoever is let in sends what stops at the check of its content, or
asks for what does not exist; whoever must not get in sends a request that would succeed.
"""

from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from libs.common.openapi import permissions
from tests.contract.operations import Operation, every, operations, services
from tests.security.calls import empty, nowhere, places, query, sent
from tests.security.common import COMMON, COMMON_WRITES
from tests.security.fillers import FILL
from tests.security.roles import carries, declared, scope_of
from tests.security.schools import SHARED, Ground, leaked

# Every signed-in caller may; what they reach is bound to the token's own id.
OWN = frozenset({"identity.me.read", "identity.me.end"})
# Without a permission, and why; they are no part of the published document.
OPEN = {
    "GET /health/live": "asked by the supervisor, says nothing about anybody",
    "GET /health/ready": "asked by the supervisor, says nothing about anybody",
    "GET /metrics": "asked by the scraper on the service's own port, counts only",
    "GET /identity/oidc/.well-known/openid-configuration": "OpenID Connect Discovery",
    "GET /identity/oidc/jwks": "public keys",
    "GET /identity/oidc/authorize": "signing in",
    "POST /identity/oidc/authorize": "signing in",
    "POST /identity/oidc/login": "signing in",
    "POST /identity/oidc/token": "the client or the code is the credential",
    "POST /identity/oidc/revoke": "the token is the credential",
    "GET /identity/oidc/logout": "signing out",
    "POST /identity/oidc/logout": "signing out",
    "POST /identity/v1/backchannel-logout": "the signed logout token is the credential",
}
# Without a permission in the published document, and why.
PUBLIC = {"GET /egov/v1/tracking/{code}": "code and key on the receipt are the proof; tells states and times, nobody's data"}
LISTED = [operation for operation in operations() if operation.permission]
# Taken in whatever it holds, and answered by a report; tests/security/test_imports.py looks at what comes of it.
REPORTED = frozenset({"POST /registry/v1/imports", "POST /assets/v1/imports"})
TAKEN = [200, 201, 202]
HIDDEN = [404, 409, 422]
# A desk that the caller has no part in: refused like an action, since whoever files names the school.
NO_DESK = {"POST /egov/v1/dossiers": [403]}


async def call(
    ground: Ground, operation: Operation, headers: dict[str, str], content: dict[str, Any], *, missing: bool = False
) -> httpx.Response:
    """Ask about the school that is here."""
    values = nowhere(operation, ground.here) if missing else places(operation, ground.here)
    sending = content | {"headers": content.get("headers", {}) | headers}
    return await ground.client.request(operation.method, operation.address(values), params=query(operation, ground.here), **sending)


def hidden_routes(app: FastAPI) -> set[str]:
    """Return the routes that the published document leaves out."""
    shown = {(method, route.path_format) for route, _ in permissions(app) for method in route.methods or ()}
    waiting, found = list(app.routes), set()
    while waiting:
        route: Any = waiting.pop()
        if hasattr(route, "original_router"):
            waiting += route.original_router.routes
        elif getattr(route, "methods", None):
            found |= {(method, route.path_format) for method in route.methods}
    return {f"{method} {path}" for method, path in found - shown}


def test_every_service_has_two_schools_in_it() -> None:
    assert set(services()) == set(FILL), "write how two schools are put in, and add it to tests/security/fillers.py"


@pytest.mark.parametrize("name", services())
def test_what_is_open_is_listed_here(name: str) -> None:
    open_operations = {operation.name for operation in operations() if operation.service == name and not operation.permission}
    assert open_operations == {listed for listed in PUBLIC if listed.split("/")[1] == name}, "needs a reason here"


@SHARED
async def test_what_is_public_needs_its_proof_and_no_token(grounds: dict[str, Ground]) -> None:
    for operation in (one for one in operations() if one.name in PUBLIC):
        ground = grounds[operation.service]
        answer = await call(ground, operation, {}, {})
        assert answer.status_code == 200, answer.text
        assert not leaked(ground.here, answer, public=True)
        assert (await call(ground, operation, {}, {}, missing=True)).status_code == 404


@SHARED
async def test_what_the_document_leaves_out_is_listed_here(grounds: dict[str, Ground]) -> None:
    found: set[str] = set()
    for name in services():
        transport: Any = grounds[name].client._transport  # noqa: SLF001 - httpx shows the application nowhere else
        found |= hidden_routes(transport.app)
    assert found == set(OPEN)


def test_every_permission_is_carried_by_somebody_and_belongs_to_its_service() -> None:
    for operation in LISTED:
        permission = str(operation.permission)
        assert permission.split(".", maxsplit=1)[0] == operation.service, operation.name
        assert permission in OWN or any(carries(role, permission, "organisation") for role in declared()), operation.name


@SHARED
@every(LISTED)
async def test_who_may_do_what_where(grounds: dict[str, Ground], operation: Operation) -> None:
    ground = grounds[operation.service]
    await _nobody(ground, operation)
    if operation.permission in OWN:
        return
    wrong = [fault for role in declared() for fault in await _role(ground, operation, role)]
    assert not wrong, "\n".join(wrong)


async def _nobody(ground: Ground, operation: Operation) -> None:
    answer = await call(ground, operation, {}, sent(operation, ground.here))
    assert answer.status_code == 401, answer.text
    assert answer.headers["www-authenticate"].startswith("Bearer")


async def _role(ground: Ground, operation: Operation, role: str) -> list[str]:
    """Return what is wrong with the answers that a role gets here, elsewhere and with the whole platform."""
    permission, here, there = str(operation.permission), ground.here, ground.there
    whole = carries(role, permission, "organisation")
    related = carries(role, permission, "relation")
    callers = {"everywhere": ground.headers(role, "*", here.subject)}
    if whole or related:  # without the permission even the whole platform is of no use
        callers |= {"here": ground.headers(role, here.code, here.subject), "elsewhere": ground.headers(role, there.code, there.subject)}
    found = []
    for place, headers in callers.items():
        if not (whole or related):
            answer = await call(ground, operation, headers, sent(operation, here))
            fault = _not_refused(answer, permission)
        elif whole and place != "elsewhere":
            answer = await call(ground, operation, headers, empty(operation), missing=not operation.reads)
            fault = _not_let_in(operation, answer)
        else:
            answer = await call(ground, operation, headers, sent(operation, here))
            fault = _not_hidden(ground, operation, answer)
        found += [f"{operation.name} as {role} {place}: {fault} ({answer.status_code} {answer.text[:300]})"] if fault else []
    return found


def _not_refused(answer: httpx.Response, permission: str) -> str | None:
    if answer.status_code != 403:
        return "expected 403"
    body = answer.json()
    return None if permission in body["detail"] and permission in body["detail_en"] else "the refusal does not name the permission"


def _not_let_in(operation: Operation, answer: httpx.Response) -> str | None:
    if operation.reads:
        return None if answer.status_code == 200 else "expected 200"
    expected = [400, *HIDDEN, *(TAKEN if operation.name in REPORTED else ())]
    return None if answer.status_code in expected else "expected a fault of the content"


def _not_hidden(ground: Ground, operation: Operation, answer: httpx.Response) -> str | None:
    content = sent(operation, ground.here)
    asked = (content.get("json", ""), content.get("content", ""))
    secrets = leaked(ground.here, answer, *asked, public=operation.name in COMMON)
    if secrets:
        return f"the answer tells {secrets}"
    if not operation.reads:
        expected = (
            [403]
            if operation.name in COMMON_WRITES
            else TAKEN
            if operation.name in REPORTED
            else [*HIDDEN, *NO_DESK.get(operation.name, ())]
        )
        return None if answer.status_code in expected else f"expected one of {expected}"
    if operation.name in COMMON:
        return None if answer.status_code == 200 else "expected 200"
    if answer.status_code == 200:
        items = answer.json().get("items")
        alone = items == [] if operation.path_names else items is not None
        return None if alone else "expected 404 or an empty list"
    return None if answer.status_code == 404 else "expected 404"


@SHARED
@every([operation for operation in LISTED if operation.permission not in OWN])
async def test_a_machine_needs_the_scope_besides_the_role(grounds: dict[str, Ground], operation: Operation) -> None:
    needed = scope_of(str(operation.permission))
    other = needed.replace(".read", ".write") if needed.endswith(".read") else needed.replace(".write", ".read")
    foreign = "another." + needed.partition(".")[2]
    ground = grounds[operation.service]
    for scope in (None, "", f"openid {other} {foreign} {needed.upper()} {needed}x"):
        headers = ground.headers("platform_admin", "*", ground.here.subject, sid=None, scope=scope)
        answer = await call(ground, operation, headers, sent(operation, ground.here))
        assert _not_refused(answer, str(operation.permission)) is None, (scope, answer.text)
    headers = ground.headers("platform_admin", "*", ground.here.subject, sid=None, scope=f"openid {needed}")
    answer = await call(ground, operation, headers, empty(operation), missing=not operation.reads)
    assert _not_let_in(operation, answer) is None, answer.text


@SHARED
@every([operation for operation in LISTED if operation.permission not in OWN])
async def test_grants_that_are_none_give_nothing(grounds: dict[str, Ground], operation: Operation) -> None:
    ground = grounds[operation.service]
    for grants in ([], ["no_such_role@*", "PLATFORM_ADMIN@*", "*@*", "platform_admin @*"]):
        headers = ground.headers("none", "*", ground.here.subject, grants=grants)
        answer = await call(ground, operation, headers, sent(operation, ground.here))
        assert _not_refused(answer, str(operation.permission)) is None, (grants, answer.text)
