"""What the registry holds already is left alone; accounts fit the world."""

from __future__ import annotations

from typing import Any

from stack.world import accounts, catalogue, phong_dong
from stack.world.tree import body_of, differences


def known(index: int) -> dict[str, Any]:
    """Answer as the registry does: the body and more."""
    body = body_of(phong_dong.organisations()[index])
    return body | {"attributes": {"has_website": None, "hard_area": None} | body["attributes"], "version": 3}


def test_an_equal_version_has_no_differences() -> None:
    for index, version in enumerate(phong_dong.organisations()):
        assert differences(version, known(index)) == set()


def test_a_difference_is_named() -> None:
    school = phong_dong.organisations()[3]
    assert differences(school, known(3) | {"parent_code": "AG-VP"}) == {"parent_code"}
    assert differences(school, known(3) | {"attributes": {"has_website": True}}) == {"has_website"}
    assert differences(school, known(3) | {"name": "Khác", "levels": []}) == {"name", "levels"}


def test_the_school_moves_by_its_parent_alone() -> None:
    before, after = (version for version in phong_dong.organisations() if version.code == "PHONG-DONG")
    assert differences(after, body_of(before)) == {"parent_code"}


def test_grants_name_organisations_of_the_world_and_people_are_filled_in() -> None:
    codes = {version.code for build in catalogue.WORLDS.values() for version in build().organisations} | {"*"}
    found = accounts.demo({"parent": "0198"})
    for holder in [*found["accounts"], *found["clients"]]:
        assert {grant.split("@")[1] for grant in holder["grants"]} <= codes
    assert {account["username"]: account["person_id"] for account in found["accounts"]}["parent"] == "0198"
