"""What holds for the whole service: permissions on routes, answers that fit their schemas, contracts, migrations."""

import re
from pathlib import Path
from uuid import uuid4

import asyncpg
import pytest
from fastapi import FastAPI
from pydantic import BaseModel, SecretStr

from libs.common.db.migrate import migrate
from libs.common.events import catalogue
from libs.common.openapi import permissions
from services.egov.documents.schemas import CountOut
from services.egov.dossiers.schemas import DossierListed, DossierOut, StepOut, TrackingOut
from services.egov.main import SERVICE
from services.egov.offers.schemas import OfferOut
from services.egov.settings import EgovSettings
from tests.egov.conftest import World
from tests.egov.documents.test_counts import count
from tests.egov.offers.test_offers import offer
from tests.egov.samples import received
from tests.house.source import ROOT
from tests.support.postgres import TestDatabase

LEFT = """
SELECT relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = 'public' AND relkind IN ('r', 'S') AND relname NOT LIKE 'alembic%'
UNION ALL SELECT proname FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
WHERE n.nspname = 'public' AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = p.oid AND d.deptype = 'e')"""
PROTECTED = """
SELECT c.relname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
WHERE a.attname = 'organisation_path' AND c.relkind = 'r' AND NOT a.attisdropped AND NOT c.relrowsecurity"""

# The code and the key on the receipt are the proof.
OPEN = "/egov/v1/tracking/"


def application() -> FastAPI:
    unused = SecretStr("postgresql://unused")
    return SERVICE.app(EgovSettings(database_url=unused, bus_url=unused, issuer="unused", jwks_url="unused"))


def calls() -> list[tuple[str, str, str]]:
    """Every method, path and permission."""
    found = []
    for route, permission in permissions(application()):
        path = route.path_format.replace("{code}", "2.002854").replace("{organisation_code}", "S1")
        path = path.replace("{dossier_id}", str(uuid4()))
        found += [(method, path, permission or "") for method in route.methods or ()]
    return [call for call in found if call[1].startswith("/egov") and not call[1].startswith(OPEN)]


def test_every_route_names_a_permission_of_the_service() -> None:
    assert len(calls()) >= 30
    assert all(permission.startswith("egov.") for _, _, permission in calls())


async def test_anonymous_callers_are_refused_and_so_are_those_without_the_permission(world: World) -> None:
    nobody = world.issuer.headers()
    for method, path, permission in calls():
        answer = await world.client.request(method, path)
        assert answer.status_code == 401, (method, path, answer.text)
        refused = await world.client.request(method, path, headers=nobody, json={"learner_id": str(uuid4())})
        if refused.status_code == 422:
            continue  # the question to the registry needs a body that can be read
        assert refused.status_code == 403, (method, path, refused.text)
        assert permission in refused.json()["detail"]


async def test_a_machine_client_needs_its_scope(world: World) -> None:
    headers = world.issuer.headers("integrator@*", sid=None, scope="egov.read")
    assert (await world.client.get("/egov/v1/offers", headers=headers)).status_code == 200
    assert (await world.client.put("/egov/v1/offers", headers=headers, json={"items": [offer()]})).status_code == 403


def fits(out: type[BaseModel], found: dict[str, object]) -> None:
    out.model_validate(found)
    assert set(found) == set(out.model_fields)


async def test_answers_fit_their_schemas_and_events_their_classes(world: World) -> None:
    admin = world.caller("platform_admin@*")
    await admin.send("PUT", "/offers", {"items": [offer()]})
    await admin.send("PUT", "/document-counts", {"items": [count()]})
    dossier = await received(world)
    fits(DossierOut, dossier)
    fits(TrackingOut, (await admin.get(f"/tracking/{dossier['code']}", key=dossier["tracking_key"])).json())
    lists: tuple[tuple[type[BaseModel], str], ...] = (
        (DossierListed, "/dossiers"),
        (StepOut, f"/dossiers/{dossier['dossier_id']}/steps"),
        (OfferOut, "/offers"),
        (CountOut, "/document-counts"),
    )
    for out, path in lists:
        items = (await admin.get(path)).json()["items"]
        assert items, path
        for item in items:
            fits(out, item)
    for row in await world.rows("SELECT type, key, sequence, body FROM outbox"):
        kind = catalogue.find(row["type"])
        assert kind is not None
        event = kind.model_validate_json(row["body"])
        assert (event.key, event.sequence) == (row["key"], row["sequence"])


async def test_conditional_reads_and_pages(world: World) -> None:
    dossier = await received(world)
    path = f"/egov/v1/dossiers/{dossier['dossier_id']}"
    first = await world.client.get(path, headers=world.mother.headers)
    assert first.headers["etag"] == f'"{dossier["version"]}"'
    again = await world.client.get(path, headers=world.mother.headers | {"if-none-match": first.headers["etag"]})
    assert again.status_code == 304
    page = await world.mother.get(f"/dossiers/{dossier['dossier_id']}/steps", limit=2)
    rest = await world.mother.get(f"/dossiers/{dossier['dossier_id']}/steps", limit=2, cursor=page.json()["next"])
    assert [step["number"] for step in [*page.json()["items"], *rest.json()["items"]]] == [1, 2, 3]
    listed = await world.receiving.get("/dossiers", sort="waiting_since", stage="received", owner="receiving_school", count="exact")
    assert listed.json()["count"] == 1


def test_contracts_can_be_written() -> None:
    documents = SERVICE.contracts()
    assert {"egov.dossier", "egov.transfer", "egov.procedure", "egov.document"} == set(documents["asyncapi.json"]["channels"])
    problems = {problem["type"] for problem in documents["openapi.json"]["x-problems"]}
    assert "urn:lienthong:problem:dossier-wrong-side" in problems


async def test_every_table_with_somebodys_rows_has_row_security(database: TestDatabase) -> None:
    connection = await asyncpg.connect(database.superuser_url)
    assert await connection.fetch(PROTECTED) == []
    await connection.close()


async def test_down_takes_everything_away_and_up_works_again(database: TestDatabase) -> None:
    await migrate(database.owner_url, database.url, SERVICE.versions, "base")
    connection = await asyncpg.connect(database.superuser_url)
    assert [row[0] for row in await connection.fetch(LEFT)] == []
    await migrate(database.owner_url, database.url, SERVICE.versions)
    assert await connection.fetchval("SELECT count(*) FROM dossier") == 0
    await connection.close()


@pytest.mark.parametrize("file", sorted(SERVICE.root.glob("*/data/*.yaml")), ids=lambda file: file.name)
def test_sources_that_the_data_cite_exist(file: Path) -> None:
    cited = re.findall(r'(\S+README\.md), section "([^"]+)"', file.read_text(encoding="utf-8")[:1000])
    for path, section in cited:
        assert f"\n## {section}\n" in (ROOT / path).read_text(encoding="utf-8")
    assert cited or file.name == "agency-hours.yaml"
