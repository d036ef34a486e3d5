from dataclasses import replace
from datetime import date
from decimal import Decimal
from uuid import UUID, uuid4

import pytest

from services.insight.indicators.catalogue import catalogue, parse
from services.insight.indicators.ledger import LEVELS, Ledger, Organisation, Tally
from services.insight.indicators.needs import Norm, Norms
from services.insight.indicators.rules import Coverage, Figure, State, figure, percent

DAY = date(2018, 1, 1)
A, B, SITE_OF_A, COMMUNE = (uuid4() for _ in range(4))


def ledger(*tallies: Tally, seen: tuple[tuple[UUID, str], ...] = ()) -> Ledger:
    organisations = (
        Organisation(COMMUNE, "C", "Xã", "commune"),
        Organisation(A, "A", "Trường A", "school", COMMUNE, frozenset({"primary", "lower_secondary"}), has_website=True),
        Organisation(B, "B", "Trường B", "school", COMMUNE, frozenset({"primary"})),
        Organisation(SITE_OF_A, "A-1", "Điểm trường", "site", A),
    )
    own = {(A, "school"), (B, "school"), (A, "site"), (A, "website")}
    return Ledger({found.organisation_id: found for found in organisations}, tallies, frozenset({*own, *seen}))


def computed(key: str, book: Ledger, level: str | None = None) -> Figure:
    return figure(catalogue(), catalogue().get(key), book, level)


def test_a_figure_is_the_sum_of_its_contributions() -> None:
    book = ledger(
        Tally(A, "learners", "primary", 7),
        Tally(A, "learners", "lower_secondary", 5),
        Tally(B, "learners", "primary", 3),
        seen=((A, "learner"),),
    )
    found = computed("learners", book)
    assert found.value() == 15
    assert [(part.organisation_id, part.numerator) for part in found.contributions] == [(A, 12), (B, 3)]
    assert computed("learners", book, "primary").value() == 10
    assert computed("learners", book, "lower_secondary").value() == 5


def test_without_a_record_of_the_kind_nothing_is_measured() -> None:
    found = computed("learners", ledger())
    assert (found.state, found.value(), found.missing) == (State.NOT_YET_MEASURED, None, ("learner",))


def test_zero_is_true_only_where_records_of_the_kind_exist() -> None:
    book = ledger(seen=((A, "staff"),))
    assert (computed("informatics_teachers", book).state, computed("informatics_teachers", book).value()) == (State.MEASURED, 0)


def test_at_a_level_the_records_of_schools_of_that_level_count() -> None:
    book = ledger(seen=((B, "staff"),))
    assert computed("staff", book, "primary").value() == 0
    assert computed("staff", book, "lower_secondary").state is State.NOT_YET_MEASURED  # only A teaches it, and A has told of nobody
    assert computed("schools", book, "preschool").value() == 0  # schools are known and none is a preschool


def test_a_school_without_a_teacher_of_informatics_misses_one_whatever_others_have() -> None:
    one = {level: Norm(level=level, value=1, valid_from=DAY, valid_to=None, legal_basis="…", certainty="low") for level in LEVELS[1:3]}
    norms = Norms(informatics_teachers_per_school=one)
    book = replace(ledger(Tally(A, "informatics_teachers", None, 3), seen=((A, "staff"), (A, "norm"))), norms=norms)
    found = computed("teachers_missing", book)
    assert (found.value(), [part.organisation_id for part in found.contributions]) == (1, [B])
    assert computed("teachers_missing", book, "lower_secondary").value() == 0
    assert computed("teachers_missing", ledger(seen=((A, "staff"),))).state is State.NOT_YET_MEASURED


def test_what_no_service_keeps_is_not_measured() -> None:
    found = computed("computer_rooms", ledger(seen=((A, "class"), (A, "learner"), (A, "staff"))))
    assert (found.state, found.missing) == (State.NOT_YET_MEASURED, ("room",))


def test_records_without_a_level_take_the_levels_of_their_school_and_a_site_answers_through_its_school() -> None:
    book = ledger(Tally(SITE_OF_A, "staff", None, 2), Tally(B, "staff", None, 4), seen=((SITE_OF_A, "staff"), (B, "staff")))
    assert computed("staff", book).value() == 6
    assert computed("staff", book, "lower_secondary").value() == 2
    assert [part.organisation_id for part in computed("staff", book, "lower_secondary").contributions] == [A]


def test_schools_are_counted_once_whatever_their_levels() -> None:
    book = ledger(
        Tally(A, "classes_with_informatics", "primary", 1),
        Tally(A, "classes_with_informatics", "lower_secondary", 2),
        seen=((A, "class"), (B, "class")),
    )
    assert computed("schools", book).value() == 2
    assert [computed("schools", book, level).value() for level in ("primary", "lower_secondary")] == [2, 1]
    assert computed("schools_with_informatics", book).value() == 1
    assert computed("schools_with_informatics_share", book).value() == Decimal("50.00")
    assert (computed("sites", book).value(), computed("schools_with_website", book).value()) == (1, 1)


def test_a_share_of_nothing_is_undefined() -> None:
    found = computed("teachers_using_it_share", ledger(seen=((A, "staff"),)))
    assert (found.state, found.value()) == (State.UNDEFINED, None)


def test_coverage_says_how_many_schools_have_told() -> None:
    assert computed("learners", ledger(Tally(A, "learners", "primary", 1), seen=((A, "learner"),))).coverage == Coverage(1, 2)
    assert computed("schools_with_website", ledger()).coverage == Coverage(1, 2)


# Shares as the 2018 plan of Lào Cai prints them: part, whole, decimals printed, share.
@pytest.mark.parametrize(
    ("part", "whole", "printed"),
    [
        (60, 199, "30.15"),
        (7014, 53339, "13.15"),
        (151, 212, "71.2"),
        (28536, 70978, "40.2"),
        (175, 189, "92.6"),
        (40799, 53689, "76"),
        (73, 199, "36.7"),
        (83, 212, "39.2"),
        (122, 189, "65"),
        (17, 36, "47"),
        (1821, 5625, "32.37"),
        (5113, 5625, "90.90"),
        (1, 8, "12.5"),
        (5, 1000, "1"),  # exactly half goes up
    ],
)
def test_shares_round_half_up_at_the_printed_precision(part: int, whole: int, printed: str) -> None:
    assert str(percent(part, whole, len(printed.partition(".")[2]))) == printed


@pytest.mark.parametrize(
    "indicators",
    [
        [
            {"key": "a", "vi": "", "en": "", "unit": "x", "sources": ["class"]},
            {"key": "b", "vi": "", "en": "", "unit": "x", "sources": [], "aliases": ["a"]},
        ],
        [{"key": "a", "vi": "", "en": "", "unit": "x", "sources": ["nothing"]}],
    ],
    ids=["doubled name", "unknown kind"],
)
def test_a_catalogue_that_contradicts_itself_is_refused(indicators: list[dict[str, object]]) -> None:
    with pytest.raises(ValueError, match=r"a|nothing"):
        parse({"kinds": {"class": {"vi": "lớp", "en": "classes"}}, "indicators": indicators})
