"""Retries, outliers, health checks, circuit breakers and reload."""

import threading
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Self

import httpx
import pytest

from tests.gateway.contracts import BOTH
from tests.gateway.harness import Gateway, eventually, run
from tests.gateway.toys import Reply, Request, Script, echo

PATH = "/registry/v1/learners"
ONE = "/registry/v1/learners/1"
MODIFIED = "listener_manager.listener_modified"
KEYED = "/registry/v1/keyed"


def first_fails(reply: Reply) -> Script:
    """Return a script that fails once and then answers."""
    left = [reply]

    def script(request: Request) -> Reply:
        return left.pop() if left else echo(request)

    return script


@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize("reply", [Reply(reset=True), Reply(status=502), Reply(status=504)])
def test_safe_is_retried(gateway: Gateway, method: str, reply: Reply) -> None:
    """A read that failed on the way is done again, unseen by the caller."""
    toy = gateway.services["registry"][0]
    toy.script = first_fails(reply)
    assert gateway.request(method, PATH).status_code == 200
    assert toy.count(PATH) == 2


@pytest.mark.parametrize(("method", "path"), [("POST", PATH), ("POST", KEYED), ("PATCH", ONE), ("PUT", ONE), ("DELETE", ONE)])
@pytest.mark.parametrize("reply", [Reply(reset=True), Reply(status=502)])
def test_change_that_arrived_is_not_retried(gateway: Gateway, method: str, path: str, reply: Reply) -> None:
    """A change that reached the service is never sent again by the gateway."""
    toy = gateway.services["registry"][0]
    toy.script = first_fails(reply)
    assert gateway.request(method, path, headers={"idempotency-key": "k"}, content=b"{}").status_code in {502, 503}
    assert toy.count(path) == 1
    toy.script = echo


def test_answer_of_the_service_passes(gateway: Gateway) -> None:
    """A service's own error passes as it is, and is not asked again."""
    toy = gateway.services["registry"][0]
    body = b'{"type":"urn:lienthong:problem:unavailable"}'
    toy.script = lambda _: Reply(status=503, headers={"retry-after": "7", "content-type": "application/problem+json"}, body=body)
    answer = gateway.get(PATH)
    toy.script = echo
    assert (answer.status_code, answer.content, answer.headers["retry-after"]) == (503, body, "7")
    assert toy.count(PATH) == 1


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    """A gateway before two hosts of each service, watching them closely."""
    health = {"interval_seconds": 0.2, "consecutive_errors": 3, "ejection_seconds": 60}
    with run(tmp_path_factory.mktemp("pair"), BOTH, replicas=2, health=health) as gateway:
        yield gateway


def test_outlier_is_set_aside(pair: Gateway) -> None:
    """A host that keeps failing gets no more requests while another works."""
    bad, good = pair.services["registry"]
    bad.script = lambda _: Reply(status=500)
    statuses = Counter(pair.get(PATH).status_code for _ in range(40))
    assert statuses[500] == 3
    assert len(bad.seen) == 3
    assert len(good.seen) == 37
    assert pair.stat("cluster.registry.outlier_detection.ejections_active") == 1
    bad.script = echo


def test_unready_host_is_left_out(pair: Gateway) -> None:
    """A host that says it is not ready gets no requests, and gets them again afterwards."""
    resting, _ = pair.services["identity"]
    resting.healthy = False
    eventually(lambda: pair.stat("cluster.identity.membership_healthy") == 1)
    resting.seen.clear()
    assert {pair.get("/identity/v1/accounts").status_code for _ in range(20)} == {200}
    assert resting.seen == []
    resting.healthy = True
    eventually(lambda: pair.get("/identity/v1/accounts").status_code == 200 and resting.seen != [])


def test_change_is_retried_when_it_never_left(tmp_path: Path) -> None:
    """A PUT, or a POST with an Idempotency-Key, goes to another host when the first cannot be reached; a bare POST does not."""
    with run(tmp_path, {"registry": BOTH["registry"]}, health={"interval_seconds": 30}) as gateway:
        alive = gateway.services["registry"][0]
        dead = "127.0.0.1:1"
        gateway.reload(services={"registry": [alive.address, dead]}, health={"interval_seconds": 30, "consecutive_errors": 1000})
        eventually(lambda: gateway.stat("cluster.registry.membership_total") == 2)
        assert {gateway.request("PUT", ONE, content=b"{}").status_code for _ in range(10)} == {200}
        keyed = {gateway.request("POST", KEYED, headers={"idempotency-key": "k"}, content=b"{}").status_code for _ in range(10)}
        assert keyed == {200}


def test_nobody_there(tmp_path: Path) -> None:
    """A service that is away: 503 as a problem, with the time to wait."""
    with run(tmp_path, {"registry": BOTH["registry"]}) as gateway:
        gateway.reload(services={"registry": ["127.0.0.1:1"]})

        def refused() -> bool:
            return gateway.get(PATH).status_code == 503

        eventually(refused)
        answer = gateway.get(PATH)
        assert answer.headers["retry-after"] == "2"
        assert answer.json()["type"] == "urn:lienthong:problem:unavailable"


def test_circuit_breaker(tmp_path: Path) -> None:
    """Beyond what may be in flight, a request is refused at once instead of queueing."""
    limits = {"upstream_requests": 2, "upstream_pending": 2}
    with run(tmp_path, {"registry": BOTH["registry"]}, limits=limits) as gateway:
        gateway.services["registry"][0].script = lambda _: Reply(delay=1)
        token = gateway.issuer.token()
        with ThreadPoolExecutor(6) as callers:
            answers = list(callers.map(lambda _: gateway.request("POST", PATH, token=token), range(6)))
        assert Counter(answer.status_code for answer in answers) == {200: 2, 503: 4}
        refused = next(answer for answer in answers if answer.status_code == 503)
        assert refused.json()["type"] == "urn:lienthong:problem:unavailable"
        assert refused.headers["retry-after"] == "2"


class Load:
    """Callers that never pause, until stopped."""

    def __init__(self, gateway: Gateway, callers: int) -> None:
        self.answers: Counter[str] = Counter()
        self._stop = threading.Event()
        self._gateway = gateway
        self._threads = [threading.Thread(target=self._call) for _ in range(callers)]

    def _call(self) -> None:
        headers = {"authorization": f"Bearer {self._gateway.issuer.token()}"}
        with httpx.Client(base_url=self._gateway.client.base_url, headers=headers) as client:
            while not self._stop.is_set():
                try:
                    self.answers[str(client.post(PATH, content=b"{}").status_code)] += 1
                except httpx.TransportError as error:
                    self.answers[repr(error)] += 1

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()


FAST = {"client": {"requests": 100_000, "window_seconds": 60}}


def grown(gateway: Gateway, done: int, load: Load, answered: int) -> bool:
    """Whether the new listener is in force, the old one gone, and the callers go on."""
    drained = gateway.stat("listener_manager.total_filter_chains_draining") == 0
    return gateway.stat(MODIFIED) > done and drained and load.answers["200"] > answered


def test_reload_under_load(tmp_path: Path) -> None:
    """Changing routes, limits, services, filters and addresses drops no request."""
    with run(tmp_path, BOTH, drain_seconds=3, limits=FAST) as gateway, Load(gateway, 4) as load:
        eventually(lambda: load.answers["200"] > 200)
        for turn in range(2):
            rate = {"requests": 100_000 + turn, "window_seconds": 60}
            done, answered = gateway.stat(MODIFIED), load.answers["200"]
            gateway.reload(
                limits={"client": rate, "timeout_seconds": 5 + turn, "body_bytes": 100_000 + turn},
                cors_origins=[f"https://{turn}.test"],
                clock_skew_seconds=5 + turn,
                health={"interval_seconds": 1 + turn},
            )
            eventually(partial(grown, gateway, done, load, answered + 200), 20)
    assert set(load.answers) == {"200"}, load.answers
    assert gateway.settings.cors_origins == ["https://1.test"]
