"""What the school Phong Đông and its neighbour have: classrooms, screens, computers, the line to the internet."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from stack.world.model import LOWER_SECONDARY, PRIMARY, Asset, Offer

if TYPE_CHECKING:
    from collections.abc import Iterator

TRANSFER = "2.002854"
"""The procedure `chuyển trường`, whole online in both schools."""
ONLINE_FROM = date(2022, 8, 15)
BUILT = date(2010, 9, 1)
CLASSROOMS = 21
OLD, NEW = date(2013, 9, 2), date(2016, 9, 5)
"""More than half of the computers are older than three years on the plan's day."""
COMPUTER_COST = 11_000_000
OFFICE = (OLD, OLD, OLD, OLD, NEW, NEW)
COMPUTERS = (("primary", PRIMARY, 14), ("secondary", LOWER_SECONDARY, 15))
SCREENS = ((date(2015, 9, 1), 2), (date(2017, 9, 1), 2))
"""Two LCD screens until the end of 2016, four in 2017."""
NEIGHBOUR_CLASSROOMS, NEIGHBOUR_COMPUTERS = 9, ((PRIMARY, 8), (LOWER_SECONDARY, 7))


def assets(school: str, neighbour: str) -> tuple[Asset, ...]:
    """Return everything of both schools, one row for each piece."""
    return (*_school(school), *_neighbour(neighbour))


def offers(*schools: str) -> tuple[Offer, ...]:
    """Return what the schools offer online."""
    return tuple(Offer(school, TRANSFER, "full", one_stop=True, valid_from=ONLINE_FROM) for school in schools)


def _school(code: str) -> Iterator[Asset]:
    yield from _classrooms(code, CLASSROOMS)
    for place, (mark, level, count) in enumerate(COMPUTERS):
        yield Asset(code, f"{code}-PM{place + 1}", "computer_room", OLD, f"Phòng máy tính {place + 1}", level=level)
        for index in range(count):
            used = NEW if index % 3 == 0 else OLD
            yield _computer(code, f"{mark}-{index + 1:02d}", "teaching_computer", used, level)
    for index, used in enumerate(OFFICE, start=1):
        yield _computer(code, f"office-{index}", "management_computer", used, None)
    for index in range(4):
        yield _computer(code, f"laptop-{index + 1}", "teaching_laptop", NEW, None)
    yield Asset(code, f"{code}-projector", "projector", OLD, cost=13_000_000, first_used_on=OLD)
    screens = [used for used, count in SCREENS for _ in range(count)]
    for index, used in enumerate(screens, start=1):
        yield Asset(code, f"{code}-lcd-{index}", "lcd", used, cost=9_500_000, first_used_on=used)
    yield Asset(code, f"{code}-line", "ftth", date(2014, 1, 1), provider="vnpt")


def _neighbour(code: str) -> Iterator[Asset]:
    yield from _classrooms(code, NEIGHBOUR_CLASSROOMS)
    for place, (level, count) in enumerate(NEIGHBOUR_COMPUTERS):
        yield Asset(code, f"{code}-PM{place + 1}", "computer_room", NEW, f"Phòng máy tính {place + 1}", level=level)
        for index in range(count):
            yield _computer(code, f"{level}-{index + 1:02d}", "teaching_computer", NEW, level)
    yield Asset(code, f"{code}-line", "ftth", date(2015, 1, 1), provider="viettel")


def _classrooms(code: str, count: int) -> Iterator[Asset]:
    for index in range(1, count + 1):
        yield Asset(code, f"{code}-PH{index:02d}", "classroom", BUILT, f"Phòng học {index}")


def _computer(code: str, mark: str, class_code: str, used: date, level: str | None) -> Asset:
    online = True if class_code == "teaching_computer" else None
    return Asset(code, f"{code}-{mark}", class_code, used, level=level, online=online, cost=COMPUTER_COST, first_used_on=used)
