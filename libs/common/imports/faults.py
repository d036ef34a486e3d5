"""What can be wrong with a file, and how it is said in both languages."""

import re
from collections.abc import Mapping
from typing import Final, NamedTuple

Fault = tuple[int, str, str, str, str]
"""Row (as a spreadsheet shows it, the header is row 1), column, code, value and hint, as the table `fault` holds them."""
BETWEEN: Final = "\x1f"
"""Stands in a hint of words, between the Vietnamese and the English ones; any other hint is told alike in both languages."""


class FileFaultError(ValueError):
    """The file as a whole cannot be taken; `code` names the sentence, `row` and `hint` say where and why."""

    def __init__(self, code: str, hint: str = "", row: int = 1) -> None:
        super().__init__(code)
        self.code, self.hint, self.row = code, hint, row

    @property
    def fault(self) -> Fault:
        """Return its line of the report."""
        return self.row, "", self.code, "", self.hint


class Sentence(NamedTuple):
    """One message in both languages; `{value}` is the cell, `{hint}` what helps."""

    vi: str
    en: str

    def about(self, value: str, hint: str) -> "Sentence":
        """Return the sentence with its places filled."""
        hints = hint.split(BETWEEN)
        return Sentence(*(text.replace("{value}", value).replace("{hint}", hints[place]) for place, text in ((0, self.vi), (-1, self.en))))


FORM: Final = Sentence("“{value}” không đúng dạng: cần {hint}.", "“{value}” does not have the form: give {hint}.")
SENTENCES: Final[Mapping[str, Sentence]] = {
    # the file
    "empty_file": Sentence("Tệp không có dòng dữ liệu nào.", "The file has no rows."),
    "encoding": Sentence(
        "Tệp không phải UTF-8 (byte sai ở dòng {hint}). Hãy lưu lại dạng “CSV UTF-8”.",
        "The file is not UTF-8 (wrong byte in line {hint}). Save it as “CSV UTF-8”.",
    ),
    "unreadable": Sentence("Không đọc được tệp: {hint}.", "The file cannot be read: {hint}."),
    "zip_bomb": Sentence("Tệp XLSX bị từ chối vì không an toàn: {hint}.", "The XLSX file was refused as unsafe: {hint}."),
    "too_many_rows": Sentence("Tệp có quá nhiều dòng (tối đa {hint}).", "The file has too many rows (at most {hint})."),
    "unknown_column": Sentence("Cột “{value}” không tồn tại. {hint}", "Unknown column “{value}”. {hint}"),
    "doubled_column": Sentence("Cột “{value}” xuất hiện hai lần.", "The column “{value}” appears twice."),
    "missing_column": Sentence("Thiếu cột bắt buộc “{value}”.", "The required column “{value}” is missing."),
    "swapped_columns": Sentence(
        "Hai cột có vẻ bị đổi chỗ: giá trị ở cột này giống cột “{hint}”.",
        "Columns look swapped: the values here look like those of “{hint}”.",
    ),
    "row_shape": Sentence("Dòng có {value} ô, tiêu đề có {hint}.", "The row has {value} cells, the header has {hint}."),
    # one cell
    "required": Sentence("Thiếu giá trị bắt buộc.", "A value is required."),
    "formula": Sentence(
        "Ô bắt đầu bằng = + - @ mà không phải một số nên bị coi là công thức: bị từ chối.",
        "The cell begins with = + - @ and is no number, so it counts as a formula: refused.",
    ),
    "control_character": Sentence("Ô chứa ký tự điều khiển.", "The cell holds a control character."),
    "impossible_date": Sentence(
        "Ngày “{value}” không có trong lịch (ghi YYYY-MM-DD hoặc DD/MM/YYYY).",
        "There is no such day as “{value}” (write YYYY-MM-DD or DD/MM/YYYY).",
    ),
    # one row
    "period_order": Sentence("Ngày kết thúc phải sau ngày bắt đầu.", "The end must come after the beginning."),
    # unknown and not allowed are one message, so that nothing can be found out
    "unknown_organisation": Sentence(
        "Đơn vị “{value}” không có hoặc ngoài phạm vi của bạn.", "There is no organisation “{value}”, or it is outside your scope."
    ),
}
"""What every import can say; a service adds what its own checks find."""

FORMULA: Final = ("=", "+", "-", "@")
"""With these a spreadsheet takes a cell for a formula."""
SIGNED: Final = r"[+-]\d+([ .,]\d+)*"
"""A number with its sign, or a telephone number in groups: no formula though it begins like one (`+84-214` is one).

Python and PostgreSQL read it alike.
"""


def is_formula(cell: str) -> bool:
    """Tell whether a spreadsheet would calculate the cell; PostgreSQL decides the same set-based."""
    return cell.startswith(FORMULA) and not re.fullmatch(SIGNED, cell)


CREATE_FAULT: Final = "CREATE TEMP TABLE fault (row_no bigint, col text, code text, value text, hint text) ON COMMIT DROP"
