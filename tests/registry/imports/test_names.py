"""Names: one rule for bodies and files, which PostgreSQL and Python read alike."""

from collections.abc import Sequence
from itertools import count
from typing import Any, NamedTuple

import pytest

from services.registry import names
from tests.registry.conftest import World
from tests.registry.imports.conftest import Importer
from tests.registry.imports.files import file
from tests.registry.samples import learner

PEOPLE = ["Y-Bơm Niê", "K'Sor H'Bia", "A'lăng", "Ksor Đin", "H\u2019Mlô", "Y ƀlŏ Ê\u0306ban", "Nguyễn Thị Lan", "Giàng A. Páo", "Sùng"]
NOBODY = ["=HYPERLINK(0)", "+84", "-An", "@An", "An 2", "An;Bình", "<b>An</b>", "An|Bình", "'An"]
ORGANISATIONS = ["Trường PTDTBT TH&THCS Bản Mế số 2", "Phòng GD&ĐT (cũ)", "Điểm trường 3/2, Lao Chải", "12 Mông Cổ"]
NOWHERE = ["=HYPERLINK(0)", "+1", "-Trường", "@x", "Trường; DROP", "Trường <x>", "(cũ)"]
GROUPS = ["Mông", "Xơ-đăng", "Sán Chay (Cao Lan - Sán Chỉ)"]
NO_GROUPS = ["=HYPERLINK(0)", "+84", "-Mông", "@Mông", "Mông 2", "Mông;Dao", "<b>Mông</b>", "(Mông)"]
_numbers = count(1)


def organisation(**others: Any) -> dict[str, Any]:
    made = {"kind": "school", "parent_code": "C1", "levels": ["primary"], "valid_from": "2016-01-01"}
    return made | {"code": f"N{next(_numbers)}"} | others


def test_the_rules() -> None:
    assert [name for name in PEOPLE if not names.PERSON.allows(name)] == []
    assert [name for name in NOBODY if names.PERSON.allows(name)] == []
    assert [name for name in ORGANISATIONS if not names.ORGANISATION.allows(name)] == []
    assert [name for name in NOWHERE if names.ORGANISATION.allows(name)] == []
    assert [name for name in GROUPS if not names.ETHNICITY.allows(name)] == []
    assert [name for name in NO_GROUPS if names.ETHNICITY.allows(name)] == []


@pytest.mark.parametrize("rule", [names.PERSON, names.ORGANISATION, names.ETHNICITY], ids=["person", "organisation", "ethnicity"])
async def test_postgresql_reads_the_rules_alike(importer: Importer, rule: names.NameRule) -> None:
    for name in (*PEOPLE, *NOBODY, *ORGANISATIONS, *NOWHERE, *GROUPS, *NO_GROUPS):
        assert await importer.value("SELECT $1::text ~ $2", name, rule.pattern) is rule.allows(name), name


class Place(NamedTuple):
    """Where names of a rule are given: in the body of a route, and in a column of a kind of file."""

    rule: names.NameRule
    good: Sequence[str]
    bad: Sequence[str]
    route: str
    field: str
    kind: str
    key: str


PLACES = (
    Place(names.PERSON, PEOPLE, NOBODY, "/learners", "full_name", "learners", "ministry_code"),
    Place(names.ETHNICITY, GROUPS, NO_GROUPS, "/learners", "ethnicity", "learners", "ministry_code"),
    Place(names.ORGANISATION, ORGANISATIONS, NOWHERE, "/organisations", "name", "organisations", "code"),
)


@pytest.mark.parametrize("place", PLACES, ids=lambda place: place.field)
async def test_a_body_and_a_file_take_and_refuse_the_same_names(world: World, importer: Importer, place: Place) -> None:
    sample = learner if place.kind == "learners" else organisation
    for name in place.good:
        made = await world.admin.must(place.route, sample(**{place.field: name}))
        assert made[place.field] == name
    for name in place.bad:
        answer = await world.admin.post(place.route, sample(**{place.field: name}))
        assert [(error["pointer"], error["code"]) for error in answer.json()["errors"]] == [("/" + place.field, "name_form")], name
    rows = [{place.key: str(1_700_000_000 + number), place.field: name} for number, name in enumerate([*place.good, *place.bad])]
    run = await importer.run(place.kind, file(place.kind, *rows))
    faults = await importer.faults(run)
    assert {row for row, column, _ in faults if column == place.field} == set(range(2 + len(place.good), 2 + len(rows)))
    assert (await importer.run(place.kind, file(place.kind, *rows[: len(place.good)])))["state"] == "applied"
