"""What a caller of one school can learn of another one: nothing, whatever is read, filtered, counted, followed, written or in conflict."""

from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest

from tests.contract.operations import Operation, operations
from tests.security.asking import every
from tests.security.bodies import BODIES, FILES, Body
from tests.security.callers import neighbours
from tests.security.calls import places, query, sent
from tests.security.fillers import FILL
from tests.security.registry import enrolment, person
from tests.security.schools import SHARED, YEAR, Ground, School, leaked, superuser
from tests.security.snapshots import about

READS = [operation for operation in operations() if operation.reads and operation.service in FILL]
LISTS = [operation for operation in READS if "count" in operation.names("query")]
CROWD = """
INSERT INTO class (class_id, school_id, school_year, level, name, organisation_path)
SELECT new_id(), organisation_id, $2, 'primary', 'dong ' || n, organisation_path
FROM organisation, generate_series(1, 5000) n WHERE organisation_id = $1"""


def queries(operation: Operation, school: School) -> Iterator[dict[str, str]]:
    """Yield nothing, each filter with what names the school's things, and each order."""
    codes = [school.code, school.commune]
    given: dict[str, list[str]] = {
        "q": [school.word, *codes],
        "school": codes,
        "parent": codes,
        "organisation": codes,
        "school_id": [school.ids.get("organisation_id", str(uuid4()))],
        "class": [school.ids.get("class_id", str(uuid4()))],
        "ministry_code": list(school.codes.values()),
        "username": [f"nv.{school.word.lower()}"],
        "person": [school.people.get("learner", str(uuid4()))],
        "role": ["teacher"],
        "as_of": ["2026-10-01"],
        "sort": ["name", "code", "username", "valid_from"],
    }
    yield {}
    yield from ({name: value} for name in operation.names("query") for value in given.get(name, ()))


@every(READS)
@SHARED
async def test_nothing_that_is_read_tells_of_the_other_school(grounds: dict[str, Ground], operation: Operation) -> None:
    ground, answered = grounds[operation.service], 0
    for values in (places(operation, ground.here), places(operation, ground.there)):
        for who, headers in neighbours(ground, str(operation.permission), "organisation", "relation"):
            for asked in queries(operation, ground.here):
                sending = query(operation, ground.there) | asked
                answer = await ground.client.get(operation.address(values), params=sending, headers=headers)
                assert answer.status_code in {200, 404, 422}, (who, asked, answer.text)
                told = leaked(ground.here, answer, *values.values())
                assert not told, f"{who} asking {asked} reads {told}: {answer.text[:500]}"
                answered += answer.status_code == 200
    assert answered or str(operation.permission).startswith("identity.me."), "nobody of the other school can read even their own"


@every(LISTS)
@SHARED
async def test_a_count_counts_what_is_listed(grounds: dict[str, Ground], operation: Operation) -> None:
    ground = grounds[operation.service]
    for who, headers in neighbours(ground, str(operation.permission), "organisation", "relation"):
        for asked in queries(operation, ground.here):
            address = operation.address(places(operation, ground.there))
            answer = await ground.client.get(address, params=asked | {"count": "exact", "limit": "500"}, headers=headers)
            if answer.status_code == 200:
                assert answer.json()["count"] == len(answer.json()["items"]), (who, asked, answer.text)


@SHARED
async def test_an_estimate_does_not_grow_with_the_other_school(grounds: dict[str, Ground]) -> None:
    ground = grounds["registry"]
    headers = ground.headers("school_admin", ground.there.code, ground.there.subject)

    async def estimates() -> list[int]:
        asked: list[dict[str, str]] = [{}, {"school_year": YEAR}, {"school_id": ground.here.ids["organisation_id"]}, {"level": "primary"}]
        answers = [await ground.client.get("/registry/v1/classes", params=one | {"count": "estimate"}, headers=headers) for one in asked]
        return [answer.json()["count"] for answer in answers]

    async with superuser(ground.database) as connection:
        await connection.execute("ANALYZE class")
        before = await estimates()
        try:
            await connection.execute(CROWD, ground.here.ids["organisation_id"], YEAR)
            await connection.execute("ANALYZE class")
            after = await estimates()
        finally:
            await connection.execute("DELETE FROM class WHERE name LIKE 'dong %'")
            await connection.execute("ANALYZE class")
    assert before == after


@pytest.mark.parametrize("name", sorted(FILL))
@SHARED
async def test_nothing_that_is_written_reaches_the_other_school(grounds: dict[str, Ground], name: str) -> None:
    ground = grounds[name]
    before = await about(ground.database, ground.here)
    assert before
    for operation in operations():
        if operation.service != name or operation.reads:
            continue
        content = sent(operation, ground.here)
        for who, headers in neighbours(ground, str(operation.permission), "organisation"):
            address = operation.address(places(operation, ground.here))
            sending = content | {"headers": content["headers"] | headers}
            answer = await ground.client.request(operation.method, address, params=query(operation, ground.here), **sending)
            told = leaked(ground.here, answer, content.get("json", ""), str(content.get("content", b""), "utf-8"))
            assert not told, f"{operation.name} as {who} tells {told}: {answer.text}"
            assert "location" not in answer.headers or operation.name in FILES, (operation.name, who)
    assert await about(ground.database, ground.here) == before


def taken(here: School, there: School) -> dict[str, tuple[str, str, Body, str]]:
    """Return requests of the other school that collide with what is here: service, path, body, and the problem they must meet."""
    code, number = ("ministry_code", here.codes["first"]), ("personal_number", here.personal_number)
    stranger = School("C", "Velutra")
    post = {"organisation_code": there.code, "role": "teacher", "started_on": "2020-01-01"}
    learner = person(stranger, "Người khác", code, enrolment=enrolment(there))
    guardian = {"learner_id": there.ids.get("learner_id"), "relation": "other", "person": person(stranger, "Người khác", number)}
    organisation = {"code": here.code, "name": "Trường mới", "kind": "site", "parent_code": there.code, "valid_from": "2016-01-01"}
    return {
        "a learner's code": ("registry", "/registry/v1/learners", learner, "identifier-taken"),
        "a learner's code for a teacher": (
            "registry",
            "/registry/v1/staff",
            person(stranger, "Người khác", code, post=post),
            "identifier-taken",
        ),
        "a guardian's number": ("registry", "/registry/v1/guardians", guardian, "identifier-taken"),
        "an organisation's code": ("registry", "/registry/v1/organisations", organisation, "organisation-code-taken"),
        "a user name": (
            "identity",
            "/identity/v1/accounts",
            BODIES["POST /identity/v1/accounts"](here) | {"organisation_code": there.code},
            "username-taken",
        ),
        "a client's id": (
            "identity",
            "/identity/v1/clients",
            BODIES["POST /identity/v1/clients"](here) | {"organisation_code": there.code},
            "client-id-taken",
        ),
    }


@pytest.mark.parametrize("what", taken(School("A", "x"), School("B", "y")))
@SHARED
async def test_a_conflict_does_not_tell_with_whom(grounds: dict[str, Ground], what: str) -> None:
    name, *_ = taken(School("A", "x"), School("B", "y"))[what]
    ground = grounds[name]
    _, path, body, problem = taken(ground.here, ground.there)[what]
    before = await about(ground.database, ground.here)
    for role in ("province_officer", "integrator" if name == "registry" else "platform_admin"):
        headers = ground.headers(role, ground.there.code, ground.there.subject)
        answer = await ground.client.post(path, json=body, headers=headers)
        assert (answer.status_code, answer.json()["type"]) == (409, "urn:lienthong:problem:" + problem), answer.text
        assert not leaked(ground.here, answer, body)
        assert "location" not in answer.headers
        assert "etag" not in answer.headers
        assert answer.json().get("errors", []) == []
        told: dict[str, Any] = answer.json()
        assert told["detail"] == told["title"], "the sentence is the same for every conflict of this kind"
    assert await about(ground.database, ground.here) == before


@SHARED
async def test_an_idempotency_key_belongs_to_its_sender(grounds: dict[str, Ground]) -> None:
    ground, key = grounds["identity"], uuid4().hex
    body = {"username": f"nv.{key}", "name": "Tên", "organisation_code": ground.here.code}
    ours = ground.headers("school_admin", ground.here.code, ground.here.subject) | {"Idempotency-Key": key}
    theirs = ground.headers("school_admin", ground.there.code, ground.there.subject) | {"Idempotency-Key": key}
    first = await ground.client.post("/identity/v1/accounts", json=body, headers=ours)
    assert first.status_code == 201
    other = await ground.client.post("/identity/v1/accounts", json=body, headers=theirs)
    assert other.status_code == 422
    assert "idempotency-replayed" not in other.headers
    assert first.json()["account_id"] not in other.text
    again = await ground.client.post("/identity/v1/accounts", json=body, headers=ours)
    assert (again.status_code, again.headers["idempotency-replayed"]) == (201, "true")
