from datetime import date
from typing import Any

import httpx
import pytest

from services.insight.copies.schemas import CountsOut
from services.insight.indicators.catalogue import catalogue
from services.insight.indicators.schemas import FiguresOut, IndicatorsOut, RecordsOut
from tests.insight.support import Feed, learner, member, organisation, post, province, school_class, school_year, spell
from tests.support.tokens import Issuer

AUTUMN, WINTER = date(2017, 9, 1), date(2018, 1, 15)
NOTHING = dict.fromkeys(CountsOut.model_fields, 0)
PATHS = (
    "/insight/v1/indicators",
    "/insight/v1/figures?organisation=P",
    "/insight/v1/figures/learners/records?organisation=P",
    "/insight/v1/needs/computers?organisation=P",
    "/insight/v1/plans",
    "/insight/v1/plans/school-phong-dong-2017/comparison?organisation=A",
    "/insight/v1/plans/school-phong-dong-2017/scorecard?organisation=A",
    "/insight/v1/freshness",
)
OF_AN_ORGANISATION = [path for path in PATHS if "organisation=" in path]


@pytest.fixture
async def fed(feed: Feed) -> Feed:
    await feed.apply(
        *province(),
        organisation("P", "C1", "A", "A2", kind="site", version=2, valid_to=date(2017, 7, 1)),
        school_year("2016-2017", date(2016, 8, 22), date(2017, 5, 31)),
        school_year("2017-2018", date(2017, 8, 21), date(2018, 5, 31)),
        school_class("A 2016", "A", "2016-2017", "primary"),
        school_class("A 6", "A", "2017-2018", "lower_secondary", informatics=True),
        school_class("A 1", "A", "2017-2018", "primary"),
        school_class("B 1", "B", "2017-2018", "primary", informatics=True),
        learner("An", spell("An 1", "A", "primary", AUTUMN, WINTER), spell("An 2", "B", "primary", WINTER)),
        learner("Bo", spell("Bo", "A", "lower_secondary", AUTUMN, informatics=True)),
        learner("Ca", spell("Ca", "C", "lower_secondary", AUTUMN)),
        member("T1", post("T1 a", "A", subject="informatics", degree="college", uses_it=True), post("T1 b", "B"), it_on=WINTER),
        member("T2", post("T2", "B", until=AUTUMN), it_on=date(2012, 1, 4)),
        member("H", post("H", "A", "principal")),
    )
    return feed


async def figures(client: httpx.AsyncClient, headers: dict[str, str], organisation: str, as_of: str, **query: Any) -> dict[str, Any]:
    answer = await client.get("/insight/v1/figures", params={"organisation": organisation, "as_of": as_of, **query}, headers=headers)
    assert answer.status_code == 200, answer.text
    return {item.key: item for item in FiguresOut.model_validate_json(answer.content).items}


@pytest.fixture
def officer(issuer: Issuer) -> dict[str, str]:
    return issuer.headers("province_officer@P")


@pytest.mark.usefixtures("fed")
async def test_figures_are_as_of_the_day(client: httpx.AsyncClient, officer: dict[str, str]) -> None:
    async def values(organisation: str, as_of: str, *keys: str) -> list[Any]:
        found = await figures(client, officer, organisation, as_of, key=list(keys))
        return [found[key].value for key in keys]

    assert await values("P", "2017-11-12", "schools", "sites", "classes", "learners", "staff", "teachers", "managers") == [
        3,
        1,
        3,
        3,
        3,
        2,
        1,
    ]
    assert await values("P", "2017-06-30", "sites", "classes", "staff", "learners") == [2, 1, 4, None]
    assert await values("A", "2017-11-12", "learners", "staff", "informatics_teachers", "staff_it_certificate") == [2, 2, 1, 0]
    assert await values("A", "2018-01-15", "learners", "staff_it_certificate", "staff_basic_it_share") == [1, 1, 50.0]
    assert await values("B", "2018-01-14", "learners", "staff") == [None, 1]
    assert await values("B", "2018-01-15", "learners", "learners_with_informatics") == [1, 0]
    assert await values("P", "2017-11-12", "schools_with_informatics_share", "teachers_using_it_share") == [66.67, 50.0]


@pytest.mark.usefixtures("fed")
async def test_unmeasured_is_no_zero_and_zero_is_no_gap(client: httpx.AsyncClient, officer: dict[str, str]) -> None:
    found = await figures(client, officer, "C", "2017-11-12")
    assert (found["learners"].value, found["learners_with_informatics"].value) == (1, 0)
    for key in ("classes", "staff", "informatics_teachers", "sites", "schools_with_website", "rooms", "projectors", "computer_rooms"):
        assert (found[key].value, found[key].state) == (None, "not_yet_measured"), key
        assert found[key].reason.startswith("Chưa đo")
        assert found[key].reason_en.startswith("Not yet measured")
    assert found["schools_with_website_share"].state == "not_yet_measured"
    before = await figures(client, officer, "C", "2009-12-31")
    assert {item.state for item in before.values()} == {"not_yet_measured"}
    whole = await figures(client, officer, "P", "2017-11-12", key=["learners", "staff"])
    assert (whole["learners"].coverage.with_records, whole["staff"].coverage.with_records, whole["staff"].coverage.schools) == (2, 2, 3)


@pytest.mark.usefixtures("fed")
@pytest.mark.parametrize(("level", "as_of"), [(None, "2017-11-12"), ("primary", "2018-02-28"), ("lower_secondary", "2017-06-30")])
async def test_every_figure_drills_down_to_what_adds_up_to_it(
    client: httpx.AsyncClient, officer: dict[str, str], level: str | None, as_of: str
) -> None:
    query = {"level": level} if level else {}
    found = await figures(client, officer, "P", as_of, **query)
    for key, figure in found.items():
        records, cursor = [], None
        while True:
            page: dict[str, Any] = {"organisation": "P", "as_of": as_of, "limit": 1, **query} | ({"cursor": cursor} if cursor else {})
            answer = await client.get(f"/insight/v1/figures/{key}/records", params=page, headers=officer)
            body = RecordsOut.model_validate_json(answer.content)
            records += body.items
            cursor = body.next
            if cursor is None:
                break
        assert body.figure == figure
        assert sum(record.contribution for record in records) == (figure.numerator or 0)
        assert sum(record.denominator or 0 for record in records) == (figure.denominator or 0)
        if figure.value is not None and figure.denominator is None:
            assert sum(record.contribution for record in records) == figure.value


@pytest.mark.usefixtures("fed")
async def test_a_cursor_belongs_to_its_question(client: httpx.AsyncClient, officer: dict[str, str]) -> None:
    path = "/insight/v1/figures/learners/records"
    page: dict[str, Any] = {"organisation": "P", "as_of": "2017-11-12", "limit": 1}
    cursor = (await client.get(path, params=page, headers=officer)).json()["next"]
    for changed in ({"as_of": "2018-02-28"}, {"organisation": "C1"}, {"level": "primary"}, {"cursor": "x"}):
        answer = await client.get(path, params=page | {"cursor": cursor} | changed, headers=officer)
        assert (answer.status_code, answer.json()["type"]) == (400, "urn:lienthong:problem:cursor-mismatch")


async def test_the_catalogue_is_listed(client: httpx.AsyncClient, officer: dict[str, str]) -> None:
    answer = await client.get("/insight/v1/indicators", headers=officer)
    items = IndicatorsOut.model_validate_json(answer.content).items
    assert [item.key for item in items] == [indicator.key for indicator in catalogue().indicators]
    assert all(item.label and item.label_en and item.sources for item in items)


@pytest.mark.usefixtures("fed")
@pytest.mark.parametrize("path", PATHS)
async def test_who_may_read(client: httpx.AsyncClient, issuer: Issuer, path: str) -> None:
    assert (await client.get(path)).status_code == 401
    refused = await client.get(path, headers=issuer.headers("guardian@A"))
    assert refused.status_code == 403
    assert "insight." in refused.json()["detail"]
    machine = {"sid": None, "scope": "registry.read"}
    assert (await client.get(path, headers=issuer.headers("integrator@P", **machine))).status_code == 403
    machine["scope"] = "insight.read"
    assert (await client.get(path, headers=issuer.headers("integrator@P", **machine))).status_code == 200


@pytest.mark.usefixtures("fed")
@pytest.mark.parametrize("path", OF_AN_ORGANISATION)
async def test_another_organisation_is_not_found(client: httpx.AsyncClient, issuer: Issuer, path: str) -> None:
    for grant in ("school_admin@C", "commune_officer@C2", "school_admin@NOBODY"):
        assert (await client.get(path, headers=issuer.headers(grant))).status_code == 404
    nowhere = path.rsplit("=", 1)[0] + "=NOWHERE"
    assert (await client.get(nowhere, headers=issuer.headers("province_officer@P"))).status_code == 404


@pytest.mark.usefixtures("fed")
async def test_a_school_sees_its_own_figures_also_those_of_a_site_that_has_closed(client: httpx.AsyncClient, issuer: Issuer) -> None:
    found = await figures(client, issuer.headers("school_admin@A"), "A", "2017-06-30", key=["sites", "classes"])
    assert (found["sites"].value, found["classes"].value) == (2, 1)


@pytest.mark.parametrize(
    ("query", "pointer", "hint"),
    [
        ("organisation=P&key=learnrs", "query/key", "learners"),
        ("organisation=P&asof=2017-11-12", "query/asof", "as_of"),
        ("organisation=P&as_of=12/11/2017", "query/as_of", ""),
        ("organisation=P&level=secondary", "query/level", ""),
        ("as_of=2017-11-12", "query/organisation", ""),
    ],
    ids=["unknown key", "unknown parameter", "bad day", "bad level", "no organisation"],
)
async def test_bad_questions_are_explained(client: httpx.AsyncClient, officer: dict[str, str], query: str, pointer: str, hint: str) -> None:
    answer = await client.get("/insight/v1/figures?" + query, headers=officer)
    assert answer.status_code == 422
    (fault,) = answer.json()["errors"]
    assert fault["pointer"] == pointer
    assert hint in fault["vi"]
    assert hint in fault["en"]


@pytest.mark.usefixtures("fed")
async def test_an_unknown_indicator_has_no_records(client: httpx.AsyncClient, officer: dict[str, str]) -> None:
    assert (await client.get("/insight/v1/figures/nothing/records?organisation=P", headers=officer)).status_code == 404


@pytest.mark.usefixtures("fed")
async def test_freshness_counts_what_the_caller_may_see(client: httpx.AsyncClient, issuer: Issuer) -> None:
    whole = (await client.get("/insight/v1/freshness", headers=issuer.headers("province_officer@P"))).json()
    assert whole["counts"] == NOTHING | {"organisations": 8, "classes": 4, "staff": 3, "learners": 3, "enrolments": 4, "school_years": 2}
    assert {topic["topic"]: topic["events"] for topic in whole["topics"]}["registry.learner"] == 3
    own = (await client.get("/insight/v1/freshness", headers=issuer.headers("school_admin@C"))).json()
    assert own["counts"] == NOTHING | {"organisations": 1, "learners": 1, "enrolments": 1, "school_years": 2}


@pytest.mark.usefixtures("fed")
async def test_freshness_tells_no_numbers_of_people_to_who_may_not_see_them(client: httpx.AsyncClient, issuer: Issuer) -> None:
    hidden = {"staff": None, "learners": None, "enrolments": None, "dossiers": None}
    machine = issuer.headers("integrator@C", sid=None, scope="insight.read")
    found = (await client.get("/insight/v1/freshness", headers=machine)).json()["counts"]
    assert found == NOTHING | {"organisations": 1, "school_years": 2} | hidden
    both = issuer.headers("integrator@C", sid=None, scope="insight.read registry.read")
    assert (await client.get("/insight/v1/freshness", headers=both)).json()["counts"]["learners"] == 1
