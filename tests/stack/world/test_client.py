"""The vendor's client waits where the platform asks it to, gives up in time, and says what the platform said."""

from __future__ import annotations

from dataclasses import dataclass, field

import httpx
import pytest

from stack.world import client
from stack.world.client import Gateway, GatewayError


@dataclass(frozen=True, slots=True)
class Target:
    gateway_url: str = "http://gateway"

    async def token(self) -> str:
        return "a-token"


@dataclass(slots=True)
class Scripted(httpx.AsyncBaseTransport):
    """Answers in turn; the last answer stays."""

    answers: list[httpx.Response | Exception]
    requests: list[httpx.Request] = field(default_factory=list)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        answer = self.answers[min(len(self.requests), len(self.answers)) - 1]
        if isinstance(answer, Exception):
            raise answer
        return answer


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client, "FIRST_WAIT_SECONDS", 0.0)


def later(status: int, seconds: str = "0") -> httpx.Response:
    return httpx.Response(status, headers={"Retry-After": seconds})


async def test_waits_and_repeats_until_the_platform_is_ready() -> None:
    network = Scripted([later(429), later(503), httpx.ConnectError("refused"), httpx.Response(200, json={"x": 1})])
    async with Gateway(Target(), network) as gateway:
        assert await gateway.get("/registry/v1/x") == {"x": 1}
    assert len(network.requests) == 4
    assert network.requests[-1].headers["Authorization"] == "Bearer a-token"


async def test_gives_up_after_some_tries_and_says_why() -> None:
    network = Scripted([later(503)])
    async with Gateway(Target(), network) as gateway:
        with pytest.raises(GatewayError, match="GET /registry/v1/x: 503"):
            await gateway.get("/registry/v1/x")
    assert len(network.requests) == client.TRIES


async def test_a_refusal_is_not_repeated_and_names_the_fields() -> None:
    fault = {"pointer": "/name", "code": "missing", "vi": "Thiếu tên.", "en": "The name is missing."}
    network = Scripted([httpx.Response(422, json={"detail_en": "The body is not valid", "errors": [fault]})])
    async with Gateway(Target(), network) as gateway:
        with pytest.raises(GatewayError, match=r"422 The body is not valid \(/name: The name is missing\.\)") as raised:
            await gateway.send("PUT", "/registry/v1/x", json={})
    assert raised.value.status == 422
    assert len(network.requests) == 1


async def test_what_is_not_there_is_none_and_other_refusals_are_errors() -> None:
    async with Gateway(Target(), Scripted([httpx.Response(404, text="nothing here")])) as gateway:
        assert await gateway.find("/registry/v1/x") is None
    async with Gateway(Target(), Scripted([httpx.Response(403, json=["no problem document"])])) as gateway:
        with pytest.raises(GatewayError, match="403"):
            await gateway.find("/registry/v1/x")
