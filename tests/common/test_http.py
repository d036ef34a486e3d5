"""The contract of every route, on the smallest service: who may, what is answered, what is written."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from uuid import UUID, uuid4

import asyncpg
import httpx
import pytest
import pytest_asyncio
from pydantic import SecretStr

from libs.common.app import create_app
from libs.common.settings import Settings
from tests.common import miniature
from tests.support.postgres import TestDatabase, TestPostgres
from tests.support.service import calling, plant_organisation
from tests.support.tokens import Issuer

NOTES = "/registry/v1/notes"
VERSIONS = Path(__file__).parent / "miniature_versions"


@pytest.fixture(scope="module")
def database(postgres: TestPostgres) -> Iterator[TestDatabase]:
    made = postgres.database("mini", VERSIONS)
    asyncio.run(_plant(made))
    yield made
    postgres.drop(made)


async def _plant(database: TestDatabase) -> None:
    province = await plant_organisation(database, uuid4(), "P", kind="province")
    await plant_organisation(database, uuid4(), "A", kind="school", parent_path=province)
    await plant_organisation(database, uuid4(), "B", kind="school", parent_path=province)


@pytest_asyncio.fixture
async def client(database: TestDatabase, issuer: Issuer) -> AsyncIterator[httpx.AsyncClient]:
    settings = Settings(
        database_url=SecretStr(database.url), bus_url=SecretStr("postgresql://unused"), issuer=issuer.url, jwks_url=issuer.jwks_url
    )
    async with calling(create_app(name="mini", title="Mini", routers=[miniature.router], settings=settings)) as made:
        yield made


async def _write(client: httpx.AsyncClient, issuer: Issuer, code: str = "A", **body: object) -> httpx.Response:
    note = {"organisation_code": code, "title": uuid4().hex, **body}
    return await client.post(NOTES, json=note, headers=issuer.headers("province_officer@P"))


async def test_without_a_token_nothing_is_told(client: httpx.AsyncClient) -> None:
    answer = await client.get(NOTES)
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == "Bearer"
    assert answer.json()["type"] == "urn:lienthong:problem:unauthenticated"
    assert answer.json()["detail"]
    assert answer.json()["detail_en"]


async def test_a_missing_permission_is_named(client: httpx.AsyncClient, issuer: Issuer) -> None:
    answer = await client.get(NOTES, headers=issuer.headers("guardian@A"))
    assert answer.status_code == 403
    assert "registry.note.read" in answer.json()["detail_en"]


async def test_a_machine_needs_the_oauth_scope_besides_its_grant(client: httpx.AsyncClient, issuer: Issuer) -> None:
    without = issuer.headers("integrator@P", sid=None)
    with_scope = issuer.headers("integrator@P", sid=None, scope="registry.read")
    assert (await client.get(NOTES, headers=without)).status_code == 403
    assert (await client.get(NOTES, headers=with_scope)).status_code == 200
    refused = await client.post(NOTES, json={"organisation_code": "A", "title": "x"}, headers=with_scope)
    assert refused.status_code == 403


async def test_another_organisation_sees_nothing(client: httpx.AsyncClient, issuer: Issuer) -> None:
    note = (await _write(client, issuer)).json()
    other = issuer.headers("school_admin@B")
    assert (await client.get(f"{NOTES}/{note['note_id']}", headers=other)).status_code == 404
    listed = (await client.get(NOTES, params={"limit": 500, "count": "exact"}, headers=other)).json()
    assert note["note_id"] not in str(listed)
    assert listed["count"] == len(listed["items"])
    changes = (await client.get(f"{NOTES}/changes", params={"limit": 500}, headers=other)).json()
    assert note["note_id"] not in str(changes)
    patched = await client.patch(f"{NOTES}/{note['note_id']}", json={"title": "x"}, headers=other | {"If-Match": "*"})
    assert patched.status_code in {403, 404}


async def test_a_relation_opens_one_row_and_no_more(client: httpx.AsyncClient, issuer: Issuer) -> None:
    person = uuid4()
    mine = (await _write(client, issuer, owner_id=str(person))).json()
    other = (await _write(client, issuer)).json()
    reach = issuer.headers("teacher@A", person_id=str(person))
    assert (await client.get(NOTES, headers=reach)).status_code == 403  # notes are not among what a teacher's relation opens
    allowed = issuer.headers("auditor@B", person_id=str(person))
    assert (await client.get(f"{NOTES}/{mine['note_id']}", headers=allowed)).status_code == 404  # an auditor has no relation
    assert (await client.get(f"{NOTES}/{other['note_id']}", headers=allowed)).status_code == 404


async def test_etag_answers_304_and_guards_changes(client: httpx.AsyncClient, issuer: Issuer) -> None:
    note = (await _write(client, issuer)).json()
    url, officer = f"{NOTES}/{note['note_id']}", issuer.headers("province_officer@P")
    tag = (await client.get(url, headers=officer)).headers["etag"]
    assert (await client.get(url, headers=officer | {"If-None-Match": tag})).status_code == 304
    title = {"title": uuid4().hex}
    assert (await client.patch(url, json=title, headers=officer)).status_code == 428
    changed = await client.patch(url, json=title, headers=officer | {"If-Match": tag})
    assert (changed.status_code, changed.json()["version"], changed.headers["etag"]) == (200, 2, '"2"')
    assert (await client.patch(url, json=title, headers=officer | {"If-Match": tag})).status_code == 412


async def test_of_two_changes_at_once_exactly_one_wins(client: httpx.AsyncClient, issuer: Issuer) -> None:
    note = (await _write(client, issuer)).json()
    officer = issuer.headers("province_officer@P") | {"If-Match": '"1"'}
    answers = await asyncio.gather(
        *(client.patch(f"{NOTES}/{note['note_id']}", json={"title": uuid4().hex}, headers=officer) for _ in range(5))
    )
    assert sorted(answer.status_code for answer in answers) == [200, 412, 412, 412, 412]


async def test_a_repeated_post_is_answered_once(client: httpx.AsyncClient, issuer: Issuer, database: TestDatabase) -> None:
    headers = issuer.headers("province_officer@P") | {"Idempotency-Key": uuid4().hex}
    body = {"organisation_code": "A", "title": uuid4().hex}
    answers = await asyncio.gather(*(client.post(NOTES, json=body, headers=headers) for _ in range(5)))
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.text for answer in answers}) == 1
    assert len({answer.headers["location"] for answer in answers}) == 1
    assert await _value(database, "SELECT count(*) FROM note WHERE title = $1", body["title"]) == 1
    other = await client.post(NOTES, json=body | {"title": "khác"}, headers=headers)
    assert (other.status_code, other.json()["type"]) == (422, "urn:lienthong:problem:idempotency-mismatch")


async def test_a_wrong_field_is_pointed_at(client: httpx.AsyncClient, issuer: Issuer) -> None:
    body = {"organisation_code": "A", "titel": "x"}
    answer = await client.post(NOTES, json=body, headers=issuer.headers("province_officer@P"))
    assert answer.status_code == 422
    errors = {error["pointer"]: error for error in answer.json()["errors"]}
    assert errors["/title"]["code"] == "missing"
    assert "title" in errors["/titel"]["vi"]
    assert "Did you mean" in errors["/titel"]["en"]
    query = await client.get(NOTES, params={"limitt": 3}, headers=issuer.headers("province_officer@P"))
    assert "limit" in query.json()["errors"][0]["en"]


async def test_a_conflict_changes_nothing(client: httpx.AsyncClient, issuer: Issuer, database: TestDatabase) -> None:
    title = uuid4().hex
    assert (await _write(client, issuer, title=title)).status_code == 201
    before = await _value(database, "SELECT count(*) FROM outbox")
    answer = await _write(client, issuer, title=title)
    assert (answer.status_code, answer.json()["type"]) == (409, "urn:lienthong:problem:note-title-taken")
    assert await _value(database, "SELECT count(*) FROM outbox") == before


async def test_a_write_leaves_audit_change_and_event(client: httpx.AsyncClient, issuer: Issuer, database: TestDatabase) -> None:
    note = (await _write(client, issuer)).json()
    for question in (
        "SELECT count(*) FROM audit WHERE key = $1 AND action = 'registry.note.write' AND actor LIKE 'account:%'",
        "SELECT count(*) FROM change WHERE key = $1 AND resource = 'note'",
        "SELECT count(*) FROM outbox WHERE key = $1 AND type = 'vn.lienthong.miniature.note.written.v1'",
    ):
        assert await _value(database, question, note["note_id"]) == 1


async def test_pages_follow_each_other_without_gap(client: httpx.AsyncClient, issuer: Issuer) -> None:
    made = {(await _write(client, issuer, code="B")).json()["note_id"] for _ in range(7)}
    seen: list[str] = []
    url, officer = f"{NOTES}?organisation=B&sort=title&limit=3", issuer.headers("province_officer@P")
    while url:
        answer = await client.get(url, headers=officer)
        seen.extend(item["note_id"] for item in answer.json()["items"])
        url = answer.headers["link"][1:].partition(">")[0] if "link" in answer.headers else ""
    assert made <= set(seen)
    assert len(seen) == len(set(seen))
    first = (await client.get(f"{NOTES}?organisation=B&limit=3", headers=officer)).json()
    refused = await client.get(NOTES, params={"organisation": "A", "cursor": first["next"]}, headers=officer)
    assert (refused.status_code, refused.json()["type"]) == (400, "urn:lienthong:problem:cursor-mismatch")
    assert (await client.get(NOTES, params={"cursor": "nonsense"}, headers=officer)).status_code == 400


async def test_the_change_feed_never_skips_what_is_in_flight(client: httpx.AsyncClient, issuer: Issuer, database: TestDatabase) -> None:
    officer = issuer.headers("province_officer@P")
    slow = await asyncpg.connect(database.superuser_url)
    transaction = slow.transaction()
    await transaction.start()
    late = str(uuid4())
    await slow.execute(
        "INSERT INTO change (resource, key, kind, version, organisation_path) "
        "SELECT 'note', $1, 'changed', 1, path FROM organisation_path WHERE code = 'A'",
        late,
    )
    quick = (await _write(client, issuer)).json()["note_id"]
    first = (await client.get(f"{NOTES}/changes", params={"limit": 500}, headers=officer)).json()
    assert quick in {item["key"] for item in first["items"]}
    await transaction.commit()
    await slow.close()
    second = (await client.get(f"{NOTES}/changes", params={"limit": 500, "cursor": first["next"]}, headers=officer)).json()
    assert [item["key"] for item in second["items"]] == [late]
    assert (await client.get(f"{NOTES}/changes", params={"cursor": second["next"]}, headers=officer)).json()["items"] == []


@pytest.mark.parametrize("plan", ["force_custom_plan", "force_generic_plan"])
@pytest.mark.parametrize("scans", ["on", "off"])
async def test_the_scope_is_open_before_the_first_row_under_every_plan(database: TestDatabase, plan: str, scans: str) -> None:
    connection = await asyncpg.connect(database.url)
    try:
        await connection.execute(f"SET plan_cache_mode = {plan}; SET enable_seqscan = {scans}; SET enable_indexscan = {scans}")
        statement = miniature.NOTE.scoped
        note = await _value(
            database, "SELECT note_id FROM note WHERE organisation_path <@ (SELECT path FROM organisation_path WHERE code = 'A') LIMIT 1"
        )
        for code, visible in (("P", True), ("A", True), ("B", False), ("*", True)):
            found = await connection.fetchval(statement.sql, [code], None, "test", note)
            assert (found is not None) is visible
        assert await connection.fetchval("SELECT count(*) FROM note") == 0  # the scope ended with its transaction
    finally:
        await connection.close()


async def test_the_application_role_can_neither_bypass_nor_rewrite_history(database: TestDatabase) -> None:
    connection = await asyncpg.connect(database.url)
    try:
        for forbidden in (
            "UPDATE audit SET actor = 'x'",
            "DELETE FROM audit",
            "ALTER TABLE note DISABLE ROW LEVEL SECURITY",
            "DROP TABLE note",
        ):
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await connection.execute(forbidden)
    finally:
        await connection.close()


async def _value(database: TestDatabase, question: str, *arguments: object) -> UUID | int | str | None:
    connection = await asyncpg.connect(database.superuser_url)
    try:
        value: UUID | int | str | None = await connection.fetchval(question, *arguments)
        return value
    finally:
        await connection.close()
