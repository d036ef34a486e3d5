"""The world lao-cai holds every cell that its plan prints, counted anew from the files that are sent."""

from __future__ import annotations

import csv
import io
import re
import resource
import time
from collections import Counter, defaultdict
from datetime import date
from typing import TYPE_CHECKING

import pytest

from services.registry.imports.columns import COLUMNS, ImportKind
from services.registry.organisations import units
from stack.world import lao_cai, lao_cai_tree, printed, tables, tree
from stack.world.model import Closure, Merge, OrganisationVersion
from tests.docs.markdown import DOCS, part

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from stack.world.model import World

DAY = "2018-02-28"
LEVELS = ("preschool", "primary", "lower_secondary", "upper_secondary", "continuing")
DIFFERENT = {
    "primary.schools_missing_room": 61,
    "totals.teachers_college": 149,
    "internet.viettel": 174,
    "totals.share_using_it": 90.9,
}
"""What records cannot come to, because the plan contradicts itself; insight explains each."""
SECONDS, MEGABYTES = 20, 500

Row = dict[str, str]


def rows(file: bytes) -> list[Row]:
    return list(csv.DictReader(io.StringIO(file.decode(), newline="")))


@pytest.fixture(scope="module")
def world() -> World:
    return lao_cai.build()


@pytest.fixture(scope="module")
def counted(world: World) -> dict[str, float]:
    """Count everything from the CSV files, without the generator's own sums."""
    schools = {row["code"]: row for row in rows(tables.organisations(tree.first_versions(world.organisations))) if row["kind"] == "school"}
    found = dict(_levels(world, schools))
    found |= dict(_totals(world, found))
    return found | dict(_internet(world, schools)) | dict(_office(world))


def _levels(world: World, schools: dict[str, Row]) -> Iterator[tuple[str, float]]:
    level_of = {code: row["levels"] for code, row in schools.items()}
    classes, learners = rows(tables.classes(world.classes)), Counter[tuple[str, str]]()
    for row in csv.DictReader(io.StringIO(tables.learners(world.learners).decode(), newline="")):
        assert row["enrolled_on"] <= DAY
        assert not row["left_on"]
        learners[row["level"], row["studies_informatics"]] += 1
    staff = [row | {"level": level_of[row["school_code"]]} for row in rows(tables.staff(world.staff)) if row["started_on"] <= DAY]
    held = [row for row in rows(tables.assets(world.assets)) if row["valid_from"] <= DAY]
    for level in LEVELS:
        own = [code for code, taught in level_of.items() if taught == level]
        informatics = {row["school_code"] for row in classes if row["level"] == level and row["studies_informatics"] == "true"}
        of_level = [row for row in classes if row["level"] == level]
        count = learners[level, "true"] + learners[level, "false"]
        websites = sum(schools[code]["has_website"] == "true" for code in own)
        numbers: dict[str, float] = {
            "schools": len(own),
            "schools_with_informatics": len(informatics),
            "classes": len(of_level),
            "classes_with_informatics": sum(row["studies_informatics"] == "true" for row in of_level),
            "learners": count,
            "learners_with_informatics": learners[level, "true"],
            "share_schools": 100 * len(informatics) / len(own),
            "share_learners": 100 * learners[level, "true"] / count,
            "schools_with_website": websites,
            "share_website": 100 * websites / len(own),
            "schools_missing_room": len(set(own) - {row["organisation_code"] for row in held if row["class_code"] == "computer_room"}),
        }
        members = [row for row in staff if row["level"] == level]
        numbers |= _staff(members)
        numbers["teachers_missing"] = len(set(own) - {row["school_code"] for row in members if row["subject"] == "informatics"})
        devices = Counter(row["class_code"] for row in held if row["level"] == level)
        numbers |= {f"{name}s": devices[name] for name in ("computer_room", "teaching_computer", "management_computer", "printer")}
        numbers |= {f"{name}s": devices[name] for name in ("projector", "smart_board", "camera")}
        yield from ((f"{level}.{name}", value) for name, value in numbers.items())


def _staff(members: list[Row]) -> dict[str, float]:
    special = [row for row in members if row["role"] == "teacher" and row["subject"] == "informatics"]
    degrees = Counter(row["degree"] for row in special)
    teachers = [row for row in members if row["role"] == "teacher"]
    found: dict[str, float] = {
        "managers": sum(row["role"] in {"principal", "vice_principal"} for row in members),
        "technicians": sum(row["role"] == "technician" for row in members),
        "informatics_teachers": len(special),
        "teachers": len(teachers),
        "teachers_using_it": sum(row["uses_it"] == "true" for row in teachers),
        "teachers_elearning": sum(row["makes_elearning"] == "true" for row in teachers),
    }
    return found | {f"teachers_{degree}": degrees[degree] for degree in ("university", "college", "intermediate")}


def _totals(world: World, levels: dict[str, float]) -> Iterator[tuple[str, float]]:
    sums: dict[str, float] = defaultdict(float)
    for figure, value in levels.items():
        sums[figure.partition(".")[2]] += value
    sums["share_using_it"] = 100 * sums["teachers_using_it"] / sums["teachers"]
    sums["share_elearning"] = 100 * sums["teachers_elearning"] / sums["teachers"]
    assert sums["learners"] == len(world.learners) == 200_866
    assert sums["classes"] == 8572
    yield from ((f"totals.{name}", value) for name, value in sums.items())


def _internet(world: World, schools: dict[str, Row]) -> Iterator[tuple[str, float]]:
    providers: dict[str, set[str]] = defaultdict(set)
    sticks = Counter[str]()
    for row in rows(tables.assets(world.assets)):
        if row["class_code"] in {"ftth", "usb_3g", "leased"}:
            providers[row["organisation_code"]].add(row["provider"])
            sticks[row["provider"]] += row["class_code"] == "usb_3g"
    yield "internet.connected", len(providers)
    yield "internet.of", len(schools)
    yield "internet.vnpt", sum(found == {"vnpt"} for found in providers.values())
    yield "internet.viettel", sum(found == {"viettel"} for found in providers.values())
    yield "internet.both", sum(found == {"vnpt", "viettel"} for found in providers.values())
    yield "internet.usb_3g", sticks.total()
    yield "internet.usb_3g_vnpt", sticks["vnpt"]
    yield "internet.usb_3g_viettel", sticks["viettel"]
    yield "internet.none", len(schools) - len(providers)


def _office(world: World) -> Iterator[tuple[str, float]]:
    counts = rows(tables.documents(world.documents))
    sums = {name: sum(int(row[name]) for row in counts) for name in ("incoming", "incoming_scanned", "outgoing", "outgoing_scanned")}
    yield from ((f"documents.{name}", value) for name, value in sums.items())
    yield "documents.share_outgoing", 100 * sums["outgoing_scanned"] / sums["outgoing"]
    offers = rows(tables.offers(world.offers))
    assert len({row["procedure_code"] for row in offers}) == len(offers)
    yield "procedures.of", len(offers)
    yield "procedures.on_one_stop_software", sum(row["one_stop"] == "true" for row in offers)
    yield "procedures.level_4", sum(row["level"] == "4" for row in offers)
    yield "procedures.level_3", sum(row["level"] == "3" for row in offers)


def test_every_printed_cell_is_counted_or_contradicted(world: World, counted: dict[str, float]) -> None:
    expected = printed.figures(world.plan)
    assert len(expected) == 135
    for figure, value in expected.items():
        decimals = len(str(value).partition(".")[2])
        assert round(counted[figure] + 1e-9, decimals) == DIFFERENT.get(figure, value), figure


def test_the_documented_table_is_what_is_counted(world: World, counted: dict[str, float]) -> None:
    text = part((DOCS / "province.md").read_text(encoding="utf-8"), "province")
    shown = {
        f"{name}{broken}": (float(value), float(computed))
        for name, value, computed, broken in re.findall(
            r"^  (\S+) +([\d.]+) +([\d.]+) +(?:agrees|explained)(?:\n    (\S+))?$", text, re.MULTILINE
        )
    }
    expected = printed.figures(world.plan)
    computed = {figure: DIFFERENT.get(figure, value) for figure, value in expected.items()}
    assert shown == {figure: (value, computed[figure]) for figure, value in expected.items()}
    assert all(figure in counted for figure in shown)


def test_same_seed_same_bytes_and_another_seed_other_people(world: World) -> None:
    assert tables.learners(world.learners) == tables.learners(lao_cai.build().learners)
    assert next(iter(world.learners)) != next(iter(lao_cai.build(seed=1).learners))
    assert tables.classes(world.classes) == tables.classes(lao_cai.build(seed=1).classes)


def test_files_are_made_quickly_and_in_little_memory() -> None:
    started = time.process_time()
    fresh = lao_cai.build()
    made: list[Callable[[], bytes]] = [
        lambda: tables.organisations(fresh.organisations),
        lambda: tables.classes(fresh.classes),
        lambda: tables.staff(fresh.staff),
        lambda: tables.learners(fresh.learners),
        lambda: tables.assets(fresh.assets),
    ]
    sizes = [len(make()) for make in made]
    assert time.process_time() - started < SECONDS
    assert max(sizes) < 64 << 20
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024 < MEGABYTES + 1000


def test_people_are_unique_and_of_the_age_of_their_grade(world: World) -> None:
    numbers, codes = set[str](), set[str]()
    count = 0
    for learner in world.learners:
        count += 1
        numbers.add(learner.person.personal_number)
        codes.add(learner.person.ministry_code)
        grade, age = learner.spells[0].grade, 2017 - learner.person.birth_date.year
        assert age - (grade if grade is not None else age) in {0, 5, 8}
    for member in world.staff:
        count += 1
        numbers.add(member.person.personal_number)
        codes.add(member.person.ministry_code)
        assert member.started_on <= date(2018, 2, 28)
    numbers |= {guardian.personal_number for guardian in world.guardians}
    assert len(numbers) == count + 1
    assert len(codes) == count


def test_guardian_and_homeroom_point_at_the_demonstration_school(world: World) -> None:
    children = {guardian.learner_code for guardian in world.guardians}
    found = {learner.spells[0].school_code for learner in world.learners if learner.person.ministry_code in children}
    assert len(children) == lao_cai.GUARDED
    assert found == {lao_cai.SCHOOL}
    teacher = next(member for member in world.staff if member.person.ministry_code == world.homerooms[0].teacher_code)
    assert (teacher.school_code, teacher.role) == (lao_cai.SCHOOL, "teacher")


def test_the_tree_of_2018_and_what_became_of_it(world: World) -> None:
    versions = tree.first_versions(world.organisations)
    founding = [version for version in versions if version.valid_from == lao_cai_tree.FOUNDED]
    assert Counter(version.kind for version in founding) == {"province": 1, "department": 10, "commune": 164, "school": 646}
    assert sum(version.valid_from == lao_cai_tree.TWO_TIERS for version in versions) == 97
    for version in world.organisations:
        if version.kind == "commune" and version.administrative_unit_code and version.valid_from != lao_cai_tree.FOUNDED:
            unit = units.find(version.administrative_unit_code, version.valid_from)
            assert unit is None or unit.full_name == version.name


def test_every_commune_of_before_ends_in_one_of_today(world: World) -> None:
    """Play the changes in order: nothing stands under what has ended, and schools come to stand in communes of today."""
    alive = {version.code: version.parent_code for version in tree.first_versions(world.organisations)}
    kinds = {version.code: version.kind for version in world.organisations}
    today = {code for code in alive if code.startswith("LC-X")}
    for change in tree.changes(world):
        assert change.code in alive, change
        match change:
            case OrganisationVersion():
                alive[change.code] = change.parent_code
            case Merge():
                assert change.into_code in alive, change
                alive.pop(change.code)
                alive = {code: change.into_code if parent == change.code else parent for code, parent in alive.items()}
            case Closure():
                assert change.code not in alive.values(), change
                alive.pop(change.code)
    left_as_they_were = {"LC-C03004", "LC-C03085"}
    assert {code for code in alive if kinds[code] == "commune"} == today | left_as_they_were
    places = {alive[code] for code in alive if kinds[code] == "school"}
    assert places <= today | left_as_they_were
    assert sum(kinds[code] == "school" for code in alive) == 646
    assert all(parent is None or parent in alive for parent in alive.values())


@pytest.mark.parametrize("kind", [ImportKind.ORGANISATIONS, ImportKind.CLASSES, ImportKind.STAFF])
def test_every_cell_has_the_form_the_registry_wants(world: World, kind: ImportKind) -> None:
    files = {
        ImportKind.ORGANISATIONS: lambda: tables.organisations(tree.first_versions(world.organisations)),
        ImportKind.CLASSES: lambda: tables.classes(world.classes),
        ImportKind.STAFF: lambda: tables.staff(world.staff),
    }
    for row in rows(files[kind]()):
        for column in COLUMNS[kind]:
            cell = row[column.name]
            assert column.form.fits(cell) if cell else not column.required, (column.name, cell)
