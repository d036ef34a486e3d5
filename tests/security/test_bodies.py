"""Bodies that no client of ours sends: hostile values, no JSON, too large."""

import json
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest

from libs.common.app import DEFAULT_MAX_BODY_BYTES
from tests.contract.operations import Operation, every, service
from tests.security.asking import ASKED, ask, refused
from tests.security.bodies import BODIES
from tests.security.schools import SHARED, Body, Ground

SENT = [operation for operation in ASKED if operation.name in BODIES]
HOSTILE: dict[str, Any] = {
    "null byte": "a\x00b",
    "lone surrogate": "\ud800",
    "deep list": [[[[[[[[[[]]]]]]]]]],
    "huge int": 10**400,
    "big int": 2**63,
    "negative": -(10**30),
    "huge float": 1e308,
    "long text": "á" * 100_000,
    "object": {"$ne": None, "__proto__": {}},
    "bidi": "\u202egnp.exe",
    "noncharacter": "\uffff\U0010ffff",
}
# A name may well look like that: what is asked is that nothing breaks.
PLAUSIBLE = frozenset({"bidi", "noncharacter"})
JSON = {"content-type": "application/json"}


def with_each_replaced(body: Body, value: Any) -> Iterator[Body]:
    """Yield the body with each of its fields replaced, then with each field of the first item of each list."""
    for field, given in body.items():
        yield body | {field: value}
        if isinstance(given, list) and given and isinstance(given[0], dict):
            yield from (body | {field: [item]} for item in with_each_replaced(given[0], value))


@pytest.mark.parametrize("what", list(HOSTILE))
@SHARED
async def test_hostile_values_in_a_body_are_refused(grounds: dict[str, Ground], what: str) -> None:
    for operation in SENT:
        ground = grounds[operation.service]
        for body in with_each_replaced(BODIES[operation.name](ground.here), HOSTILE[what]):
            answer = await ask(ground, operation, content=json.dumps(body).encode(), headers=JSON)
            assert answer.status_code < 500, (operation.name, str(body)[:500], answer.text[:500])
            if what not in PLAUSIBLE:
                refused(answer, 400, 404, 409, 413, 422)


@every(SENT)
@SHARED
async def test_a_body_that_is_none_is_refused(grounds: dict[str, Ground], operation: Operation) -> None:
    ground = grounds[operation.service]
    good = json.dumps({"no_such_field": 1}).encode()
    for content in (
        b"",
        b"{",
        b"null",
        b"[]",
        b"1",
        b'"x"',
        b"\xff\xfe{}",
        b"{}" * 2,
        good[:-1],
        b"NaN",
        b"\x00",
        good.decode().encode("utf-16"),
    ):
        refused(await ask(ground, operation, content=content, headers=JSON), 400, 422)
    for depth in (b"[", b'{"a":'):
        refused(await ask(ground, operation, content=depth * 20_000, headers=JSON), 400, 422)
    for media in (
        "text/plain",
        "application/xml",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "application/json5",
        "",
        "x",
    ):
        answer = await ask(ground, operation, content=good, headers={"content-type": media})
        refused(answer, 400, 415, 422)
        assert "no_such_field" not in answer.text, f"a body of type {media!r} was read as JSON"


# A limit is the service's; where files are received it must still hold back what is no file.
LIMITED = sorted({operation.service for operation in SENT})


@pytest.mark.parametrize("name", LIMITED)
@SHARED
async def test_a_body_over_a_megabyte_is_refused(grounds: dict[str, Ground], name: str) -> None:
    ground = grounds[name]
    for operation in [one for one in SENT if one.service == name]:
        answer = await ask(ground, operation, content=b'{"a":"' + b"a" * DEFAULT_MAX_BODY_BYTES + b'"}', headers=JSON)
        assert answer.status_code == 413, operation.name


@pytest.mark.parametrize("announced", [pytest.param(True, id="announced"), pytest.param(False, id="in pieces")])
@SHARED
async def test_a_body_over_the_limit_is_a_problem(grounds: dict[str, Ground], *, announced: bool) -> None:
    ground = grounds["identity"]
    limit = service("identity").max_body_bytes
    operation = next(one for one in SENT if one.service == "identity")

    async def pieces() -> AsyncIterator[bytes]:
        for _ in range(9):
            yield b" " * (limit // 8)

    content: Any = b" " * (limit + 1) if announced else pieces()
    refused(await ask(ground, operation, content=content, headers=JSON), 413)
