"""What Lào Cai's schools have: computer rooms, computers, printers, projectors, smart boards, cameras, and the lines to the internet."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import TYPE_CHECKING

from stack.world import printed
from stack.world.lao_cai_schools import KINDS, PLAN, figures, schools, uneven
from stack.world.lao_cai_tree import FOUNDED
from stack.world.model import Asset
from stack.world.spread import flags, spread

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from stack.world.lao_cai_schools import School

OLD_ROOM = date(2009, 9, 1)
"""Rooms of before 2010: the plan wants to replace 226 of them."""
NEW_ROOMS = tuple(date(year, 9, 1) for year in (2012, 2013, 2014, 2015, 2016, 2017))
BOUGHT = tuple(date(year, 10, 1) for year in (2011, 2012, 2013, 2014, 2015, 2016, 2017))
VNPT, VIETTEL = "vnpt", "viettel"


@dataclass(frozen=True, slots=True)
class Equipment:
    """A kind of device that every school may have: key in the plan, class of assets, mark in its codes, cost of one in đồng, fewest."""

    key: str
    class_code: str
    mark: str
    cost: int
    least: int = 0


COMPUTER_COST = 11_500_000
EQUIPMENT = (
    Equipment("management_computers", "management_computer", "MQ", 12_000_000, 1),
    Equipment("printers", "printer", "MI", 4_200_000, 1),
    Equipment("projectors", "projector", "MC", 14_800_000),
    Equipment("smart_boards", "smart_board", "BT", 62_000_000),
    Equipment("cameras", "camera", "CM", 3_500_000),
)


@cache
def assets() -> tuple[Asset, ...]:
    """Return everything, one row for each piece."""
    offline = {school.code for school, providers, _ in _connections() if not providers}
    return (
        *(one for kind in KINDS for one in _rooms(kind.level, offline)),
        *(one for kind in KINDS for tool in EQUIPMENT for one in _devices(kind.level, tool)),
        *_lines(),
    )


def _of_level(level: str) -> list[School]:
    return [school for school in schools() if school.level == level]


@cache
def _opened() -> Mapping[tuple[str, int], date]:
    """Return when each computer room was fitted out: as many before 2010 as the plan wants to replace."""
    replaced = printed.facts(PLAN)["investment"]["printed"]["rooms_replacing_pre_2010"]
    places = [(school.code, place) for kind in KINDS for school, count in _room_counts(kind.level) for place in range(count)]
    old = flags(len(places), replaced)
    return {
        place: OLD_ROOM if is_old else NEW_ROOMS[index % len(NEW_ROOMS)]
        for index, (place, is_old) in enumerate(zip(places, old, strict=True))
    }


def _room_counts(level: str) -> list[tuple[School, int]]:
    """Return the computer rooms of the schools that teach informatics: at least one each."""
    teaching = [school for school in _of_level(level) if school.informatics]
    shares = spread(figures(level)["computer_rooms"], [school.informatics for school in teaching], 1)
    return list(zip(teaching, shares, strict=True))


def _rooms(level: str, offline: set[str]) -> Iterator[Asset]:
    """Yield computer rooms with the computers that stand in them."""
    places = [(school, place) for school, count in _room_counts(level) for place in range(count)]
    shares = spread(figures(level)["teaching_computers"], uneven(f"computers {level}", len(places)), 1)
    made: dict[str, int] = {}
    for (school, place), computers in zip(places, shares, strict=True):
        used = _opened()[school.code, place]
        name = f"Phòng máy tính {place + 1}"
        yield Asset(school.code, f"{school.code}-PM{place + 1:02d}", "computer_room", max(used, FOUNDED), name, level=level)
        for _ in range(computers):
            made[school.code] = made.get(school.code, 0) + 1
            yield Asset(
                school.code,
                f"{school.code}-MT{made[school.code]:04d}",
                "teaching_computer",
                max(used, FOUNDED),
                level=level,
                online=school.code not in offline,
                cost=COMPUTER_COST,
                first_used_on=used,
            )


def _devices(level: str, tool: Equipment) -> Iterator[Asset]:
    total = figures(level).get(tool.key, 0)
    every = _of_level(level)
    weights = [school.classes * weight for school, weight in zip(every, uneven(f"{tool.key} {level}", len(every)), strict=True)]
    index = 0
    for school, share in zip(every, spread(total, weights, tool.least), strict=True):
        for place in range(share):
            used = BOUGHT[index % len(BOUGHT)]
            code = f"{school.code}-{tool.mark}{place + 1:03d}"
            yield Asset(school.code, code, tool.class_code, used, level=level, cost=tool.cost, first_used_on=used)
            index += 1


def _lines() -> Iterator[Asset]:
    for school, providers, technology in _connections():
        for place, provider in enumerate(providers, start=1):
            yield Asset(school.code, f"{school.code}-DT{place}", technology, FOUNDED, provider=provider)


@cache
def _connections() -> Sequence[tuple[School, tuple[str, ...], str]]:
    """Return providers and technology by school, the smallest first: none, 3G sticks, then fibre, the largest with both providers.

    The plan prints 342 + 185 + 124 = 651 lines of 640 schools: read as 342 with VNPT only, 124 with both, and the rest with Viettel.
    """
    numbers: Mapping[str, int] = printed.facts(PLAN)["internet"]["printed"]
    only_viettel = numbers["connected"] - numbers["vnpt"] - numbers["both"]
    fibre = (
        *[((VNPT,), "ftth")] * (numbers["vnpt"] - numbers["usb_3g_vnpt"]),
        *[((VIETTEL,), "ftth")] * (only_viettel - numbers["usb_3g_viettel"]),
    )
    kinds = (
        *[((), "")] * numbers["none"],
        *[((VIETTEL,), "usb_3g")] * numbers["usb_3g_viettel"],
        *[((VNPT,), "usb_3g")] * numbers["usb_3g_vnpt"],
        *fibre,
        *[((VNPT, VIETTEL), "ftth")] * numbers["both"],
    )
    by_size = sorted(schools(), key=lambda school: (school.commune.urban, school.classes, school.code))
    return [(school, providers, technology) for school, (providers, technology) in zip(by_size, kinds, strict=True)]
