"""Every sentence a report can hold, in both languages. `{value}` is the cell, `{hint}` what helps."""

from typing import Final, NamedTuple

from services.assets.imports.columns import COLUMNS


class Sentence(NamedTuple):
    """One message in both languages."""

    vi: str
    en: str


FORM: Final = Sentence("“{value}” không đúng dạng: cần {hint}.", "“{value}” does not have the form: {hint}.")
SENTENCES: Final[dict[str, Sentence]] = {
    # the file
    "empty_file": Sentence("Tệp không có dòng dữ liệu nào.", "The file has no rows."),
    "encoding": Sentence("Tệp không phải UTF-8.", "The file is not UTF-8."),
    "unreadable": Sentence("Không đọc được tệp: {hint}.", "The file cannot be read: {hint}."),
    "too_many_rows": Sentence("Tệp có quá nhiều dòng (tối đa {hint}).", "The file has too many rows (at most {hint})."),
    "unknown_column": Sentence("Cột “{value}” không tồn tại. {hint}", "Unknown column “{value}”. {hint}"),
    "doubled_column": Sentence("Cột “{value}” xuất hiện hai lần.", "The column “{value}” appears twice."),
    "missing_column": Sentence("Thiếu cột bắt buộc “{value}”.", "The required column “{value}” is missing."),
    "row_shape": Sentence("Dòng có {value} ô, tiêu đề có {hint}.", "The row has {value} cells, the header has {hint}."),
    # one cell
    "required": Sentence("Thiếu giá trị bắt buộc.", "A value is required."),
    "formula": Sentence("Ô chứa công thức (bắt đầu bằng = + - @): bị từ chối.", "The cell holds a formula (= + - @): refused."),
    "impossible_date": Sentence("Ngày “{value}” không có trong lịch.", "There is no such day as “{value}”."),
    # one row
    "period_order": Sentence("Ngày kết thúc phải sau ngày bắt đầu.", "The end must come after the beginning."),
    "used_before_held": Sentence("Ngày đưa vào sử dụng ở sau ngày ghi nhận.", "The first day of use comes after the day it is held from."),
    "provider_of_line": Sentence("Chỉ đường truyền mới có nhà cung cấp.", "Only a line has a provider."),
    "online_of_line": Sentence("Đường truyền không có thuộc tính này.", "A line has no such attribute."),
    "opening_whole": Sentence("Năm và hao mòn lũy kế đầu kỳ phải đi cùng nhau.", "Year and accumulated wear of the opening go together."),
    "opening_cost": Sentence("Hao mòn lũy kế không vượt nguyên giá.", "Accumulated wear cannot exceed the cost."),
    "opening_before_use": Sentence("Năm đầu kỳ ở trước năm đưa vào sử dụng.", "The opening year is before the first year of use."),
    "unknown_wear_class": Sentence("Không có nhóm hao mòn “{value}”.", "There is no class of wear “{value}”."),
    # the row against the others and the record; unknown and not allowed are one message, so that nothing can be found out
    "unknown_organisation": Sentence(
        "Đơn vị “{value}” không có hoặc ngoài phạm vi của bạn.", "There is no organisation “{value}”, or it is outside your scope."
    ),
    "duplicate_row": Sentence("Trùng mã tài sản với dòng {hint}.", "The same asset code as row {hint}."),
    "asset_retired": Sentence("Tài sản “{value}” đã thôi sử dụng.", "The asset “{value}” is retired."),
    "cost_fixed": Sentence(
        "Nguyên giá đã ghi chỉ sửa từng tài sản và nêu lý do.", "A recorded cost changes asset by asset, with a reason."
    ),
}


def sentences() -> list[list[str]]:
    """Return code, column ('' for any), Vietnamese and English of every sentence, as columns for unnest."""
    lines = [(code, "", text.vi, text.en) for code, text in SENTENCES.items()]
    for column in COLUMNS:
        form = column.form
        lines.append((form.code, column.name, FORM.vi.replace("{hint}", form.vi), FORM.en.replace("{hint}", form.en)))
    return [list(column) for column in zip(*lines, strict=True)]
