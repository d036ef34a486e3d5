"""Golden tables: what assets, procedures, documents, dossiers and contents count for, day by day and in any order of events."""

import random
from datetime import UTC, date, datetime
from typing import Any

import httpx
import pytest

from services.insight.indicators.schemas import NeedsOut
from tests.insight.support import (
    SINCE,
    Feed,
    Told,
    asset,
    content,
    counted,
    dossier,
    learner,
    norm,
    norms,
    offer,
    organisation,
    province,
    school_year,
    spell,
)
from tests.insight.test_figures import figures
from tests.support.tokens import Issuer

DAY = date(2018, 2, 28)
LATER = datetime(2018, 6, 1, tzinfo=UTC)
EVERYTHING = (
    "SELECT * FROM asset ORDER BY 1",
    "SELECT * FROM offer ORDER BY 1",
    "SELECT * FROM document_count ORDER BY 1",
    "SELECT * FROM dossier ORDER BY 1",
    "SELECT * FROM content_state ORDER BY 1, 2",
    "SELECT * FROM norm ORDER BY 1",  # law: everybody reads it
)


def assets() -> list[Told]:
    """School A (primary and lower secondary, two sites), B (primary), C (lower secondary)."""
    return [
        *norms(),
        norm("primary", 99, date(2018, 3, 1)),
        norm("primary", 12, date(2018, 3, 1), version=2),
        asset("rooms A", "A", "classroom", 10),
        asset("lab A", "A", "computer_room", 1, valid_from=date(2017, 9, 1)),
        asset("lab C", "C", "computer_room", 2, valid_to=date(2018, 1, 1), version=2, verb="retired"),
        asset("lab C", "C", "computer_room", 2),
        asset("pc A1", "A", "teaching_computer", 4, level="primary", online=True),
        asset("pc A2", "A1", "teaching_computer", 3, level="lower_secondary", online=False, valid_from=date(2017, 9, 1)),
        asset("pc A3", "A", "teaching_computer", 1, valid_from=date(2017, 1, 1), first_used_on=date(2013, 9, 1)),
        asset("pc B", "B", "teaching_computer", 2, version=1),
        asset("pc B", "B", "teaching_computer", 5, version=3, verb="changed"),
        asset("pc B", "B", "teaching_computer", 9, version=2, verb="changed"),
        asset("office A", "A", "management_computer", 6),
        asset("laptop A", "A", "teaching_laptop", 4, valid_from=date(2018, 1, 1)),
        asset("printer A", "A", "printer", 2),
        asset("projector C", "C", "projector", 3),
        asset("lcd A", "A", "lcd", 4),
        asset("board A", "A", "smart_board"),
        asset("camera A", "A", "camera", 8),
        asset("line A", "A", "ftth", provider="vnpt"),
        asset("line A2", "A", "ftth", provider="viettel"),
        asset("line A1", "A1", "leased", provider="vnpt"),
        asset("line B", "B", "usb_3g", provider="viettel"),
        asset("line C", "C", "usb_3g", provider="vnpt", valid_to=date(2017, 6, 1)),
    ]


def egov() -> list[Told]:
    return [
        offer("1 P", "P", "1.1", 3),
        offer("1 C1", "C1", "1.1", "full", one_stop=False),
        offer("2 P", "P", "1.2", 3, one_stop=False),
        offer("3 P", "P", "1.3", "none"),
        offer("4 P", "P", "1.4", 4, valid_from=date(2018, 3, 1)),
        offer("5 P", "P", "1.5", 4, valid_to=date(2018, 1, 1), version=2),
        offer("5 P", "P", "1.5", 4),
        counted("2016", "P", date(2016, 1, 1), date(2016, 12, 31), (900, 9, 900, 9)),
        counted("2017", "P", date(2017, 1, 1), date(2017, 12, 31), (100, 90, 80, 52), version=2),
        counted("2017", "P", date(2017, 1, 1), date(2017, 12, 31), (1, 1, 1, 1), version=1),
        counted("2018", "P", date(2018, 1, 1), date(2018, 2, 28), (20, 10, 20, 13)),
        counted("spring", "P", date(2018, 3, 1), date(2018, 3, 31), (7, 7, 7, 7)),
        dossier("1", "A", full_online=True, finished_at=datetime(2018, 2, 1, tzinfo=UTC), on_time=True, version=3, verb="finished"),
        dossier("1", "A"),
        dossier("2", "A", online=False),
        dossier("3", "B", finished_at=datetime(2018, 2, 2, tzinfo=UTC), on_time=False, verb="finished"),
        dossier("4", "B", received_at=None, verb="submitted"),
        dossier("5", "B", received_at=datetime(2018, 2, 28, 18, tzinfo=UTC)),  # 1 March in Viet Nam
        dossier("6", "B", received_at=datetime(2017, 1, 3, tzinfo=UTC)),
    ]


def contents() -> list[Told]:
    since = datetime(2021, 9, 10, tzinfo=UTC)
    return [
        content("a", "A", "mathematics", 1, at=since, version=2),
        content("a", "A", "mathematics", 1, verb="submitted", version=1, at=datetime(2021, 9, 1, tzinfo=UTC)),
        content("a", "A", "mathematics", 1, verb="withdrawn", version=3, at=datetime(2022, 1, 1, tzinfo=UTC)),
        content("b", "B", "mathematics", 1, at=datetime(2021, 10, 1, tzinfo=UTC)),
        content("c", "C", "arts", 6, at=since),
        content("d", "C", "arts", 6, verb="submitted", at=since),
        content("e", "C", "informatics", 9, at=since),  # the programme reaches grade 9 in 2024
        content("f", "C", "astrology", 6, at=since),
    ]


def people() -> list[Told]:
    since = date(2017, 9, 1)
    spells = [("A", "primary", 46), ("A", "lower_secondary", 31), ("B", "primary", 16), ("C", "lower_secondary", 8)]
    named = [(f"{school} {level} {number}", school, level) for school, level, count in spells for number in range(count)]
    return [
        school_year("2017-2018", date(2017, 8, 21), date(2018, 5, 31)),
        *(learner(name, spell(name, school, level, since)) for name, school, level in named),
    ]


@pytest.fixture
async def fed(feed: Feed) -> Feed:
    await feed.apply(*province(), *assets(), *egov(), *contents(), *people())
    return feed


@pytest.fixture
def officer(issuer: Issuer) -> dict[str, str]:
    return issuer.headers("province_officer@P")


async def values(client: httpx.AsyncClient, headers: dict[str, str], organisation: str, as_of: str, **query: Any) -> dict[str, Any]:
    return {key: item.value for key, item in (await figures(client, headers, organisation, as_of, **query)).items()}


@pytest.mark.usefixtures("fed")
async def test_rooms_and_devices(client: httpx.AsyncClient, officer: dict[str, str]) -> None:
    found = await values(client, officer, "P", "2018-02-28")
    expected = {
        "rooms": 10,
        "computer_rooms": 1,
        "schools_missing_room": 2,
        "teaching_computers": 13,
        "management_computers": 6,
        "teaching_laptops": 4,
        "computers": 23,
        "printers": 2,
        "projectors": 3,
        "lcd": 4,
        "lcd_missing": None,
        "smart_boards": 1,
        "cameras": 8,
        "room_computers_online_share": 57.14,
        "computers_older_than_3_years_share": 69.57,
        "facilities_with_digital_record_share": 100.0,
        "learners_per_computer": 7.77,
        "learners_per_computer_norm": 15.0,
    }
    assert {key: found[key] for key in expected} == expected
    past = await values(client, officer, "P", "2017-06-30")
    assert (past["computer_rooms"], past["schools_missing_room"], past["teaching_computers"]) == (2, 2, 10)
    before = await values(client, officer, "P", "2009-12-31")
    assert before["computer_rooms"] is None


@pytest.mark.usefixtures("fed")
@pytest.mark.parametrize(("level", "computers", "rooms"), [("primary", 10, 1), ("lower_secondary", 4, 1), ("preschool", 0, 0)])
async def test_devices_by_level(client: httpx.AsyncClient, officer: dict[str, str], level: str, computers: int, rooms: int) -> None:
    found = await values(client, officer, "P", "2018-02-28", level=level)
    assert (found["teaching_computers"], found["computer_rooms"]) == (computers, rooms)


@pytest.mark.usefixtures("fed")
async def test_lines(client: httpx.AsyncClient, officer: dict[str, str]) -> None:
    found = await values(client, officer, "P", "2018-02-28")
    expected = {
        "schools_connected": 2,
        "schools_not_connected": 1,
        "schools_vnpt": 0,
        "schools_viettel": 1,
        "schools_two_providers": 1,
        "schools_usb_3g": 1,
        "schools_usb_3g_vnpt": 0,
        "schools_usb_3g_viettel": 1,
        "schools_with_fibre_share": 33.33,
        "schools_with_fast_internet_share": 33.33,
        "sites_with_fast_internet_share": 50.0,
    }
    assert {key: found[key] for key in expected} == expected
    past = await values(client, officer, "P", "2017-05-31")
    assert (past["schools_connected"], past["schools_vnpt"], past["schools_usb_3g"]) == (3, 1, 2)


@pytest.mark.usefixtures("fed")
async def test_the_need_for_computers_with_every_rounding(client: httpx.AsyncClient, officer: dict[str, str]) -> None:
    query: dict[str, Any] = {"organisation": "P", "as_of": "2018-02-28"}
    body = NeedsOut.model_validate_json((await client.get("/insight/v1/needs/computers", params=query, headers=officer)).content)
    rows = {row.level: row for row in body.items}
    assert body.rounding == "up"
    primary, lower, whole = rows["primary"], rows["lower_secondary"], rows[None]
    assert (primary.learners, primary.learners_per_computer, primary.present, primary.needed, primary.missing) == (62, 15.0, 10, 6, 0)
    assert (lower.learners, lower.present, lower.needed, lower.missing) == (39, 4, 4, 1)
    assert (whole.learners, whole.present, whole.needed, whole.missing) == (101, 13, 10, 1)
    ways = {way: (row.needed, row.missing) for way, row in whole.by_rounding.items()}
    assert ways == {"up": (10, 1), "down": (6, 0), "nearest": (7, 1)}
    down = await values(client, officer, "P", "2018-02-28", rounding="down")
    assert (down["computers_needed"], down["computers_missing"]) == (6, 0)
    refused = await client.get("/insight/v1/needs/computers", params=query | {"rounding": "sideways"}, headers=officer)
    assert refused.status_code == 422


@pytest.mark.usefixtures("fed")
async def test_procedures_count_once_at_their_highest_level(client: httpx.AsyncClient, officer: dict[str, str]) -> None:
    keys = ("procedures", "procedures_one_stop", "procedures_level_3", "procedures_level_4", "procedures_full_online_share")
    assert [(await values(client, officer, "P", "2018-02-28"))[key] for key in keys] == [3, 2, 1, 1, 33.33]
    assert [(await values(client, officer, "P", "2017-12-31"))[key] for key in keys] == [4, 3, 1, 2, 50.0]
    assert [(await values(client, officer, "C1", "2018-02-28"))[key] for key in keys] == [1, 0, 0, 1, 100.0]
    assert (await values(client, officer, "C2", "2018-02-28"))["procedures"] is None


@pytest.mark.usefixtures("fed")
async def test_documents_and_dossiers_of_twelve_months(client: httpx.AsyncClient, officer: dict[str, str]) -> None:
    found = await values(client, officer, "P", "2018-02-28")
    expected = {
        "documents_incoming": 120,
        "documents_incoming_scanned": 100,
        "documents_outgoing": 100,
        "documents_outgoing_scanned": 65,
        "documents_outgoing_scanned_share": 65.0,
        "dossiers": 3,
        "dossiers_online_share": 66.67,
        "dossiers_full_online_share": 33.33,
        "dossiers_full_online_of_online_share": 50.0,
        "dossiers_finished": 2,
        "dossiers_on_time_share": 50.0,
    }
    assert {key: found[key] for key in expected} == expected
    assert (await values(client, officer, "P", "2018-03-01"))["dossiers"] == 4
    assert (await values(client, officer, "P", "2020-01-01"))["documents_outgoing_scanned_share"] is None


@pytest.mark.usefixtures("fed")
async def test_the_curriculum_covered_by_approved_contents(client: httpx.AsyncClient, officer: dict[str, str]) -> None:
    keys = ("contents_approved", "curriculum_covered", "curriculum_subject_grades")
    autumn = await values(client, officer, "P", "2021-09-30")
    assert [autumn[key] for key in keys] == [4, 2, 32]  # grades 1, 2 and 6 teach the programme by then
    assert autumn["curriculum_covered_share"] == 6.25
    later = await values(client, officer, "P", "2022-02-01")
    assert [later[key] for key in keys] == [4, 2, 32]  # one is withdrawn, another one covers the same
    assert (await values(client, officer, "P", "2018-02-28"))["curriculum_covered_share"] is None


@pytest.mark.parametrize("seed", range(2))
@pytest.mark.parametrize("batch", [1, 7, 500])
async def test_any_order_and_any_repetition_lead_to_the_same_rows(feed: Feed, seed: int, batch: int) -> None:
    story = [*province(), *assets(), *egov(), *contents()]
    await feed.apply(*story)
    expected = [await feed.rows(query) for query in EVERYTHING]
    shuffled = [*story, *province(), *assets(), *egov(), *contents()]
    random.Random(seed).shuffle(shuffled)
    await feed.clear()
    await feed.apply(*shuffled, batch=batch)
    assert [await feed.rows(query) for query in EVERYTHING] == expected


async def test_an_asset_counts_once_its_school_is_known(feed: Feed, client: httpx.AsyncClient, officer: dict[str, str]) -> None:
    await feed.apply(asset("printer", "A", "printer"), *province())
    assert (await values(client, officer, "A", "2018-02-28"))["printers"] == 1
    moved = organisation("P", "C2", "A", kind="school", version=2, levels=["primary"], valid_from=SINCE)
    await feed.apply(moved)
    assert (await values(client, officer, "C2", "2018-02-28"))["printers"] == 1


async def test_nothing_is_visible_without_a_scope(fed: Feed) -> None:
    for query in EVERYTHING[:-1]:
        assert await fed.rows(query)
        assert await fed.connection.fetch(query) == []


@pytest.mark.usefixtures("fed")
async def test_another_school_sees_none_of_it(client: httpx.AsyncClient, issuer: Issuer) -> None:
    found = await values(client, issuer.headers("school_admin@B"), "B", "2018-02-28")
    assert (found["teaching_computers"], found["printers"], found["schools_viettel"], found["documents_incoming"]) == (5, 0, 1, None)
    assert (found["dossiers"], found["curriculum_covered"]) == (1, None)
