"""Names follow the ethnic pairing of the facts, and come in roughly the given proportions."""

from __future__ import annotations

from collections import Counter
from random import Random

import pytest

from stack.world.model import FEMALE, MALE
from stack.world.people import DAO, GIVEN_OF, HOA, KHMER, KINH, MIDDLES_OF, MONG, SURNAMES_OF, TAY, full_name, listed, pool

MINORITY_MIDDLES = frozenset[str]().union(*MIDDLES_OF.values())
MINORITY_GIVEN = frozenset[str]().union(*GIVEN_OF.values())


@pytest.mark.parametrize("sex", [MALE, FEMALE])
@pytest.mark.parametrize("group", [KINH, TAY, KHMER, HOA])
def test_other_groups_do_not_get_mong_or_dao_names(group: str, sex: int) -> None:
    assert not MINORITY_MIDDLES & set(pool("middle", sex, group).values)
    assert not MINORITY_GIVEN & set(pool("given", sex, group).values)


@pytest.mark.parametrize("group", [MONG, DAO])
def test_mong_and_dao_men_get_the_paired_parts(group: str) -> None:
    random = Random(1)
    for _ in range(200):
        parts = full_name(random, MALE, group).split()
        assert parts[0] in SURNAMES_OF[group]
        assert len(parts) == 2 or parts[1] in MIDDLES_OF[group]
        assert parts[-1] in GIVEN_OF[group]


def test_every_paired_value_stands_in_the_facts() -> None:
    surnames = set(listed("surname", "any"))
    middles = {*listed("middle", "male"), *listed("middle", "female")}
    given = {*listed("given", "male"), *listed("given", "female")}
    assert all(values <= surnames for values in SURNAMES_OF.values())
    assert all(values <= middles for values in MIDDLES_OF.values())
    assert all(values <= given for values in GIVEN_OF.values())


def test_frequent_surnames_are_frequent() -> None:
    random = Random(2)
    drawn = Counter(full_name(random, MALE, KINH).split()[0] for _ in range(3000))
    assert drawn.most_common(1)[0][0] == "Nguyễn"
    assert drawn["Trần"] > drawn["Trịnh"]


def test_no_part_is_repeated() -> None:
    random = Random(3)
    for _ in range(2000):
        parts = full_name(random, FEMALE, KINH).split()
        assert len(set(parts)) == len(parts)
