from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import httpx
import pytest

from libs.common.rounding import Rounding
from services.insight.indicators.catalogue import catalogue
from services.insight.indicators.rules import Contribution, Figure, State
from services.insight.plans.comparison import Standing, Verdict, compare, standing
from services.insight.plans.facts import Printed, Target, facts, plans, printed, targets
from services.insight.plans.schemas import ComparisonOut, PlansOut, ScorecardOut
from stack.world import phong_dong
from stack.world.model import World
from tests.insight.support import (
    Feed,
    Told,
    asset,
    content,
    dossier,
    identity,
    learner,
    member,
    norms,
    organisation,
    post,
    school_class,
    school_year,
    spell,
)
from tests.support.tokens import Issuer

PHONG_DONG, LAO_CAI = "school-phong-dong-2017", "province-lao-cai-2018"
COMPARISON = f"/insight/v1/plans/{PHONG_DONG}/comparison"
DAY = date(2017, 11, 12)
PRESENT = {"primary": 14, "lower_secondary": 15, "total": 29}
PLAIN = {"schools_with_website_share", "schools_with_informatics_share", "staff_basic_it_share"}
"""Shares whose definition nobody reads in two ways."""


def measured(key: str, numerator: int, denominator: int | None = None) -> Figure:
    indicator = catalogue().get(key)
    return Figure(indicator, None, State.MEASURED, (Contribution(identity("A"), numerator, denominator),))


def judged(plan: str, figure: str, computed: Figure | None) -> Verdict:
    row = next(row for row in printed(plan) if row.figure == figure)
    return compare(row, computed, plans()[plan].contradictions).verdict


def test_a_printed_figure_is_compared_at_its_own_precision() -> None:
    assert judged(LAO_CAI, "preschool.share_schools", measured("share_schools", 60, 199)) is Verdict.EQUAL
    assert judged(LAO_CAI, "primary.share_website", measured("share_website", 83, 212)) is Verdict.EQUAL
    assert judged(LAO_CAI, "upper_secondary.share_website", measured("share_website", 17, 36)) is Verdict.EQUAL
    assert judged(LAO_CAI, "primary.share_website", measured("share_website", 84, 212)) is Verdict.DIFFERS


def test_a_contradiction_explains_only_what_it_accounts_for() -> None:
    assert judged(LAO_CAI, "totals.teachers_college", measured("teachers_college", 149)) is Verdict.EXPLAINED
    assert judged(LAO_CAI, "totals.teachers_college", measured("teachers_college", 148)) is Verdict.DIFFERS
    assert judged(LAO_CAI, "totals.share_using_it", measured("share_using_it", 5113, 5625)) is Verdict.EXPLAINED
    assert judged(LAO_CAI, "lower_secondary.share_learners", measured("share_learners", 40799, 53689)) is Verdict.EQUAL
    assert judged(PHONG_DONG, "computer_need.total.learners", measured("learners", 684)) is Verdict.EXPLAINED
    assert judged(PHONG_DONG, "computer_need.total.learners", measured("learners", 683)) is Verdict.DIFFERS
    assert judged(PHONG_DONG, "2017.staff", measured("staff", 56)) is Verdict.DIFFERS


LEVELS_OF_THE_NEED = {"computer_need.primary": (468, 14), "computer_need.lower_secondary": (684 - 468, 15)}
FOLLOWS: dict[str, int | Decimal] = {
    "internet.vnpt": 640 - 185 - 124,
    "internet.viettel": 640 - 342 - 124,
    "primary.schools_missing_room": 212 - 151,
    "totals.teachers_college": 413 - 263 - 1,
    "totals.share_using_it": Decimal(100 * 5113 / 5625).quantize(Decimal("0.01")),
    "last_table.staff": 46,
    "last_table.staff_it_certificate": 40,
    "computer_need.total.learners": 684,
    "computer_need.lower_secondary.learners": 684 - 468,
    **{f"{part}.needed": -(-learners // 15) for part, (learners, _) in LEVELS_OF_THE_NEED.items()},
    **{f"{part}.missing": -(-learners // 15) - present for part, (learners, present) in LEVELS_OF_THE_NEED.items()},
    "computer_need.total.needed": 32 + 15,
    "computer_need.total.missing": 32 - 14,
}
"""What else a figure can be, reckoned from the other figures that the plans print."""


def test_only_what_follows_from_other_printed_figures_is_explained() -> None:
    explained: dict[str, object] = {}
    for plan in (PHONG_DONG, LAO_CAI):
        for contradiction in plans()[plan].contradictions:
            assert explained.keys().isdisjoint(contradiction.explains)
            explained |= contradiction.explains
    assert explained == FOLLOWS


@pytest.mark.parametrize("figure", FOLLOWS)
def test_nothing_between_a_printed_figure_and_the_other_one_is_explained(figure: str) -> None:
    plan = next(plan for plan in (PHONG_DONG, LAO_CAI) if figure in {row.figure for row in printed(plan)})
    row = next(row for row in printed(plan) if row.figure == figure)
    assert isinstance(row.value, int | Decimal)
    step = Decimal(1).scaleb(-row.decimals)
    low, high = sorted((Decimal(row.value), Decimal(FOLLOWS[figure])))
    tried = [low + step * number for number in range(-2, int((high - low) / step) + 3)]
    found = {value: compare(row, whole(row.key, value, row.decimals), plans()[plan].contradictions).verdict for value in tried}
    held = {value: verdict for value, verdict in found.items() if verdict is not Verdict.DIFFERS}
    assert held == {Decimal(row.value): Verdict.EQUAL, Decimal(FOLLOWS[figure]): Verdict.EXPLAINED}


def whole(key: str, value: Decimal, decimals: int) -> Figure:
    """Return a figure that computes to a value."""
    scaled = int(value.scaleb(decimals))
    return measured(key, scaled, 100 * 10**decimals) if catalogue().get(key).parts else measured(key, scaled)


def test_plans_for_later_years_are_targets_and_unmeasured_figures_stay_open() -> None:
    assert judged(PHONG_DONG, "2018.learners", measured("learners", 684)) is Verdict.PLANNED
    assert judged(PHONG_DONG, "other_devices.internet", measured("schools_with_fibre", 1)) is Verdict.EQUAL
    assert judged(PHONG_DONG, "other_devices.internet", measured("schools_with_fibre", 0)) is Verdict.DIFFERS
    share = "other_devices.computers_older_than_3_years_share"
    assert judged(PHONG_DONG, share, measured("computers_older_than_3_years_share", 20, 39)) is Verdict.EQUAL
    assert judged(PHONG_DONG, share, measured("computers_older_than_3_years_share", 1, 2)) is Verdict.DIFFERS
    assert judged(PHONG_DONG, "2017.rooms", None) is Verdict.NOT_YET_MEASURED
    assert judged(PHONG_DONG, "other_devices.internet", None) is Verdict.NOT_YET_MEASURED


@pytest.mark.parametrize("plan", [PHONG_DONG, LAO_CAI])
def test_every_contradiction_of_the_facts_is_there_with_its_printed_values(plan: str) -> None:
    figures = {row.figure: row for row in printed(plan)}
    assert len(figures) == len(printed(plan))
    named = {contradiction.fact for contradiction in plans()[plan].contradictions}
    assert named >= set(range(len(facts(plan)["known_contradictions"])))
    for contradiction in plans()[plan].contradictions:
        assert {name: figures[name].value for name in contradiction.figures} == contradiction.figures
        assert len({side.value for side in contradiction.values}) > 1
        assert contradiction.explains.keys() <= contradiction.figures.keys()


def test_every_registry_column_of_both_plans_has_an_indicator() -> None:
    for plan, planned in ((PHONG_DONG, set()), (LAO_CAI, {"investment"})):
        unknown = {row.figure.partition(".")[0] for row in printed(plan) if catalogue().find(row.key) is None and row.as_of}
        assert not unknown
        assert {row.figure.partition(".")[0] for row in printed(plan) if row.as_of is None and row.year is None} == planned


def test_every_target_is_an_indicator_that_says_how_it_is_read() -> None:
    for plan in plans().values():
        for target in targets(plan.code):
            reading = plan.readings.get(target.indicator)
            indicator = catalogue().get(reading.indicator if reading else target.indicator)
            assert indicator.reading or not indicator.computable or indicator.key in PLAIN, indicator.key
            assert target.unit in {indicator.unit, "learners"}


def test_all_that_the_phong_dong_table_prints_is_read() -> None:
    figures = {row.figure: row for row in printed(PHONG_DONG)}
    assert figures["2016.learners"] == Printed("2016.learners", "learners", 668, date(2016, 12, 31), 2016)
    assert figures["computer_need.primary.needed"] == Printed("computer_need.primary.needed", "computers_needed", 31, DAY, None, "primary")
    assert (figures["2020.learners"].value, figures["2020.learners"].as_of) == (690, None)
    assert next(row for row in printed(LAO_CAI) if row.figure == "primary.share_website").value == Decimal("39.2")


@pytest.mark.parametrize(
    ("better", "value", "reached"),
    [("higher", 80, Standing.REACHED), ("higher", 79, Standing.OPEN), ("lower", 80, Standing.REACHED), ("lower", 81, Standing.OPEN)],
)
def test_a_target_is_reached_from_its_better_side(better: Any, value: int, reached: Standing) -> None:
    target = Target(plan="X", year=2020, indicator="schools", value=80, unit="school", better=better)
    assert standing(target, measured("schools", value)) is reached
    assert standing(target, None) is Standing.NOT_YET_MEASURED


def events_of(world: World) -> list[Told]:
    """Return what the registry tells of a world, as its tree was before 2025."""
    paths: dict[str, tuple[str, ...]] = {}
    told = []
    for row in world.organisations:
        if row.code not in paths:
            paths[row.code] = (*paths[row.parent_code], row.code) if row.parent_code else (row.code,)
            website = {} if row.has_website is None else {"has_website": row.has_website}
            given: dict[str, Any] = {
                "valid_from": row.valid_from,
                "valid_to": row.valid_to,
                "levels": list(row.levels),
                "attributes": website,
            }
            told.append(organisation(*paths[row.code], kind=row.kind, **given))
    told += [school_year(year.code, year.starts_on, year.ends_on) for year in world.school_years]
    for room in world.classes:
        name = f"{room.school_code} {room.school_year} {room.name}"
        told.append(school_class(name, room.school_code, room.school_year, room.level, informatics=room.studies_informatics))
    for found in world.learners:
        spells = [
            spell(f"{found.person.ministry_code} {part.enrolled_on}", part.school_code, part.level, part.enrolled_on, part.left_on)
            | {"studies_informatics": part.studies_informatics}
            for part in found.spells
        ]
        told.append(learner(found.person.ministry_code, *spells))
    for person in world.staff:
        held = {"subject": person.subject, "degree": person.degree, "uses_it": person.uses_it, "makes_elearning": person.makes_elearning}
        key = person.person.ministry_code
        told.append(
            member(
                key, post(key, person.school_code, person.role, person.started_on, person.ended_on, **held), it_on=person.it_certificate_on
            )
        )
    return told


async def test_the_world_reproduces_the_plan_of_phong_dong(feed: Feed, client: httpx.AsyncClient, issuer: Issuer) -> None:
    await feed.apply(*norms(), *events_of(phong_dong.build()))
    headers = issuer.headers("school_admin@" + phong_dong.SCHOOL)
    answer = await client.get(COMPARISON, params={"organisation": phong_dong.SCHOOL}, headers=headers)
    body = ComparisonOut.model_validate_json(answer.content)
    rows = {row.figure: row for row in body.figures}
    for year, numbers in {"2016": (5, 30, 46, 668, 50, 1, 36), "2017": (4, 30, 46, 684, 68, 1, 40)}.items():
        for key, number in zip(
            ("sites", "classes", "staff", "learners", "learners_informatics", "informatics_teachers", "staff_it_certificate"),
            numbers,
            strict=True,
        ):
            row = rows[f"{year}.{key}"]
            assert (row.printed, row.computed, row.state) == (number, number, "equal"), row
    assert (rows["2017.rooms"].computed, rows["2017.rooms"].state) == (None, "not_yet_measured")
    assert (rows["2019.learners"].computed, rows["2019.learners"].state) == (None, "planned")
    assert (rows["computer_need.total.learners"].computed, rows["computer_need.total.learners"].state) == (684, "explained")
    assert (rows["last_table.staff"].computed, rows["last_table.staff"].state) == (46, "explained")
    assert (rows["computer_need.primary.learners"].computed, rows["computer_need.primary.learners"].state) == (468, "equal")
    assert rows["computer_need.lower_secondary.learners"].explanation
    assert body.summary.holds
    assert (body.summary.equal, body.summary.explained, body.summary.differs) == (17, 7, 0)
    twice = next(found for found in body.contradictions if found.id == "learners-twice")
    assert [side.value for side in twice.values] == [684, 714]
    assert {figure.figure: (figure.printed, figure.computed) for figure in twice.figures}["2017.learners"] == (684, 684)
    assert body.as_of_note


def phong_dong_assets() -> list[Told]:
    """What the school has on record: rooms, screens, computers by level and use, one fibre line."""
    school, old, new = phong_dong.SCHOOL, date(2013, 9, 1), date(2017, 1, 15)
    return [
        asset("phòng học", school, "classroom", 21),
        asset("máy chiếu", school, "projector", 1),
        asset("màn hình cũ", school, "lcd", 2, valid_from=old),
        asset("màn hình mới", school, "lcd", 2, valid_from=new),
        asset("máy tiểu học", school, "teaching_computer", 14, level="primary", valid_from=old, online=True),
        asset("máy trung học", school, "teaching_computer", 15, level="lower_secondary", valid_from=new, online=True),
        asset("máy văn phòng", school, "management_computer", 6, valid_from=old),
        asset("máy xách tay", school, "teaching_laptop", 4, valid_from=new),
        asset("cáp quang", school, "ftth", provider="vnpt"),
    ]


async def test_with_assets_every_figure_of_phong_dong_is_equal_or_explained(feed: Feed, client: httpx.AsyncClient, issuer: Issuer) -> None:
    await feed.apply(*norms(), *events_of(phong_dong.build()), *phong_dong_assets())
    answer = await client.get(COMPARISON, params={"organisation": phong_dong.SCHOOL}, headers=issuer.headers("province_officer@*"))
    body = ComparisonOut.model_validate_json(answer.content)
    rows = {row.figure: row for row in body.figures}
    waiting = {row.figure for row in body.figures if row.state == "not_yet_measured"}
    assert waiting == {"screens.2016.lcd_missing", "screens.2017.lcd_missing"}
    assert body.summary.differs == 0
    need = {(part, key): rows[f"computer_need.{part}.{key}"].computed or 0 for part in PRESENT for key in ("learners", "needed", "missing")}
    for part, present in PRESENT.items():
        assert rows[f"computer_need.{part}.present"].computed == present
        if part != "total":
            assert need[part, "needed"] == -(-int(need[part, "learners"]) // 15)
            assert need[part, "missing"] == need[part, "needed"] - present
    for key in ("learners", "needed", "missing"):
        assert need["total", key] == need["primary", key] + need["lower_secondary", key]
    need_by_level = {"primary": (468, 32, 18), "lower_secondary": (216, 15, 0), "total": (684, 47, 18)}
    assert {part: tuple(need[part, key] for key in ("learners", "needed", "missing")) for part in PRESENT} == need_by_level
    ways = rows["computer_need.primary.needed"].by_rounding or {}
    assert ways[Rounding.UP] == need["primary", "needed"]
    assert ways[Rounding.DOWN] == need["primary", "learners"] // 15
    assert rows["computer_need.primary.learners_per_computer"].state == "equal"
    internet = rows["other_devices.internet"]
    assert (internet.state, internet.computed, internet.computed_text, internet.exact) == ("equal", None, "FTTH", 1)
    assert rows["other_devices.computers_older_than_3_years_share"].computed_text == ">50"
    assert rows["other_devices.computers_older_than_3_years_share"].exact == 51.28
    assert rows["other_devices.room_computers_online_share"].computed == 100
    assert (rows["screens.2016.lcd"].computed, rows["screens.2017.lcd"].computed, rows["2016.rooms"].computed) == (2, 4, 21)
    assert [cell.figure for cell in body.unprinted] == ["computer_need.total.learners_per_computer"]


async def test_the_scorecard_moves_with_a_dossier_and_a_content(feed: Feed, client: httpx.AsyncClient, issuer: Issuer) -> None:
    await feed.apply(
        organisation("P", kind="province"),
        organisation("P", "A", kind="school", levels=["primary"]),
        dossier("1", "A", online=False, received_at=datetime(2025, 5, 1, tzinfo=UTC)),
        asset("cáp", "A", "ftth"),
        *(content(f"c{grade}", "A", "mathematics", grade, at=datetime(2025, 5, 1, tzinfo=UTC)) for grade in (1, 2)),
    )
    headers = issuer.headers("province_officer@P")

    async def card(plan: str, as_of: str) -> dict[str, Any]:
        query = {"organisation": "P", "as_of": as_of}
        answer = await client.get(f"/insight/v1/plans/{plan}/scorecard", params=query, headers=headers)
        items = ScorecardOut.model_validate_json(answer.content).items
        return {item.indicator: item for item in items if item.year == 2025}

    before = await card("department-lao-cai-2022", "2025-05-31")
    assert (before["dossiers_online_share"].computed, before["dossiers_online_share"].state) == (0.0, "open")
    assert (before["schools_with_fibre_share"].computed, before["schools_with_fibre_share"].state) == (100.0, "reached")
    assert before["curriculum_covered_share"].computed == 1.2
    await feed.apply(dossier("2", "A", full_online=True, received_at=datetime(2025, 6, 2, tzinfo=UTC)))
    after = await card("department-lao-cai-2022", "2025-06-30")
    assert (after["dossiers_online_share"].computed, after["dossiers_full_online_share"].computed) == (50.0, 50.0)
    counts = [(card["dossiers_online_share"].numerator, card["dossiers_online_share"].denominator) for card in (before, after)]
    assert counts == [(0, 1), (1, 2)]
    unmeasured = after["satisfaction_share"]
    assert (unmeasured.computed, unmeasured.numerator, unmeasured.denominator) == (None, None, None)
    of_online = (await card(LAO_CAI, "2025-06-30"))["dossiers_full_online_share"]
    assert (of_online.computed, of_online.measured_by) == (100.0, "dossiers_full_online_of_online_share")
    assert "online" in (of_online.reading_en or "")
    assert (await card("department-lao-cai-2022", "2025-05-31"))["dossiers_online_share"].computed == 0.0


async def test_a_difference_without_an_explanation_is_said(feed: Feed, client: httpx.AsyncClient, issuer: Issuer) -> None:
    await feed.apply(
        organisation("P", kind="province"), organisation("P", "A", kind="school"), learner("An", spell("An", "A", "primary", DAY))
    )
    answer = await client.get(COMPARISON, params={"organisation": "A"}, headers=issuer.headers("province_officer@P"))
    body = ComparisonOut.model_validate_json(answer.content)
    rows = {row.figure: row for row in body.figures}
    assert (rows["2017.learners"].computed, rows["2017.learners"].state) == (1, "differs")
    assert rows["2016.learners"].state == "not_yet_measured"
    assert not body.summary.holds


async def test_the_scorecard_measures_what_it_can(feed: Feed, client: httpx.AsyncClient, issuer: Issuer) -> None:
    await feed.apply(*events_of(phong_dong.build()))
    headers = issuer.headers("province_officer@" + phong_dong.PROVINCE)

    async def card(plan: str, organisation: str) -> ScorecardOut:
        query = {"organisation": organisation, "as_of": "2017-11-12"}
        answer = await client.get(f"/insight/v1/plans/{plan}/scorecard", params=query, headers=headers)
        return ScorecardOut.model_validate_json(answer.content)

    school = await card(PHONG_DONG, phong_dong.SCHOOL)
    basic = next(item for item in school.items if item.indicator == "staff_basic_it_share")
    assert (basic.computed, basic.state) == (86.96, "open")
    assert (school.reached, school.open, school.not_yet_measured) == (0, 1, 4)
    province = await card(LAO_CAI, phong_dong.PROVINCE)
    websites = next(item for item in province.items if item.indicator == "schools_with_website_share" and item.level == "lower_secondary")
    assert (websites.computed, websites.state) == (50.0, "open")
    assert len(province.items) == len(targets("LC18"))
    assert all(item.reason and item.reason_en for item in province.items if item.state == "not_yet_measured")


async def test_plans_are_listed_and_unknown_ones_are_not_found(feed: Feed, client: httpx.AsyncClient, issuer: Issuer) -> None:
    await feed.apply(organisation("P", kind="province"))
    headers = issuer.headers("province_officer@P")
    items = PlansOut.model_validate_json((await client.get("/insight/v1/plans", headers=headers)).content).items
    assert {item.code: item.targets for item in items} == {"PD17": 5, "LC18": 21, "QN17": 7, "LD22": 24, "LC22": 18}
    for path in ("nothing/comparison", "nothing/scorecard", "province-quang-ninh-2017/comparison"):
        answer = await client.get(f"/insight/v1/plans/{path}?organisation=P", headers=headers)
        assert answer.status_code == 404
    query = {"organisation": "P"}
    assert (await client.get("/insight/v1/plans/province-quang-ninh-2017/scorecard", params=query, headers=headers)).status_code == 200
