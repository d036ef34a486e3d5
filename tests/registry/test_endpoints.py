"""What holds for every route of the registry, read off the application itself."""

from uuid import uuid4

from fastapi import FastAPI
from pydantic import SecretStr

from libs.common.openapi import permissions
from services.registry.main import SERVICE
from services.registry.settings import RegistrySettings
from tests.registry.conftest import World


def application() -> FastAPI:
    settings = RegistrySettings(
        database_url=SecretStr("postgresql://unused"), bus_url=SecretStr("postgresql://unused"), issuer="unused", jwks_url="unused"
    )
    return SERVICE.app(settings)


def calls() -> list[tuple[str, str, str]]:
    """Every method, path and permission."""
    found = []
    for route, permission in permissions(application()):
        path = route.path_format
        for name in ("school_year", "kind", "value", "code"):
            path = path.replace("{" + name + "}", {"school_year": "2026-2027", "kind": "ministry_code"}.get(name, "X1"))
        while "{" in path:
            path = path[: path.index("{")] + str(uuid4()) + path[path.index("}") + 1 :]
        found += [(method, path, permission or "") for method in route.methods or ()]
    return [call for call in found if call[1].startswith("/registry")]


def test_every_route_names_a_permission_of_the_registry() -> None:
    assert len(calls()) >= 35
    assert all(permission.startswith("registry.") for _, _, permission in calls())


async def test_anonymous_callers_are_refused(world: World) -> None:
    for method, path, _ in calls():
        answer = await world.client.request(method, path)
        assert answer.status_code == 401, (method, path, answer.text)


async def test_callers_without_the_permission_are_refused_and_told_its_name(world: World) -> None:
    headers = world.issuer.headers()
    for method, path, permission in calls():
        answer = await world.client.request(method, path, headers=headers)
        assert answer.status_code == 403, (method, path, answer.text)
        assert permission in answer.json()["detail"]


async def test_unknown_fields_are_refused_with_a_hint(world: World) -> None:
    answer = await world.admin.post("/learners", {"ful_name": "x"})
    assert answer.status_code == 422
    hints = {error["pointer"]: error for error in answer.json()["errors"]}
    assert "full_name" in hints["/ful_name"]["en"]


async def test_a_machine_client_needs_its_scope(world: World) -> None:
    headers = world.issuer.headers("integrator@*", sid=None, scope="registry.read")
    listed = await world.client.get("/registry/v1/learners", headers=headers)
    assert listed.status_code == 200
    refused = await world.client.post("/registry/v1/learners", headers=headers, json={})
    assert refused.status_code == 403
