"""Every operation called with generated requests by somebody who may do everything: each answer is one that the contract allows."""

import json
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

import httpx
import hypothesis
import schemathesis
from schemathesis.core import NOT_SET
from schemathesis.transport.serialization import Binary

from tests.contract.answers import faults
from tests.contract.operations import Operation, contract, every, operations
from tests.security.calls import matching, places, query
from tests.security.schools import SHARED, Ground

EXAMPLES = 15
FEW = 5  # of an operation that takes ids and nothing else
SETTINGS = hypothesis.settings(
    max_examples=EXAMPLES,
    derandomize=True,
    database=None,
    deadline=None,
    phases=[hypothesis.Phase.generate],
    suppress_health_check=list(hypothesis.HealthCheck),
)
SENT_BY_US = frozenset({"authorization", "content-length", "host", "transfer-encoding", "connection"})


@dataclass(frozen=True, slots=True)
class Generated:
    """One request, of whatever the contract allows."""

    path: dict[str, str]
    query: dict[str, Any]
    headers: dict[str, str]
    content: bytes
    media: str | None

    @classmethod
    def of(cls, case: Any) -> "Generated":
        """Take over what schemathesis has made."""
        headers = {name: str(value) for name, value in (case.headers or {}).items() if name.lower() not in SENT_BY_US}
        return cls(
            path={name: str(value) for name, value in (case.path_parameters or {}).items()},
            query={name: value for name, value in (case.query or {}).items() if value is not None},
            headers=headers,
            content=_content(case.body),
            media=case.media_type,
        )

    @property
    def has_zero(self) -> bool:
        """A zero character is refused everywhere; tests/security/test_requests.py asks for it."""
        return "\\x00" in repr((self.path, self.query, self.headers)) or b"\\u0000" in self.content

    def about(self, operation: Operation, ground: Ground) -> "Generated":
        """Return the same request about something that exists, in whatever version."""
        asked = self.query | query(operation, ground.here)
        return replace(self, path=places(operation, ground.here), query=asked, headers=self.headers | matching(operation))


def _content(body: Any) -> bytes:
    if body is NOT_SET:
        return b""
    return bytes(body.data) if isinstance(body, Binary) else json.dumps(body).encode()


@cache
def schema_of(service: str) -> Any:
    """Return the contract of a service as schemathesis reads it."""
    return schemathesis.openapi.from_dict(contract(service))


def generate(operation: Operation) -> list[Generated]:
    """Return generated requests of one operation, the same in every run."""
    schema = schema_of(operation.service)
    found: list[Generated] = []

    examples = EXAMPLES if operation.takes_body or operation.names("query") else FEW

    @hypothesis.settings(SETTINGS, max_examples=examples)
    @hypothesis.given(case=schema[operation.path][operation.method].as_strategy())
    def draw(case: Any) -> None:
        found.append(Generated.of(case))

    draw()
    return [one for one in found if not one.has_zero][:examples]


async def send(ground: Ground, operation: Operation, one: Generated) -> httpx.Response:
    headers = [(name.encode(), value.encode()) for name, value in one.headers.items()]
    headers += [(name.encode(), value.encode()) for name, value in ground.headers("platform_admin", "*", ground.here.subject).items()]
    if one.media:
        headers.append((b"content-type", one.media.encode()))
    return await ground.client.request(
        operation.method, operation.address(one.path), params=one.query, headers=headers, content=one.content or None
    )


@every(one for one in operations() if one.reads)
@SHARED
async def test_what_is_there_is_answered_as_described(playgrounds: dict[str, Ground], operation: Operation) -> None:
    ground = playgrounds[operation.service]
    headers = ground.headers("platform_admin", "*", ground.here.subject)
    answer = await ground.client.get(
        operation.address(places(operation, ground.here)), params=query(operation, ground.here), headers=headers
    )
    assert answer.status_code == 200, answer.text
    assert not list(faults(operation, answer)), answer.text
    if "etag" in answer.headers:
        again = await ground.client.get(str(answer.request.url), headers=headers | {"If-None-Match": answer.headers["etag"]})
        assert (again.status_code, again.content) == (304, b"")


@every(one for one in operations() if one.method == "PATCH")
@SHARED
async def test_a_null_in_a_change_is_taken_or_refused(playgrounds: dict[str, Ground], operation: Operation) -> None:
    ground, wrong = playgrounds[operation.service], []
    reference = operation.spec["requestBody"]["content"]["application/json"]["schema"]["$ref"]
    schema = contract(operation.service)["components"]["schemas"][reference.rpartition("/")[2]]
    for field in schema["properties"]:
        one = Generated({}, {}, {}, json.dumps({field: None}).encode(), "application/json").about(operation, ground)
        answer = await send(ground, operation, one)
        wrong += [f"{field}: {fault}" for fault in faults(operation, answer)]
    assert not wrong, "\n".join(wrong)


@every(one for one in operations() if one.permission)
@SHARED
async def test_every_answer_is_the_one_that_is_promised(playgrounds: dict[str, Ground], operation: Operation) -> None:
    ground, wrong = playgrounds[operation.service], []
    for index, generated in enumerate(generate(operation)):
        one = generated.about(operation, ground) if index % 2 else generated
        answer = await send(ground, operation, one)
        wrong += [f"{fault}\n  {one}\n  {answer.text[:300]}" for fault in faults(operation, answer)]
    assert not wrong, "\n".join(wrong)
