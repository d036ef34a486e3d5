"""Names: one rule for bodies and files, which PostgreSQL and Python read alike."""

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


def test_the_rules() -> None:
    assert [name for name in PEOPLE if not names.PERSON.allows(name)] == []
    assert [name for name in NOBODY if names.PERSON.allows(name)] == []
    assert [name for name in ORGANISATIONS if not names.ORGANISATION.allows(name)] == []
    assert [name for name in NOWHERE if names.ORGANISATION.allows(name)] == []
    assert [name for name in GROUPS if not names.ETHNICITY.allows(name)] == []


@pytest.mark.parametrize("rule", [names.PERSON, names.ORGANISATION, names.ETHNICITY], ids=["person", "organisation", "ethnicity"])
async def test_postgresql_reads_the_rules_alike(importer: Importer, rule: names.NameRule) -> None:
    for name in (*PEOPLE, *NOBODY, *ORGANISATIONS, *NOWHERE, *GROUPS):
        assert await importer.value("SELECT $1::text ~ $2", name, rule.pattern) is rule.allows(name), name


async def test_a_body_and_a_file_take_and_refuse_the_same_names(world: World, importer: Importer) -> None:
    for name in PEOPLE:
        made = await world.admin.must("/learners", learner(full_name=name))
        assert made["full_name"] == name
    for name in NOBODY:
        answer = await world.admin.post("/learners", learner(full_name=name))
        assert [(error["pointer"], error["code"]) for error in answer.json()["errors"]] == [("/full_name", "name_form")]
    rows = [{"ministry_code": str(1_700_000_000 + number), "full_name": name} for number, name in enumerate([*PEOPLE, *NOBODY])]
    run = await importer.run("learners", file("learners", *rows))
    faults = await importer.faults(run)
    assert sorted({row for row, column, _ in faults if column == "full_name"}) == list(range(2 + len(PEOPLE), 2 + len(rows)))
    assert (await importer.run("learners", file("learners", *rows[: len(PEOPLE)])))["state"] == "applied"
