"""Who may not see people is not told small numbers of them, whichever way the question is put."""

from datetime import date
from typing import Any

import httpx
import pytest

from libs.common.disclosure import SMALL
from libs.common.rounding import Rounding
from services.insight.indicators.catalogue import catalogue
from services.insight.indicators.schemas import FigureOut, FiguresOut, NeedsOut, RecordsOut
from services.insight.plans.schemas import ComparisonOut, ScorecardOut
from tests.insight.support import Feed, learner, member, norms, post, province, school_class, school_year, spell
from tests.support.tokens import Issuer

DAY = "2018-02-28"
SINCE = date(2017, 9, 1)
MACHINE = {"sid": None, "scope": "insight.read"}
LEARNERS = {("A", "primary"): 40, ("A", "lower_secondary"): 30, ("B", "primary"): 3, ("C", "lower_secondary"): 20}


@pytest.fixture
async def fed(feed: Feed) -> Feed:
    pupils = [
        learner(f"{school}{level}{number}", spell(f"{school}{level}{number}", school, level, SINCE, informatics=number > 2))
        for (school, level), count in LEARNERS.items()
        for number in range(count)
    ]
    await feed.apply(
        *norms(),
        *province(),
        school_year("2017-2018", date(2017, 8, 21), date(2018, 5, 31)),
        school_class("1A", "A", "2017-2018", "primary"),
        *pupils,
        *(member(f"T{number}", post(f"T{number}", "A", uses_it=number > 0)) for number in range(12)),
        member("H", post("H", "A", "principal")),
    )
    return feed


async def ask(client: httpx.AsyncClient, headers: dict[str, str], organisation: str, **query: Any) -> dict[str, FigureOut]:
    asked = {"organisation": organisation, "as_of": DAY, **query}
    answer = await client.get("/insight/v1/figures", params=asked, headers=headers)
    assert answer.status_code == 200, answer.text
    return {item.key: item for item in FiguresOut.model_validate_json(answer.content).items}


@pytest.mark.usefixtures("fed")
@pytest.mark.parametrize("grant", ["province_officer@P", "auditor@P", "school_admin@A", "commune_officer@C1", "platform_admin@*"])
async def test_who_may_see_people_sees_every_number(client: httpx.AsyncClient, issuer: Issuer, grant: str) -> None:
    found = await ask(client, issuer.headers(grant), "A")
    assert (found["managers"].value, found["managers"].state) == (1, "measured")
    assert "suppressed" not in {item.state for item in found.values()}


@pytest.mark.usefixtures("fed")
@pytest.mark.parametrize("organisation", ["P", "A", "B"])
async def test_asked_alone_a_figure_is_kept_back_as_with_all_others(client: httpx.AsyncClient, issuer: Issuer, organisation: str) -> None:
    headers = issuer.headers("teacher@P")
    together = await ask(client, headers, organisation)
    assert "suppressed" in {figure.state for figure in together.values()}
    for key, figure in together.items():
        assert (await ask(client, headers, organisation, key=key)) == {key: figure}


@pytest.mark.usefixtures("fed")
async def test_a_teacher_is_not_told_a_small_number(client: httpx.AsyncClient, issuer: Issuer) -> None:
    found = await ask(client, issuer.headers("teacher@A"), "A")
    manager = found["managers"]
    assert (manager.value, manager.numerator, manager.state) == (None, None, "suppressed")
    assert manager.reason
    assert manager.reason_en
    assert found["learners"].value == 70
    assert found["classes"].value == 1  # no number of people
    assert found["technicians"].value == 0
    assert found["teachers_using_it"].state == "suppressed"  # eleven of twelve: one does not
    assert found["teachers_using_it_share"].state == "suppressed"
    assert found["teachers_using_it_share"].denominator is None


@pytest.mark.usefixtures("fed")
async def test_a_grant_elsewhere_opens_nothing_here(client: httpx.AsyncClient, issuer: Issuer) -> None:
    both = issuer.headers("teacher@P", "school_admin@B")
    assert (await ask(client, both, "B"))["learners"].value == 3
    assert (await ask(client, both, "A"))["managers"].state == "suppressed"


@pytest.mark.usefixtures("fed")
async def test_a_client_without_the_scope_of_people_sees_no_small_numbers(client: httpx.AsyncClient, issuer: Issuer) -> None:
    assert (await ask(client, issuer.headers("integrator@P", **MACHINE), "B"))["learners"].state == "suppressed"
    wider = MACHINE | {"scope": "insight.read registry.read"}
    assert (await ask(client, issuer.headers("integrator@P", **wider), "B"))["learners"].value == 3


@pytest.mark.usefixtures("fed")
@pytest.mark.parametrize("key", ["learners", "learners_with_informatics", "staff", "teachers", "managers"])
async def test_no_two_questions_answer_a_third(client: httpx.AsyncClient, issuer: Issuer, key: str) -> None:
    """Ask for each organisation with and without levels: whatever is published leaves at least two numbers open in each sum."""
    seen, real = issuer.headers("integrator@P", **MACHINE), issuer.headers("province_officer@P")
    for level in (None, "primary", "lower_secondary"):
        query = {"level": level} if level else {}
        told = {code: (await ask(client, seen, code, key=key, **query))[key] for code in ("P", "C1", "C2", "A", "B", "C")}
        true = {code: (await ask(client, real, code, key=key, **query))[key].value or 0 for code in told}
        for code, item in told.items():
            assert item.state != "measured" or item.value == true[code], (code, level)
            assert item.state != "measured" or item.value == 0 or (item.value or 0) >= SMALL, (code, level)
        for whole, parts in (("P", ("C1", "C2")), ("C1", ("A", "B")), ("P", ("A", "B", "C"))):
            open_ones = [part for part in parts if told[part].state == "suppressed"]
            if told[whole].state == "measured" and open_ones:
                assert len(open_ones) > 1, (whole, level)
                assert sum(int(true[part]) for part in open_ones) >= SMALL


async def test_somebody_with_several_posts_counts_once_at_each_school_whatever_is_asked(
    fed: Feed, client: httpx.AsyncClient, issuer: Issuer
) -> None:
    keys = ("staff", "teachers", "managers")
    await fed.apply(
        member("Two schools", post("at A", "A", since=date(2015, 1, 1)), post("at B", "B", "principal", since=date(2016, 1, 1))),
        member("Two roles", post("first", "A", since=date(2015, 1, 1)), post("second", "A", "vice_principal", since=date(2016, 1, 1))),
    )
    real, seen = issuer.headers("province_officer@P"), issuer.headers("teacher@P")
    counted = {code: await ask(client, real, code) for code in ("P", "A", "B")}
    assert {code: tuple(found[key].value for key in keys) for code, found in counted.items()} == {
        "P": (16, 14, 2),
        "A": (15, 14, 1),
        "B": (1, 0, 1),
    }
    assert (await ask(client, seen, "B"))["managers"].state == "suppressed"


@pytest.mark.usefixtures("fed")
async def test_records_keep_back_what_the_figure_would_give_away(client: httpx.AsyncClient, issuer: Issuer) -> None:
    headers = issuer.headers("teacher@P")
    query = {"organisation": "P", "as_of": DAY}
    body = RecordsOut.model_validate_json((await client.get("/insight/v1/figures/learners/records", params=query, headers=headers)).content)
    told = {item.organisation for item in body.items}
    assert "B" not in told
    assert body.figure.value in {None, sum(LEARNERS.values())}
    assert body.suppressed == 3 - len(told)
    assert body.suppressed > 1 or body.figure.state == "suppressed"
    share = await client.get("/insight/v1/figures/learners_with_informatics_share/records", params=query, headers=headers)
    assert "B" not in {item.organisation for item in RecordsOut.model_validate_json(share.content).items}


@pytest.mark.usefixtures("fed")
async def test_comparison_scorecard_and_needs_keep_it_back_too(client: httpx.AsyncClient, issuer: Issuer) -> None:
    headers = issuer.headers("teacher@P")
    query = {"organisation": "B"}
    answer = await client.get("/insight/v1/plans/school-phong-dong-2017/comparison", params=query, headers=headers)
    compared = ComparisonOut.model_validate_json(answer.content)
    assert {row.figure: row for row in compared.figures}["2017.learners"].state == "suppressed"
    assert compared.summary.suppressed > 0
    query = {"organisation": "B", "as_of": DAY}
    answer = await client.get("/insight/v1/plans/department-lao-cai-2022/scorecard", params=query, headers=headers)
    card = ScorecardOut.model_validate_json(answer.content)
    items = {item.indicator: item for item in card.items}
    assert (items["learners_grade3_up_informatics_share"].computed, items["learners_grade3_up_informatics_share"].state) == (
        None,
        "suppressed",
    )
    needs = NeedsOut.model_validate_json((await client.get("/insight/v1/needs/computers", params=query, headers=headers)).content)
    assert {(row.learners, row.needed, row.by_rounding[Rounding.UP].needed) for row in needs.items} == {(None, None, None)}


def test_every_count_of_people_is_known_as_one() -> None:
    personal = {one.key for one in catalogue().indicators if catalogue().personal(one)}
    assert {"learners", "staff", "managers", "teachers_college", "dossiers", "persons", "learners_grade3_up"} <= personal
    assert not personal & {"schools", "classes", "teaching_computers", "documents_incoming", "schools_with_informatics"}
    for one in catalogue().indicators:
        if {"learner", "staff", "dossier"} & set(one.sources) and one.key not in personal and one.computable and not one.parts:
            assert one.unit in {"school", "device", "post"}, one.key
