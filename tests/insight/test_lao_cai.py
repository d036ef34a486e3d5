"""The engine on the 2018 plan of Lào Cai: records made from the printed registry columns give every printed figure back, cell by cell."""

from uuid import uuid4

from services.insight.indicators.catalogue import catalogue
from services.insight.indicators.rules import LEVELS, Ledger, Organisation, Tally, figure
from services.insight.plans.comparison import Compared, Verdict, compare
from services.insight.plans.facts import plans, printed

PLAN = "province-lao-cai-2018"
KINDS = ("school", "website", "class", "learner", "staff")
OF_RECORDS = ("classes", "learners", "learners_with_informatics")
OF_STAFF = ("managers", "informatics_teachers", "technicians", "teachers_university", "teachers_college", "teachers_intermediate")
PROVINCE_WIDE = ("teachers", "teachers_using_it", "teachers_elearning")
WAITING = {
    "computer_rooms",
    "teaching_computers",
    "management_computers",
    "printers",
    "projectors",
    "smart_boards",
    "cameras",
    "schools_missing_room",
    "teachers_missing",
}


def number(name: str) -> int:
    return next((int(row.value) for row in printed(PLAN) if row.figure == name), 0)


def ledger() -> Ledger:
    """Return a province with as many schools of each level as printed; what a level has beyond one each is in its first school."""
    organisations, tallies = {}, []
    for level in LEVELS:
        schools = [uuid4() for _ in range(number(level + ".schools"))]
        websites = number(level + ".schools_with_website")
        for index, key in enumerate(schools):
            organisations[key] = Organisation(key, f"{level}-{index}", "Trường", "school", None, frozenset({level}), index < websites)
        teaching = schools[: number(level + ".schools_with_informatics")]
        tallies += [Tally(key, "classes_with_informatics", level, 1) for key in teaching]
        rest = number(level + ".classes_with_informatics") - len(teaching)
        tallies.append(Tally(schools[0], "classes_with_informatics", level, rest))
        tallies += [Tally(schools[0], measure, level, number(f"{level}.{measure}")) for measure in OF_RECORDS]
        tallies += [Tally(schools[0], measure, None, number(f"{level}.{measure}")) for measure in OF_STAFF]
    some = next(iter(organisations))
    tallies += [Tally(some, measure, None, number("totals." + measure)) for measure in PROVINCE_WIDE]
    return Ledger(organisations, tallies, frozenset((key, kind) for key in organisations for kind in KINDS))


def compared() -> dict[str, Compared]:
    book, plan = ledger(), plans()[PLAN]
    rows = {}
    for row in printed(PLAN):
        indicator = catalogue().find(row.key)
        found = figure(catalogue(), indicator, book, row.level) if indicator else None
        rows[row.figure] = compare(row, found, plan.contradictions)
    return rows


def test_every_registry_column_comes_back_or_is_explained() -> None:
    rows = compared()
    verdicts = {name: row.verdict for name, row in rows.items()}
    assert Verdict.DIFFERS not in verdicts.values()
    assert {name for name, verdict in verdicts.items() if verdict is Verdict.EXPLAINED} == {
        "totals.teachers_college",
        "totals.share_using_it",
    }
    for name, verdict in verdicts.items():
        part, key = name.split(".")
        if part in {*LEVELS, "totals"}:
            assert (verdict is Verdict.NOT_YET_MEASURED) == (key in WAITING), name
        else:
            assert verdict is (Verdict.PLANNED if part == "investment" else Verdict.NOT_YET_MEASURED), name


def test_what_the_plan_adds_up_wrongly_is_counted_right() -> None:
    rows = compared()
    assert (rows["totals.teachers_college"].printed.value, rows["totals.teachers_college"].computed) == (150, 149)
    assert [str(found.id) for found in rows["lower_secondary.share_learners"].concerned] == ["share-rounded"]
    assert rows["totals.schools"].computed == 646
    assert rows["totals.learners_with_informatics"].computed == 97906
