"""What a file of assets holds: columns and the form of their values, which PostgreSQL checks for all rows at once."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, get_args

from libs.common.text import fold
from libs.common.validation import did_you_mean
from services.assets.assets.classes import classes
from services.assets.assets.schemas import NoWear, Provider
from services.assets.fields import Level


@dataclass(frozen=True, slots=True)
class Form:
    """The form of a value: a regular expression, its longest length, and its description in both languages."""

    code: str
    pattern: str
    vi: str
    en: str
    max_length: int = 300


@dataclass(frozen=True, slots=True)
class Column:
    """A column; `label` is the Vietnamese heading that people write instead of the name."""

    name: str
    label: str
    form: Form
    required: bool = False


def _one_of(values: Sequence[str]) -> Form:
    listed = ", ".join(values)
    return Form("enumeration", "^(" + "|".join(values) + ")$", "một trong: " + listed, "one of: " + listed)


DAY: Final = Form(
    "date", r"^(\d{4}-\d{2}-\d{2}|\d{1,2}/\d{1,2}/\d{4})$", "ngày dạng YYYY-MM-DD hoặc DD/MM/YYYY", "a date as YYYY-MM-DD or DD/MM/YYYY"
)
CODE: Final = Form(
    "code_form", r"^[A-Za-z0-9][A-Za-z0-9._-]*$", "mã gồm chữ không dấu, số, dấu . _ -", "a code of letters, digits, . _ -", 60
)
TITLE: Final = Form(
    "text_form", r"^[^\u0001-\u001f\u007f=+@-][^\u0001-\u001f\u007f]*$", "văn bản tối đa 300 ký tự", "text of at most 300 characters"
)
BOOLEAN: Final = Form("boolean", r"^(true|false|TRUE|FALSE|1|0)$", "true hoặc false", "true or false")
QUANTITY: Final = Form("number", r"^([1-9]\d{0,4}|100000)$", "số nguyên từ 1 đến 100000", "a whole number from 1 to 100000")
MONEY: Final = Form("number", r"^(\d{1,12}|1000000000000)$", "số đồng nguyên", "whole đồng")
YEARS: Final = Form("number", r"^(\d{1,2}|100)$", "số năm nguyên", "whole years")
YEAR: Final = Form("number", r"^(19|20|21)\d{2}$", "năm", "a year")
WEAR: Final = Form("code_form", r"^[a-z][a-z0-9_]*$", "mã nhóm hao mòn", "the code of a class of wear", 60)

COLUMNS: Final[tuple[Column, ...]] = (
    Column("organisation_code", "Mã đơn vị", CODE, required=True),
    Column("asset_code", "Mã tài sản", CODE, required=True),
    Column("class_code", "Loại tài sản", _one_of(list(classes())), required=True),
    Column("name", "Tên tài sản", TITLE),
    Column("quantity", "Số lượng", QUANTITY),
    Column("provider", "Nhà cung cấp", _one_of(get_args(Provider))),
    Column("level", "Cấp học", _one_of(list(Level))),
    Column("online", "Nối mạng", BOOLEAN),
    Column("cost", "Nguyên giá", MONEY),
    Column("first_used_on", "Ngày đưa vào sử dụng", DAY),
    Column("second_hand_years", "Số năm đã qua sử dụng", YEARS),
    Column("opening_year", "Năm đầu kỳ", YEAR),
    Column("opening_accumulated", "Hao mòn lũy kế đầu kỳ", MONEY),
    Column("wear_class", "Nhóm hao mòn", WEAR),
    Column("no_wear", "Lý do không hao mòn", _one_of(get_args(NoWear))),
    Column("valid_from", "Ngày ghi nhận", DAY, required=True),
    Column("valid_to", "Ngày thôi sử dụng", DAY),
)
NAMES: Final = tuple(column.name for column in COLUMNS)


@dataclass(frozen=True, slots=True)
class HeaderFault:
    """What is wrong with a header: an unknown, doubled or missing column, and the nearest name."""

    column: str
    code: str
    hint: str = ""


def header_faults(header: Sequence[str]) -> list[HeaderFault]:
    """Return what is wrong with a header; the order of the columns is free and optional columns may be absent."""
    by_label = {fold(column.label): column.name for column in COLUMNS}
    found = []
    for place, name in enumerate(header):
        if name in header[:place]:
            found.append(HeaderFault(name, "doubled_column"))
        elif name not in NAMES:
            near = by_label.get(fold(name)) or did_you_mean(name.lower().replace(" ", "_"), NAMES)
            found.append(HeaderFault(name, "unknown_column", f"Có phải ý bạn là / Did you mean “{near}”?" if near else ""))
    missing = (column.name for column in COLUMNS if column.required and column.name not in header)
    return [*found, *(HeaderFault(name, "missing_column") for name in missing)]
