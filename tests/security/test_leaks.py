"""What a caller of one school can learn of another one: nothing, whatever is read, filtered, counted, followed, written or in conflict."""

from collections.abc import Callable, Iterator
from typing import Any
from uuid import uuid4

import pytest

from tests.contract.operations import Operation, every, operations, services
from tests.security.asking import refused
from tests.security.bodies import BODIES, FILES
from tests.security.callers import neighbours
from tests.security.calls import places, query, sent
from tests.security.common import COMMON
from tests.security.egov import agency, from_outside
from tests.security.registry import enrolment, person
from tests.security.schools import SHARED, YEAR, Body, Ground, School, leaked, superuser
from tests.security.snapshots import about

READS = [operation for operation in operations() if operation.reads]
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
    for name in operation.names("query"):
        yield from ({name: value} for value in given.get(name) or filter(None, [school.ids.get(name)]))


def reads(operation: Operation, ground: Ground) -> Iterator[tuple[dict[str, str], dict[str, str]]]:
    """Yield path and query: what is here as it is, what is there (or everywhere) with whatever names what is here."""
    exact = {"count": "exact", "limit": "500"} if "count" in operation.names("query") else {}
    demanded = query(operation, ground.there) | exact
    if operation.path_names:
        yield places(operation, ground.here), demanded
    yield from ((places(operation, ground.there), demanded | asked) for asked in queries(operation, ground.here))


@every(READS)
@SHARED
async def test_nothing_that_is_read_tells_of_the_other_school(grounds: dict[str, Ground], operation: Operation) -> None:
    ground, answered = grounds[operation.service], 0
    for who, headers in neighbours(ground, str(operation.permission), "organisation", "relation"):
        for values, asked in reads(operation, ground):
            answer = await ground.client.get(operation.address(values), params=asked, headers=headers)
            assert answer.status_code in {200, 404, 422}, (who, asked, answer.text)
            told = leaked(ground.here, answer, *values.values(), public=operation.name in COMMON)
            assert not told, f"{who} asking {asked} reads {told}: {answer.text[:500]}"
            if answer.status_code == 200:
                answered += 1
                assert "count" not in asked or answer.json()["count"] == len(answer.json()["items"]), (who, asked, answer.text)
    assert answered or str(operation.permission).startswith("identity.me."), "nobody of the other school can read even their own"


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


@pytest.mark.parametrize("name", services())
@SHARED
async def test_nothing_that_is_written_reaches_the_other_school(grounds: dict[str, Ground], name: str) -> None:
    ground = grounds[name]
    before = await about(ground.database, ground.here)
    assert before
    for operation in operations():
        if operation.service != name or operation.reads:
            continue
        content = sent(operation, ground.here)
        for who, headers in neighbours(ground, str(operation.permission), "organisation", "relation"):
            address = operation.address(places(operation, ground.here))
            sending = content | {"headers": content["headers"] | headers}
            answer = await ground.client.request(operation.method, address, params=query(operation, ground.here), **sending)
            told = leaked(ground.here, answer, content.get("json", ""), content.get("content", ""))
            assert not told, f"{operation.name} as {who} tells {told}: {answer.text}"
            assert "location" not in answer.headers or operation.name in FILES, (operation.name, who)
    assert await about(ground.database, ground.here) == before


def taken(here: School, there: School) -> dict[str, tuple[str, str, Body, str]]:
    """Return requests of the other school that collide with what is here: service, path (of a POST unless it says), body, problem."""
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
        "an agency's code": ("egov", f"PUT /egov/v1/agencies/{there.code}", {"agency_code": agency(here)}, "agency-code-taken"),
    }


@pytest.mark.parametrize("what", taken(School("A", "x"), School("B", "y")))
@SHARED
async def test_a_conflict_does_not_tell_with_whom(grounds: dict[str, Ground], what: str) -> None:
    name, *_ = taken(School("A", "x"), School("B", "y"))[what]
    ground = grounds[name]
    _, path, body, problem = taken(ground.here, ground.there)[what]
    before = await about(ground.database, ground.here)
    method, _, address = path.rpartition(" ")
    for role in ("province_officer", "platform_admin" if name == "identity" else "integrator"):
        headers = ground.headers(role, ground.there.code, ground.there.subject)
        answer = await ground.client.request(method or "POST", address, json=body, headers=headers)
        assert (answer.status_code, answer.json()["type"]) == (409, "urn:lienthong:problem:" + problem), answer.text
        assert not leaked(ground.here, answer, body)
        assert "location" not in answer.headers
        assert "etag" not in answer.headers
        assert answer.json().get("errors", []) == []
        told: dict[str, Any] = answer.json()
        assert told["detail"] == told["title"], "the sentence is the same for every conflict of this kind"
    assert await about(ground.database, ground.here) == before


# What a school sends, and the field that says that it is another one.
SENT: dict[str, tuple[Callable[[School], Body], str]] = {
    "/assets/v1/assets": (BODIES["POST /assets/v1/assets"], "asset_code"),
    "/egov/v1/dossiers": (from_outside, "explanation"),
    "/identity/v1/accounts": (BODIES["POST /identity/v1/accounts"], "username"),
    "/learning/v1/workspace": (BODIES["POST /learning/v1/workspace"], "title"),
}


@pytest.mark.parametrize("path", list(SENT))
@SHARED
async def test_an_idempotency_key_belongs_to_its_sender(grounds: dict[str, Ground], path: str) -> None:
    ground, key = grounds[path.split("/")[1]], uuid4().hex
    make, field = SENT[path]
    body = make(ground.here) | {field: f"nv.{key}"}
    ours = ground.headers("school_admin", ground.here.code, ground.here.subject) | {"Idempotency-Key": key}
    theirs = ground.headers("school_admin", ground.there.code, ground.there.subject) | {"Idempotency-Key": key}
    first = await ground.client.post(path, json=body, headers=ours)
    assert first.status_code == 201, first.text
    made = first.headers["location"].rpartition("/")[2]
    other = await ground.client.post(path, json=body, headers=theirs)
    refused(other, 403, 422)
    assert "idempotency-replayed" not in other.headers
    assert made not in other.text
    again = await ground.client.post(path, json=body, headers=ours)
    assert (again.status_code, again.headers["idempotency-replayed"], again.content) == (201, "true", first.content)
