"""Files for the other services wait for the tree to arrive, and only for that."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from stack.world import lao_cai, load_services
from stack.world.client import Gateway, GatewayError
from stack.world.load_services import RejectedError
from stack.world.model import World

if TYPE_CHECKING:
    from collections.abc import Callable

UNKNOWN = {
    "code": "unknown_organisation",
    "row": 2,
    "column": "organisation_code",
    "message_en": "no such",
    "pointer": "/",
    "en": "no such",
}
WRONG = UNKNOWN | {"code": "date", "message_en": "no date", "en": "no date"}


@dataclass(frozen=True, slots=True)
class Target:
    gateway_url: str = "http://gateway"

    async def token(self) -> str:
        return "a-token"


@dataclass(slots=True)
class Services(httpx.AsyncBaseTransport):
    """Answers as assets and egov do; `faults` are what is wrong in turn, the last one stays."""

    faults: list[list[dict[str, Any]]]
    sent: list[str] = field(default_factory=list)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if request.method == "GET":
            return httpx.Response(200, json={"items": self._now()})
        self.sent.append(request.url.path)
        if request.url.path == "/assets/v1/imports":
            return httpx.Response(201, json={"import_id": "1", "state": "rejected" if self._now() else "applied"})
        return httpx.Response(422, json={"errors": self._now()}) if self._now() else httpx.Response(200, json={})

    def _now(self) -> list[dict[str, Any]]:
        return self.faults[min(max(len(self.sent), 1), len(self.faults)) - 1]


@pytest.fixture(scope="module")
def world() -> World:
    return lao_cai.build()


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(load_services, "POLL_SECONDS", 0.0)
    monkeypatch.setattr(load_services, "TREE_SECONDS", 0.3)


def only(world: World, **kept: Any) -> World:
    return World(world.name, world.plan, world.subject_code, (), (), (), (), (), (), **kept)


async def load(network: Services, world: World, told: Callable[[str, int], None]) -> None:
    async with Gateway(Target(), network) as gateway:
        await load_services.load_services(gateway, world, told)


async def test_everything_is_sent_once_the_tree_is_there(world: World) -> None:
    told: dict[str, int] = {}
    await load(Services([[]]), world, told.__setitem__)
    assert told == {"assets": 16_563, "offers": 75, "documents": 12}


@pytest.mark.parametrize("kind", ["offers", "documents"])
async def test_an_organisation_that_has_not_arrived_is_waited_for(world: World, kind: str) -> None:
    network = Services([[UNKNOWN], [UNKNOWN], []])
    told: dict[str, int] = {}
    await load(network, only(world, **{kind: getattr(world, kind)}), told.__setitem__)
    assert len(network.sent) == 3
    assert list(told) == [kind]


async def test_assets_are_sent_again_too(world: World) -> None:
    network = Services([[UNKNOWN], []])
    await load(network, only(world, assets=world.assets[:10]), lambda _, __: None)
    assert network.sent == ["/assets/v1/imports"] * 2


@pytest.mark.parametrize("kind", ["assets", "documents"])
async def test_anything_else_is_a_refusal_with_its_first_lines(world: World, kind: str) -> None:
    with pytest.raises(RejectedError, match="no date"):
        await load(Services([[UNKNOWN, WRONG]]), only(world, **{kind: getattr(world, kind)[:5]}), lambda _, __: None)


async def test_a_tree_that_never_arrives_is_told(world: World) -> None:
    with pytest.raises(RejectedError, match="did not arrive"):
        await load(Services([[UNKNOWN]]), only(world, offers=world.offers), lambda _, __: None)


async def test_a_refusal_without_faults_stays_what_it_is(world: World) -> None:
    network = httpx.MockTransport(lambda _: httpx.Response(403, json={"detail_en": "not yours"}))
    async with Gateway(Target(), network) as gateway:
        with pytest.raises(GatewayError, match="not yours"):
            await load_services.load_services(gateway, only(world, offers=world.offers), lambda _, __: None)
