"""The engine on the 2018 plan of Lào Cai: records made from the printed columns give every printed figure back, cell by cell."""

from collections.abc import Iterator
from datetime import date
from functools import cache
from uuid import UUID, uuid4

from services.insight.indicators.catalogue import catalogue
from services.insight.indicators.ledger import LEVELS, Ledger, Organisation, Tally
from services.insight.indicators.needs import norms_on
from services.insight.indicators.rules import State, figure
from services.insight.plans.comparison import Compared, Verdict, compare
from services.insight.plans.facts import plans, printed, unprinted

PLAN = "province-lao-cai-2018"
KINDS = ("school", "website", "class", "learner", "staff", "room", "device", "line", "norm")
OF_RECORDS = ("classes", "learners", "learners_with_informatics")
OF_STAFF = ("managers", "technicians", "teachers_university", "teachers_college", "teachers_intermediate")
OF_DEVICES = {
    "teaching_computers": "device.teaching_computer",
    "management_computers": "device.management_computer",
    "printers": "device.printer",
    "projectors": "device.projector",
    "smart_boards": "device.smart_board",
    "cameras": "device.camera",
}
PROVINCE_WIDE = ("teachers", "teachers_using_it", "teachers_elearning")
OF_OFFICE = {
    "procedures": 75,
    "procedures_one_stop": 75,
    "procedures_level_4": 7,
    "procedures_level_3": 12,
    "incoming": 5985,
    "incoming_scanned": 5985,
    "outgoing": 5560,
    "outgoing_scanned": 3614,
}
BOTH, VNPT_ONLY, STICKS_VNPT, STICKS = 124, 331, 18, 87
"""124 schools with both providers, 331 with VNPT only and 185 with Viettel only make 640; 87 of them use a stick."""


def number(name: str) -> int:
    return next((int(row.value) for row in printed(PLAN) if row.figure == name and isinstance(row.value, int)), 0)


def schools() -> Iterator[tuple[str, list[Organisation]]]:
    """Yield the schools of each level; as many have a website as printed."""
    for level in LEVELS:
        websites = number(level + ".schools_with_website")
        yield (
            level,
            [
                Organisation(uuid4(), f"{level}-{index}", "Trường", "school", None, frozenset({level}), index < websites)
                for index in range(number(level + ".schools"))
            ],
        )


def of_level(level: str, keys: list[UUID]) -> Iterator[Tally]:
    """Yield the records of a level; what it has beyond one each is in its first school."""
    teaching = keys[: number(level + ".schools_with_informatics")]
    yield from (Tally(key, "classes_with_informatics", level, 1) for key in teaching)
    yield Tally(keys[0], "classes_with_informatics", level, number(level + ".classes_with_informatics") - len(teaching))
    yield from (Tally(keys[0], measure, level, number(f"{level}.{measure}")) for measure in OF_RECORDS)
    yield from (Tally(keys[0], measure, None, number(f"{level}.{measure}")) for measure in OF_STAFF)
    of_informatics = number(level + ".informatics_teachers")
    having = keys[: number(level + ".schools") - number(level + ".teachers_missing")] if of_informatics else []
    yield from (Tally(key, "informatics_teachers", None, 1) for key in having)
    yield Tally(keys[0], "informatics_teachers", None, of_informatics - len(having))
    yield from (Tally(keys[0], measure, None, number(f"{level}.{name}")) for name, measure in OF_DEVICES.items())
    with_room = keys[: number(level + ".schools") - number(level + ".schools_missing_room")] if level in LEVELS[:3] else keys
    if level == "primary":
        with_room = with_room[:151]  # 212 - 60 would be one more than the schools that teach informatics
    yield from (Tally(key, "room.computer_room", None, 1) for key in with_room)
    yield Tally(keys[0], "room.computer_room", None, number(level + ".computer_rooms") - len(with_room))


def lines(keys: list[UUID]) -> Iterator[Tally]:
    """Yield the internet lines of the province under the names by which they are counted."""
    connected = keys[: number("internet.connected")]
    for index, key in enumerate(connected):
        both, vnpt = index < BOTH, index < BOTH + VNPT_ONLY
        providers = ["vnpt", "viettel"] if both else ["vnpt"] if vnpt else ["viettel"]
        stick = "vnpt" if BOTH <= index < BOTH + STICKS_VNPT else "viettel" if index >= len(connected) - (STICKS - STICKS_VNPT) else None
        for provider in providers:
            kind = "usb_3g" if provider == stick else "ftth"
            yield from (Tally(key, name, None, 1) for name in ("line", f"line.{provider}", f"line.{kind}", f"line.{kind}.{provider}"))


@cache
def ledger() -> Ledger:
    """Return a province with as many schools and records as printed."""
    province = Organisation(uuid4(), "P", "Tỉnh", "province")
    organisations, tallies = {province.organisation_id: province}, list[Tally]()
    for level, members in schools():
        organisations |= {school.organisation_id: school for school in members}
        tallies += of_level(level, [school.organisation_id for school in members])
    keys = [key for key, organisation in organisations.items() if organisation.kind == "school"]
    tallies += lines(keys)
    tallies += [Tally(keys[0], measure, None, number("totals." + measure)) for measure in PROVINCE_WIDE]
    tallies += [Tally(province.organisation_id, measure, None, count) for measure, count in OF_OFFICE.items()]
    seen = {(key, kind) for key in keys for kind in KINDS}
    seen |= {(province.organisation_id, "procedure"), (province.organisation_id, "document")}
    return Ledger(organisations, tallies, frozenset(seen), province.organisation_id, norms_on(date(2018, 2, 28)))


@cache
def compared() -> dict[str, Compared]:
    rows = {}
    for row in printed(PLAN):
        indicator = catalogue().find(row.key)
        found = figure(catalogue(), indicator, ledger(), row.level) if indicator else None
        rows[row.figure] = compare(row, found, plans()[PLAN].contradictions)
    return rows


def test_every_printed_figure_comes_back_or_is_explained() -> None:
    verdicts = {name: row.verdict for name, row in compared().items()}
    assert Verdict.DIFFERS not in verdicts.values()
    assert {name for name, verdict in verdicts.items() if verdict is Verdict.EXPLAINED} == {
        "totals.teachers_college",
        "totals.share_using_it",
        "primary.schools_missing_room",
        "internet.vnpt",
    }
    assert Verdict.NOT_YET_MEASURED not in verdicts.values()
    assert {name.partition(".")[0] for name, verdict in verdicts.items() if verdict is Verdict.PLANNED} == {"investment"}


def test_what_the_plan_adds_up_wrongly_is_counted_right() -> None:
    rows = compared()
    assert (rows["totals.teachers_college"].printed.value, rows["totals.teachers_college"].computed) == (150, 149)
    assert [str(found.id) for found in rows["lower_secondary.share_learners"].concerned] == ["share-rounded"]
    assert rows["totals.schools"].computed == 646
    assert rows["totals.learners_with_informatics"].computed == 97906
    assert (rows["primary.schools_missing_room"].printed.value, rows["primary.schools_missing_room"].computed) == (60, 61)
    assert (rows["internet.vnpt"].computed, rows["internet.viettel"].computed, rows["internet.both"].computed) == (331, 185, 124)


def test_the_sums_of_the_facts_come_out() -> None:
    def value(key: str, level: str | None = None) -> object:
        return figure(catalogue(), catalogue().get(key), ledger(), level).value()

    assert (value("computer_rooms"), value("teaching_computers"), value("classes"), value("learners")) == (523, 8920, 8572, 200866)
    assert (value("computer_rooms", "preschool"), value("printers", "primary")) == (94, 763)


def test_cells_in_which_the_plan_prints_nothing_are_told_all_the_same() -> None:
    blanks = {cell.figure: cell for cell in unprinted(PLAN)}
    assert {"continuing.schools_with_website", "upper_secondary.schools_missing_room", "preschool.teachers_university"} <= blanks.keys()
    assert not blanks.keys() & compared().keys()
    cell = blanks["upper_secondary.schools_missing_room"]
    found = figure(catalogue(), catalogue().get(cell.key), ledger(), cell.level)
    assert (found.state, found.value()) == (State.MEASURED, 0)
