"""Every sentence a report of assets can hold, in both languages. `{value}` is the cell, `{hint}` what helps."""

from collections.abc import Mapping
from typing import Final

from libs.common.imports import faults
from libs.common.imports.faults import Sentence

SENTENCES: Final[Mapping[str, Sentence]] = {
    **faults.SENTENCES,
    # one row
    "used_before_held": Sentence("Ngày đưa vào sử dụng ở sau ngày ghi nhận.", "The first day of use comes after the day it is held from."),
    "provider_of_line": Sentence("Chỉ đường truyền mới có nhà cung cấp.", "Only a line has a provider."),
    "online_of_line": Sentence("Đường truyền không có thuộc tính này.", "A line has no such attribute."),
    "opening_whole": Sentence("Năm và hao mòn lũy kế đầu kỳ phải đi cùng nhau.", "Year and accumulated wear of the opening go together."),
    "opening_cost": Sentence("Hao mòn lũy kế không vượt nguyên giá.", "Accumulated wear cannot exceed the cost."),
    "opening_before_use": Sentence("Năm đầu kỳ ở trước năm đưa vào sử dụng.", "The opening year is before the first year of use."),
    "unknown_wear_class": Sentence(
        "Không có nhóm hao mòn “{value}”; xem GET /assets/v1/wear/rule-set{hint}.",
        "There is no class of wear “{value}”; see GET /assets/v1/wear/rule-set{hint}.",
    ),
    # the row against the others and the record
    "duplicate_row": Sentence("Trùng mã tài sản với dòng {hint}.", "The same asset code as row {hint}."),
    "asset_retired": Sentence("Tài sản “{value}” đã thôi sử dụng.", "The asset “{value}” is retired."),
    "cost_fixed": Sentence(
        "Nguyên giá đã ghi chỉ sửa từng tài sản và nêu lý do.", "A recorded cost changes asset by asset, with a reason."
    ),
}
