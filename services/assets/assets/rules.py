"""What fits together in the record of an asset."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from libs.common.errors import FieldError
from services.assets.assets.classes import Kind, classes
from services.assets.fields import fault


@dataclass(frozen=True, slots=True)
class Stated:
    """The parts of a record that depend on each other."""

    class_code: str
    provider: str | None
    online: bool | None
    opening_year: int | None
    opening_accumulated: int | None
    cost: int | None
    first_used_on: date | None
    valid_from: date
    valid_to: date | None


def faults(stated: Stated) -> list[FieldError]:
    """Return everything that does not fit together."""
    return [*_class_faults(stated), *_day_faults(stated), *_opening_faults(stated)]


def _class_faults(stated: Stated) -> Iterator[FieldError]:
    found = classes().get(stated.class_code)
    if found is None:
        yield fault("/class_code", "unknown_class", "Không có loại tài sản này.", "There is no such class of asset.")
        return
    if stated.provider is not None and found.kind is not Kind.LINE:
        yield fault("/provider", "provider_of_line", "Chỉ đường truyền mới có nhà cung cấp.", "Only a line has a provider.")
    if stated.online is not None and found.kind is Kind.LINE:
        yield fault("/online", "online_of_line", "Đường truyền không có thuộc tính này.", "A line has no such attribute.")


def _day_faults(stated: Stated) -> Iterator[FieldError]:
    if stated.valid_to is not None and stated.valid_to <= stated.valid_from:
        yield fault("/valid_to", "period_order", "Ngày kết thúc phải sau ngày bắt đầu.", "The end must come after the beginning.")
    if stated.first_used_on is not None and stated.first_used_on > stated.valid_from:
        yield fault(
            "/first_used_on",
            "used_before_held",
            "Ngày đưa vào sử dụng không thể sau ngày ghi nhận.",
            "The first day of use cannot come after the day from which it is held.",
        )


def _opening_faults(stated: Stated) -> Iterator[FieldError]:
    if (stated.opening_year is None) != (stated.opening_accumulated is None):
        yield fault(
            "/opening_accumulated",
            "opening_whole",
            "Năm và số hao mòn lũy kế đầu kỳ phải đi cùng nhau.",
            "Year and accumulated wear of the opening go together.",
        )
        return
    if stated.opening_accumulated is not None and (stated.cost is None or stated.opening_accumulated > stated.cost):
        yield fault(
            "/opening_accumulated", "opening_cost", "Hao mòn lũy kế không vượt nguyên giá.", "Accumulated wear cannot exceed the cost."
        )
    if stated.opening_year is not None and stated.opening_year < (stated.first_used_on or stated.valid_from).year:
        yield fault(
            "/opening_year",
            "opening_before_use",
            "Năm đầu kỳ ở trước năm đưa vào sử dụng.",
            "The opening year is before the first year of use.",
        )
