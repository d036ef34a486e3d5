"""The files have the columns of the registry's bulk import and lose nothing."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING

import pytest

from libs.common.imports.columns import header_faults
from services.registry.imports.columns import COLUMNS, ImportKind
from stack.world import phong_dong, tables

if TYPE_CHECKING:
    from collections.abc import Sequence


def rows(file: bytes, columns: Sequence[str]) -> list[dict[str, str]]:
    reader = csv.DictReader(io.StringIO(file.decode(), newline=""))
    found = list(reader)
    assert reader.fieldnames == list(columns)
    assert all(None not in row and None not in row.values() for row in found)
    return found


def test_learners_one_row_for_each_spell() -> None:
    world = phong_dong.build()
    found = rows(tables.learners(world.learners), tables.LEARNERS)
    assert len(found) == sum(len(learner.spells) for learner in world.learners)
    assert found[0]["studies_informatics"] in {"true", "false"}
    assert sum(row["left_on"] == "" and row["school_code"] == "PHONG-DONG" for row in found) == 684


def test_staff_classes_and_organisations() -> None:
    world = phong_dong.build()
    assert len(rows(tables.staff(world.staff), tables.STAFF)) == len(world.staff)
    assert len(rows(tables.classes(world.classes), tables.CLASSES)) == len(world.classes)
    found = rows(tables.organisations(world.organisations), tables.ORGANISATIONS)
    school = next(row for row in found if row["code"] == "PHONG-DONG")
    assert school["levels"] == "primary;lower_secondary"
    assert school["has_website"] == "false"
    assert school["valid_to"] == ""


def test_the_same_world_gives_the_same_bytes() -> None:
    assert tables.learners(phong_dong.build().learners) == tables.learners(phong_dong.build().learners)


def files() -> dict[ImportKind, bytes]:
    world = phong_dong.build()
    return {
        ImportKind.ORGANISATIONS: tables.organisations(world.organisations),
        ImportKind.CLASSES: tables.classes(world.classes),
        ImportKind.STAFF: tables.staff(world.staff),
        ImportKind.LEARNERS: tables.learners(world.learners),
    }


@pytest.mark.parametrize("kind", ImportKind)
def test_every_cell_has_the_form_the_registry_wants(kind: ImportKind) -> None:
    columns = COLUMNS[kind]
    found = list(csv.DictReader(io.StringIO(files()[kind].decode(), newline="")))
    assert header_faults(columns, list(found[0])) == []
    for row in found:
        for column in columns:
            cell = row[column.name]
            assert column.form.fits(cell) if cell else not column.required, (column.name, cell)
