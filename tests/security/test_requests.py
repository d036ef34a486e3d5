"""Requests that no client of ours sends: every one is answered by a problem in both languages, none by a server error."""

import base64
import json
from typing import Any
from urllib.parse import quote
from uuid import uuid4

import pytest

from tests.contract.operations import Operation, every, operations, services
from tests.security.asking import ASKED, admin, refused
from tests.security.bodies import BODIES
from tests.security.calls import nowhere, places, query, sent
from tests.security.schools import SHARED, Ground
from tests.security.snapshots import about

LEARNERS = "/registry/v1/learners"
BY_ID = [operation for operation in ASKED if any(operation.schema(name).get("format") == "uuid" for name in operation.path_names)]
INJECTIONS = [
    "' OR '1'='1",
    "'; DROP TABLE learner; --",
    '" OR ""="',
    "1); SELECT pg_sleep(20); --",
    "$1",
    ":value",
    "%s%n{0}{e}",
    "\\'; --",
    "a' UNION SELECT jwk FROM signing_key --",
    "\u02bc OR 1=1",
]


@pytest.mark.parametrize("name", services())
@SHARED
async def test_one_token_in_one_header(grounds: dict[str, Ground], name: str) -> None:
    ground = grounds[name]
    path = next(operation.path for operation in ASKED if operation.service == name and operation.reads and not operation.path_names)
    good = admin(ground)["Authorization"]
    token = good.removeprefix("Bearer ")
    bad: list[list[tuple[str, str]]] = [
        [("Authorization", good), ("Authorization", good)],
        [("Authorization", "Bearer x"), ("Authorization", good)],
        [("Authorization", good + ", " + good)],
        [("Authorization", token)],
        [("Authorization", "Basic " + base64.b64encode(b"a:b").decode())],
        [("Authorization", "Bearer")],
        [("Authorization", "Bearer " + token + "x" * 9000)],
        [("Authorization", "Bearer " + "a" * 9000 + "." + "b" * 9000 + ".c")],
        [("Authorization", "Bearer \xe9\xff.\xe9.\xe9")],
        [("Authorization", "Bearer ..")],
        [("Cookie", "access_token=" + token)],
        [("X-Forwarded-Access-Token", token)],
    ]
    for headers in bad:
        raw = [(field.encode(), value.encode("latin-1")) for field, value in headers]
        refused(await ground.client.get(path, headers=raw), 401)
    refused(await ground.client.get(path, params={"access_token": token}), 401)


@pytest.mark.parametrize("name", services())
@SHARED
async def test_who_has_not_signed_in_is_not_told_what_is_wrong_with_a_query(grounds: dict[str, Ground], name: str) -> None:
    ground = grounds[name]
    asked = [one for one in ASKED if one.service == name and one.reads and one.permission]
    assert asked
    for operation in asked:
        path = operation.address(nowhere(operation, ground.here))
        refused(await ground.client.get(path, params={"limit": "many", "nothing": "1"}), 401)


@pytest.mark.parametrize("name", services())
@SHARED
async def test_headers_of_the_gateway_give_nothing(grounds: dict[str, Ground], name: str) -> None:
    ground = grounds[name]
    operation = next(one for one in ASKED if one.service == name and one.reads and one.path_names and one.path.count("{") == 1)
    spoofed = {
        "x-lienthong-subject": ground.here.subject,
        "x-lienthong-grants": "platform_admin@*",
        "x-lienthong-scope": "*",
        "x-lienthong-person": ground.here.subject,
        "x-lienthong-service": "internal",
        "x-forwarded-for": "127.0.0.1",
        "x-forwarded-host": "evil.example",
        "x-forwarded-user": "admin",
        "x-forwarded-proto": "https",
        "x-forwarded-prefix": "/evil",
        "forwarded": "for=127.0.0.1;host=evil.example",
        "x-original-url": "/registry/v1/imports",
        "x-http-method-override": "DELETE",
        "x-envoy-internal": "true",
        "x-real-ip": "127.0.0.1",
    }
    address = operation.address(places(operation, ground.here))
    asked = query(operation, ground.here)
    refused(await ground.client.get(address, params=asked, headers=spoofed), 401)
    nobody = ground.issuer.headers(sub=ground.here.subject)
    refused(await ground.client.get(address, params=asked, headers=nobody | spoofed), 403)
    answer = await ground.client.get(address, params=asked, headers=admin(ground) | spoofed)
    assert answer.status_code == 200
    assert "evil" not in answer.text + str(answer.headers)


@SHARED
async def test_a_link_to_the_next_page_stays_on_our_own_host(grounds: dict[str, Ground]) -> None:
    ground = grounds["registry"]
    spoofed = {"host": "evil.example", "x-forwarded-host": "evil.example", "x-forwarded-proto": "gopher"}
    answer = await ground.client.get(LEARNERS, params={"limit": 1}, headers=admin(ground) | spoofed)
    assert answer.headers["link"].startswith("</registry/v1/learners?")
    assert "evil" not in answer.text + str(answer.headers)


@SHARED
async def test_a_request_id_is_kept_only_when_it_is_plain(grounds: dict[str, Ground]) -> None:
    ground = grounds["registry"]
    for given in ("a b", "x" * 65, "<script>", "a\tb", "né", "", "../../etc"):
        answer = await ground.client.get(LEARNERS, headers=[(b"x-request-id", given.encode())])
        refused(answer, 401)
        assert answer.headers["x-request-id"] != given
    for given in ("00-xyz", "00-" + "0" * 32 + "-" + "0" * 16 + "-01", "ff-" + "a" * 32 + "-" + "b" * 16 + "-01", "a" * 5000):
        refused(await ground.client.get(LEARNERS, headers={"traceparent": given}), 401)


# The cursor has a test of its own; the rest of the pager is the same code everywhere, and is asked in one service.
PAGER = frozenset({"cursor"})


@every([operation for operation in ASKED if operation.reads and operation.names("query")])
@SHARED
async def test_sql_in_a_query_is_text(grounds: dict[str, Ground], operation: Operation) -> None:
    ground = grounds[operation.service]
    before = await about(ground.database, ground.here)
    address = operation.address(places(operation, ground.here))
    for name in set(operation.names("query")) - (PAGER if operation.service == "registry" else PAGER | {"limit", "count"}):
        for value in (*INJECTIONS, "x" * 3000, "-1", "1e9", "9" * 40, "NaN", "null", "[]", "0001-01-01", "9999-12-31"):
            answer = await ground.client.get(address, params=query(operation, ground.here) | {name: value}, headers=admin(ground))
            assert answer.status_code in {200, 400, 404, 422}, (name, value, answer.text)
            assert "syntax error" not in answer.text
            if answer.status_code >= 400:
                refused(answer, answer.status_code)
            elif name not in {"limit", "as_of", "at_once", "from", "to"} and (name, value) != ("q", "NaN"):  # the beginning of a word
                assert answer.json().get("items", []) == [], (name, value, answer.text[:300])
    assert await about(ground.database, ground.here) == before


@every([operation for operation in ASKED if operation.reads and operation.names("query")])
@SHARED
async def test_a_null_byte_in_a_query_is_refused(grounds: dict[str, Ground], operation: Operation) -> None:
    ground = grounds[operation.service]
    for name in operation.names("query"):
        sending = query(operation, ground.here) | {name: "a\x00b"}
        answer = await ground.client.get(operation.address(places(operation, ground.here)), params=sending, headers=admin(ground))
        refused(answer, 400, 404, 422)


@every([operation for operation in ASKED if "cursor" in operation.names("query")])
@SHARED
async def test_a_cursor_that_was_not_made_here_is_refused(grounds: dict[str, Ground], operation: Operation) -> None:
    ground = grounds[operation.service]

    def packed(value: Any) -> str:
        return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")

    address = operation.address(places(operation, ground.here))
    made: tuple[Any, ...] = (
        ["x", "y", "z"],
        ["feed", "-1"],
        ["feed", "1'; --"],
        ["feed", "9" * 50],
        [],
        {},
        None,
        1,
        [1, 2, 3],
        ["a"] * 50,
        ["a\x00", "b", "c"],
    )
    for cursor in (*map(packed, made), *INJECTIONS, "=", "A", "é", "a\x00", "A" * 5000, ""):
        answer = await ground.client.get(address, params=query(operation, ground.here) | {"cursor": cursor}, headers=admin(ground))
        if operation.path.endswith("/changes") and answer.status_code == 200:
            continue  # a position is a number that anybody may write; what it shows is checked by row security
        if cursor == "" and answer.status_code == 200:
            continue
        refused(answer, 400, 422)


@pytest.mark.parametrize("path", sorted({(operation.service, operation.path) for operation in ASKED}), ids=lambda path: path[1])
@SHARED
async def test_another_method_is_refused(grounds: dict[str, Ground], path: tuple[str, str]) -> None:
    ground = grounds[path[0]]
    here = [operation for operation in ASKED if operation.path == path[1]]
    address = here[0].address(places(here[0], ground.here))
    known = {operation.method for operation in here}
    for method in {"HEAD", "OPTIONS", "TRACE", "PROPFIND", "DELETE", "PATCH", "PUT", "POST", "GET", "BREW"} - known:
        answer = await ground.client.request(method, address, headers=admin(ground))
        if method == "HEAD":
            assert answer.status_code == 405
            continue
        others = {one.method for one in operations() if one.service == path[0] and _matches(one.path, address)}
        if method not in others:
            refused(answer, 405)
            assert answer.headers["allow"]


@SHARED
async def test_a_refused_method_is_told_all_that_are_allowed(grounds: dict[str, Ground]) -> None:
    answer = await grounds["registry"].client.delete(LEARNERS, headers=admin(grounds["registry"]))
    refused(answer, 405)
    assert answer.headers["allow"] == "GET, POST"


def _matches(path: str, address: str) -> bool:
    parts, given = path.split("/"), address.split("/")
    return len(parts) == len(given) and all(part.startswith("{") or part == one for part, one in zip(parts, given, strict=True))


@every(BY_ID)
@SHARED
async def test_an_id_that_is_none_is_refused(grounds: dict[str, Ground], operation: Operation) -> None:
    ground = grounds[operation.service]
    content = sent(operation, ground.here)
    for name in [one for one in operation.path_names if operation.schema(one).get("format") == "uuid"]:
        for given in (
            "1",
            "x",
            "null",
            "0" * 32 + "g",
            str(uuid4()) + "0",
            "' OR 1=1 --",
            "a\x00b",
            "é",
            "..",
            "%2e%2e",
            "{" + str(uuid4()) + "}x",
        ):
            values = places(operation, ground.here)
            path = operation.path.replace("{" + name + "}", quote(given, safe=""))
            for other, value in values.items():
                path = path.replace("{" + other + "}", quote(value, safe=""))
            headers = content["headers"] | admin(ground)
            answer = await ground.client.request(
                operation.method, path, **(content | {"headers": headers}), params=query(operation, ground.here)
            )
            refused(answer, 404, 405, 422)


@pytest.mark.parametrize(
    "position",
    [
        "²",
        "9" * 18,
        pytest.param("9" * 30, id="beyond bigint"),
    ],
)
@SHARED
async def test_a_position_of_a_feed_is_a_number(grounds: dict[str, Ground], position: str) -> None:
    ground = grounds["registry"]
    cursor = base64.urlsafe_b64encode(json.dumps(["feed", position]).encode()).decode().rstrip("=")
    answer = await ground.client.get(f"{LEARNERS}/changes", params={"cursor": cursor}, headers=admin(ground))
    assert answer.status_code in {200, 400, 422}, answer.text


@pytest.mark.parametrize("name", services())
@SHARED
async def test_a_path_that_is_none_is_a_problem(grounds: dict[str, Ground], name: str) -> None:
    ground = grounds[name]
    for path in (
        f"/{name}",
        f"/{name}/v2/x",
        "/",
        f"/{name}/v1/../../etc/passwd",
        f"/{name}/v1//",
        "/docs",
        "/openapi.json",
        "/redoc",
        f"//{name}/v1",
    ):
        refused(await ground.client.get("http://service" + path, headers=admin(ground)), 404)


@every([operation for operation in ASKED if operation.method == "POST" and operation.name in BODIES and not operation.path_names])
@SHARED
async def test_an_idempotency_key_has_a_form(grounds: dict[str, Ground], operation: Operation) -> None:
    ground = grounds[operation.service]
    content = json.dumps(BODIES[operation.name](ground.here)).encode()
    for key in ("", "x" * 201, "a\tb", "a\x7f"):
        headers = {**admin(ground), "content-type": "application/json"}
        raw = [(one.encode(), value.encode()) for one, value in headers.items()] + [(b"idempotency-key", key.encode())]
        answer = await ground.client.post(operation.path, content=content, headers=raw)
        refused(answer, 422)
        assert "idempotency-key" in answer.text


@every([operation for operation in ASKED if operation.method == "PATCH"])
@SHARED
async def test_if_match_takes_any_text(grounds: dict[str, Ground], operation: Operation) -> None:
    ground = grounds[operation.service]
    address, body = operation.address(places(operation, ground.here)), BODIES[operation.name](ground.here)
    for given in ("", "x", '"', '"1', "W/", "'1'", '"999999999999999999999"', "é", ",,,", '"0"'):
        raw = [(b"if-match", given.encode()), (b"authorization", admin(ground)["Authorization"].encode())]
        refused(await ground.client.patch(address, json=body, headers=raw), 412)
        read = await ground.client.get(address, headers=[(b"if-none-match", given.encode()), raw[1]])
        assert read.status_code == 200
    refused(await ground.client.patch(address, json=body, headers=admin(ground)), 428)
