"""What a file of assets holds: columns and the form of their values."""

from typing import Final, get_args

from libs.common.imports.columns import BOOLEAN, DAY, TITLE, Column, Form, one_of
from services.assets.assets.classes import classes
from services.assets.assets.schemas import NoWear, Provider
from services.assets.fields import Level

CODE: Final = Form(
    "code_form",
    r"^[A-Za-z0-9][A-Za-z0-9._-]*$",
    "mã tối đa 60 ký tự gồm chữ không dấu, số, dấu . _ -",
    "a code of at most 60 letters, digits, . _ -",
    telling=False,
    max_length=60,
    example="10-TH-0123",
)
QUANTITY: Final = Form(
    "number", r"^([1-9]\d{0,4}|100000)$", "số nguyên từ 1 đến 100000", "a whole number from 1 to 100000", telling=False, example="14"
)
MONEY: Final = Form(
    "number",
    r"^(\d{1,12}|1000000000000)$",
    "số đồng nguyên từ 0 đến 1000000000000, không có dấu ngăn cách",
    "whole đồng from 0 to 1000000000000, without separators",
    telling=False,
    example="15000000",
)
YEARS: Final = Form("number", r"^(\d{1,2}|100)$", "số năm nguyên từ 0 đến 100", "whole years from 0 to 100", telling=False, example="2")
YEAR: Final = Form("number", r"^(19|20|21)\d{2}$", "năm từ 1900 đến 2199", "a year from 1900 to 2199", telling=False, example="2025")
WEAR: Final = Form(
    "code_form",
    r"^[a-z][a-z0-9_]*$",
    "mã nhóm hao mòn gồm chữ thường không dấu, số, dấu _ (GET /assets/v1/wear/rule-set)",
    "the code of a class of wear: small letters, digits, _ (GET /assets/v1/wear/rule-set)",
    telling=False,
    max_length=60,
    example="house_3",
)

COLUMNS: Final[tuple[Column, ...]] = (
    Column("organisation_code", "Mã đơn vị", CODE, required=True),
    Column("asset_code", "Mã tài sản", CODE, required=True, example="MVT-0001"),
    Column("class_code", "Loại tài sản", one_of(list(classes()), "GET /assets/v1/classes"), required=True),
    Column("name", "Tên tài sản", TITLE, example="Máy tính phòng 1"),
    Column("quantity", "Số lượng", QUANTITY),
    Column("provider", "Nhà cung cấp", one_of(get_args(Provider))),
    Column("level", "Cấp học", one_of(list(Level))),
    Column("online", "Nối mạng", BOOLEAN),
    Column("cost", "Nguyên giá", MONEY),
    Column("first_used_on", "Ngày đưa vào sử dụng", DAY),
    Column("second_hand_years", "Số năm đã qua sử dụng", YEARS),
    Column("opening_year", "Năm đầu kỳ", YEAR),
    Column("opening_accumulated", "Hao mòn lũy kế đầu kỳ", MONEY),
    Column("wear_class", "Nhóm hao mòn", WEAR),
    Column("no_wear", "Lý do không hao mòn", one_of(get_args(NoWear))),
    Column("valid_from", "Ngày ghi nhận", DAY, required=True),
    Column("valid_to", "Ngày thôi sử dụng", DAY),
)
