import random
from datetime import date

import pytest

from libs.common.events.apply import Applier
from libs.common.events.connections import TransientError
from services.insight.copies.consumers import CONSUMERS
from tests.insight.support import (
    Feed,
    Told,
    asset,
    identity,
    learner,
    member,
    organisation,
    path_of,
    post,
    province,
    school_class,
    school_year,
    spell,
)

AUTUMN, WINTER = date(2017, 9, 1), date(2018, 1, 15)
EVERYTHING = (
    "SELECT organisation_id, code, name, kind, parent_id, path::text, version FROM organisation_path ORDER BY organisation_id",
    "SELECT organisation_id, valid_from, valid_to, code, kind, levels, attributes, path::text FROM organisation_version ORDER BY 1, 2",
    "SELECT * FROM school_year ORDER BY 1",
    "SELECT * FROM class ORDER BY 1",
    "SELECT * FROM spell ORDER BY 1",
    "SELECT * FROM staff ORDER BY 1",
    "SELECT * FROM post ORDER BY 1",
    "SELECT * FROM certificate ORDER BY 1, 2",
)


async def state(feed: Feed) -> list[list[tuple[object, ...]]]:
    return [await feed.rows(query) for query in EVERYTHING]


def story() -> list[Told]:
    """Several versions of everything."""
    first = spell("An 1", "A", "primary", AUTUMN)
    return [
        *province(),
        organisation("P", "C1", "B", kind="school", version=2, levels=["primary"], attributes={"has_website": True}),
        organisation("P", "C1", "A", "A2", kind="site", version=2, valid_to=date(2017, 7, 1)),
        school_year("2017-2018", date(2017, 8, 21), date(2018, 5, 31)),
        school_year("2017-2018", date(2017, 8, 28), date(2018, 5, 31), version=2),
        school_class("6A", "A", "2017-2018", "lower_secondary"),
        school_class("6A", "A", "2017-2018", "lower_secondary", informatics=True, version=2),
        learner("An", first),
        learner("An", first | {"valid_to": WINTER}, spell("An 2", "C", "lower_secondary", WINTER), version=2, verb="transferred"),
        learner("An", first | {"valid_to": WINTER, "studies_informatics": True}, version=3, verb="changed"),
        member("Bình", post("Bình 1", "A")),
        member("Bình", post("Bình 1", "A", until=AUTUMN), post("Bình 2", "B", since=AUTUMN), version=2, verb="changed"),
        member("Bình", post("Bình 2", "B", since=AUTUMN), it_on=WINTER, version=3, verb="certified"),
    ]


async def test_facts_become_rows(feed: Feed) -> None:
    await feed.apply(*story())
    spells = await feed.rows("SELECT enrolment_id, school_id, studies_informatics, valid_to FROM spell ORDER BY valid_from")
    assert spells == [(identity("spell An 1"), identity("A"), True, WINTER), (identity("spell An 2"), identity("C"), False, None)]
    assert await feed.rows("SELECT post_id, organisation_id FROM post") == [(identity("post Bình 2"), identity("B"))]
    assert await feed.rows("SELECT kind, issued_on FROM certificate") == [("it", WINTER)]
    assert await feed.rows("SELECT studies_informatics, version FROM class") == [(True, 2)]
    assert await feed.rows("SELECT starts_on FROM school_year") == [(date(2017, 8, 28),)]
    assert await feed.rows("SELECT sum(events) FROM freshness WHERE topic = 'registry.learner'") == [(3,)]


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("batch", [1, 4, 500])
async def test_any_order_any_repetition_any_batch_leads_to_the_same_rows(feed: Feed, seed: int, batch: int) -> None:
    await feed.apply(*story())
    expected = await state(feed)
    shuffled = [*story(), *story()]  # the same facts under new event ids: a replay past the inbox
    random.Random(seed).shuffle(shuffled)
    await feed.clear()
    await feed.apply(*shuffled, batch=batch)
    assert await state(feed) == expected


async def test_the_same_event_twice_counts_once(feed: Feed) -> None:
    told = learner("An", spell("An 1", "A", "primary", AUTUMN))
    await feed.apply(*province(), told, told)
    await feed.apply(told)
    assert await feed.rows("SELECT events FROM freshness WHERE topic = 'registry.learner'") == [(1,)]


async def test_what_the_contract_does_not_know_yet_is_ignored(feed: Feed) -> None:
    await feed.apply(*province(), learner("An", spell("An 1", "A", "primary", AUTUMN) | {"shift": "morning"}, nickname="…"))
    assert await feed.rows("SELECT level FROM spell") == [("primary",)]


async def test_records_wait_for_the_tree_and_then_for_nobody(feed: Feed) -> None:
    early = learner("An", spell("An 1", "A", "primary", AUTUMN))
    with pytest.raises(TransientError):  # nothing is wrong with the event: no organisation has come at all
        await feed.apply(early)
    await feed.apply(*province())
    stray = asset("máy", "nowhere", "teaching_computer").record(1)
    failure = await Applier(next(one for one in CONSUMERS if one.name == "insight.asset")).advance(feed.connection, [stray])
    assert failure is not None
    assert (failure.reason, failure.final) == (f"UnknownOrganisationError: {identity('nowhere')}", False)
    closed = organisation("P", "C1", "B", kind="school", version=2, levels=["primary"], valid_to=date(2017, 7, 1))
    await feed.apply(early, closed, learner("Bình", spell("Bình 1", "B", "primary", date(2016, 9, 1), date(2017, 7, 1))))
    assert await feed.rows("SELECT count(*) FROM spell") == [(2,)]
    assert await feed.rows("SELECT count(*) FROM asset") == [(0,)]


async def place(feed: Feed, name: str) -> tuple[object, ...]:
    return (await feed.rows("SELECT code, path::text FROM organisation_path WHERE organisation_id = $1", identity(name)))[0]


async def test_who_has_ended_stays_under_its_successor_and_its_children_under_it(feed: Feed) -> None:
    heir = [{"organisation_id": identity("C2"), "change_date": "2025-07-01", "kind": "merged"}]
    ended = organisation("P", "C1", kind="commune", version=2, valid_to=date(2025, 7, 1), successors=heir)
    site = organisation("P", "C1", "A", "A2", kind="site", version=2, valid_to=date(2017, 7, 1))
    moved = organisation(
        "P",
        "C1",
        "A",
        kind="school",
        version=2,
        versions=[
            {"valid_to": date(2025, 7, 1)},
            {"valid_from": date(2025, 7, 1), "parent_id": identity("C2"), "path": path_of("P", "C2", "A")},
        ],
    )
    for events in ([*province(), site, moved, ended], [ended, site, moved, *province()]):
        await feed.clear()
        await feed.apply(*events)
        assert await place(feed, "C1") == (f"C1#{identity('C1')}", path_of("P", "C2", "C1"))
        assert await place(feed, "A") == ("A", path_of("P", "C2", "A"))
        assert await place(feed, "A2") == (f"A2#{identity('A2')}", path_of("P", "C2", "A", "A2"))


async def test_a_code_belongs_to_whoever_holds_it_now(feed: Feed) -> None:
    await feed.apply(
        organisation("P", kind="province"),
        organisation("P", "old", kind="commune", code="X"),
        organisation("P", "new", kind="commune", code="X", valid_from=date(2025, 7, 1)),
        organisation("P", "future", kind="commune", code="X", valid_from=date(2999, 1, 1)),
    )
    assert (await place(feed, "new"))[0] == "X"
    assert (await place(feed, "old"))[0] == f"X#{identity('old')}"
    await feed.apply(organisation("P", "old", kind="commune", code="X", version=2, valid_to=date(2025, 7, 1)))
    assert [(await place(feed, name))[0] for name in ("old", "new", "future")] == [f"X#{identity('old')}", "X", f"X#{identity('future')}"]


async def test_nothing_is_visible_without_a_scope(feed: Feed) -> None:
    await feed.apply(*story())
    assert [len(rows) for rows in await state(feed)] == [8, 8, 1, 1, 2, 1, 1, 1]
    for query in (*EVERYTHING[1:2], *EVERYTHING[3:]):  # the tree and the calendar are nobody's data
        assert await feed.connection.fetch(query) == []
