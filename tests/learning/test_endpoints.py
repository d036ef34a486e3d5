"""What holds for every route of the service, read off the application itself."""

from uuid import uuid4

from fastapi import FastAPI
from pydantic import SecretStr

from libs.common.openapi import permissions
from services.learning.main import SERVICE
from services.learning.settings import LearningSettings
from tests.learning.conftest import World


def application() -> FastAPI:
    settings = LearningSettings(
        database_url=SecretStr("postgresql://unused"), bus_url=SecretStr("postgresql://unused"), issuer="unused", jwks_url="unused"
    )
    return SERVICE.app(settings)


def calls() -> list[tuple[str, str, str]]:
    """Every method, path and permission."""
    found = []
    for route, permission in permissions(application()):
        path = route.path_format.replace("{content_id}", str(uuid4())).replace("{number}", "1")
        found += [(method, path, permission or "") for method in route.methods or ()]
    return [call for call in found if call[1].startswith("/learning")]


def test_every_route_names_a_permission_of_learning() -> None:
    assert len(calls()) == 21
    assert all(permission.startswith("learning.") for _, _, permission in calls())


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


async def test_other_schools_meet_nothing(world: World) -> None:
    content_id = await world.teacher.submitted()
    for method, path, _ in calls():
        parts = path.split("/")
        if "workspace" not in parts or len(parts) < 5:
            continue
        parts[4] = content_id
        body = {"reasons": ["x"]} if path.endswith("return") else {"reason": "x"} if path.endswith("withdraw") else {}
        query = {"name": "a.pdf"} if method == "PUT" else None
        headers = world.stranger.headers | {"If-Match": "*"}
        answer = await world.client.request(method, "/".join(parts), json=None if method == "GET" else body, params=query, headers=headers)
        assert answer.status_code == 404, (method, path, answer.text)
