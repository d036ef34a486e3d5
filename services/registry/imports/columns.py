"""What each kind of file holds: columns, the form of their values, and how a header is matched against them."""

from collections.abc import Mapping
from dataclasses import replace
from enum import StrEnum
from typing import Final

from libs.common.imports.columns import BOOLEAN, DAY, TITLE, Column, Form, one_of
from services.registry import names
from services.registry.organisations.rules import Level, OrganisationKind, SchoolType
from services.registry.staff.rules import Degree, StaffRole


class ImportKind(StrEnum):
    """The kinds of file."""

    ORGANISATIONS = "organisations"
    CLASSES = "classes"
    STAFF = "staff"
    LEARNERS = "learners"


def _name(rule: names.NameRule, example: str, *, telling: bool = True) -> Form:
    vi, en = f"{rule.vi}, tối đa {rule.longest} ký tự", f"{rule.en}, at most {rule.longest} characters"
    return Form("name_form", rule.pattern, vi, en, telling=telling, max_length=rule.longest, example=example)


BIRTH: Final = Form(
    "date",
    r"^(\d{4}(-\d{2}){0,2}|\d{1,2}/\d{1,2}/\d{4})$",
    "ngày sinh dạng YYYY-MM-DD, DD/MM/YYYY, YYYY-MM hoặc YYYY",
    "a birth date as YYYY-MM-DD, DD/MM/YYYY, YYYY-MM or YYYY",
    example="2014-03-05",
)
MINISTRY_CODE: Final = Form(
    "identifier_form",
    r"^(\d{10}|TEMP-\d{12})$",
    "mã định danh 10 chữ số (dạng văn bản, giữ số 0 đầu) hoặc TEMP- và 12 chữ số",
    "a ministry code of 10 digits (as text, leading zeros kept) or TEMP- and 12 digits",
    example="9100000017",
)
PERSONAL_NUMBER: Final = Form(
    "identifier_form",
    r"^\d{12}$",
    "số định danh cá nhân 12 chữ số (dạng văn bản, giữ số 0 đầu)",
    "a personal number of 12 digits (as text, leading zeros kept)",
    example="010214001234",
)
PERSON_NAME: Final = _name(names.PERSON, "K'Sor H'Bia")
ETHNICITY: Final = _name(names.ETHNICITY, "Mông")
ORGANISATION_NAME: Final = _name(names.ORGANISATION, "Trường TH&THCS Bản Mế", telling=False)
CLASS_NAME: Final = replace(TITLE, vi="tên lớp tối đa 60 ký tự", en="a class name of at most 60 characters", max_length=60, example="5A")
CODE: Final = Form(
    "code_form",
    r"^[A-Za-z0-9][A-Za-z0-9._-]*$",
    "mã tối đa 40 ký tự gồm chữ không dấu, số, dấu . _ -",
    "a code of at most 40 letters, digits, . _ -",
    telling=False,
    max_length=40,
    example="10-TH-0123",
)
SEX: Final = Form(
    "enumeration", r"^[012]$", "0 (chưa rõ), 1 (nam) hoặc 2 (nữ)", "0 (unknown), 1 (male) or 2 (female)", telling=False, example="2"
)
GRADE: Final = Form("number", r"^(\d|1[0-2])$", "khối lớp từ 0 đến 12", "a grade from 0 to 12", telling=False, example="5")
SCHOOL_YEAR: Final = Form(
    "school_year_form", r"^20\d{2}-20\d{2}$", "năm học dạng 2017-2018", "a school year as 2017-2018", example="2017-2018"
)
SUBJECT: Final = Form(
    "subject_form",
    r"^[a-z][a-z_]*$",
    "mã môn học, ví dụ informatics",
    "a subject code such as informatics",
    telling=False,
    max_length=60,
    example="informatics",
)
UNIT: Final = Form(
    "unit_form",
    r"^\d{2,5}$",
    "mã đơn vị hành chính 2 đến 5 chữ số",
    "an administrative unit code of 2 to 5 digits",
    telling=False,
    example="02647",
)
LEVEL: Final = one_of(list(Level))
LEVELS: Final = Form(
    "enumeration",
    "^(" + "|".join(Level) + ")(;(" + "|".join(Level) + ")){0,4}$",
    "các cấp học cách nhau bằng dấu ; : " + ", ".join(Level),
    "levels separated by ; : " + ", ".join(Level),
    example="primary;lower_secondary",
)

_PERSON: Final = (
    Column("ministry_code", "Mã định danh", MINISTRY_CODE, required=True),
    Column("personal_number", "Số định danh cá nhân", PERSONAL_NUMBER),
    Column("full_name", "Họ và tên", PERSON_NAME, required=True),
    Column("birth_date", "Ngày sinh", BIRTH, required=True),
    Column("sex", "Giới tính", SEX, required=True),
)

COLUMNS: Final[Mapping[ImportKind, tuple[Column, ...]]] = {
    ImportKind.ORGANISATIONS: (
        Column("code", "Mã đơn vị", CODE, required=True),
        Column("name", "Tên đơn vị", ORGANISATION_NAME, required=True),
        Column("kind", "Loại đơn vị", one_of(list(OrganisationKind)), required=True),
        Column("parent_code", "Mã đơn vị cấp trên", CODE),
        Column("levels", "Cấp học", LEVELS),
        Column("school_type", "Loại hình", one_of(list(SchoolType))),
        Column("administrative_unit_code", "Mã đơn vị hành chính", UNIT),
        Column("has_website", "Có trang web", BOOLEAN),
        Column("valid_from", "Có hiệu lực từ ngày", DAY, required=True),
        Column("valid_to", "Hết hiệu lực ngày", DAY),
    ),
    ImportKind.CLASSES: (
        Column("school_code", "Mã trường", CODE, required=True),
        Column("school_year", "Năm học", SCHOOL_YEAR, required=True),
        Column("name", "Tên lớp", CLASS_NAME, required=True),
        Column("grade", "Khối", GRADE),
        Column("level", "Cấp học", LEVEL, required=True),
        Column("studies_informatics", "Học tin học", BOOLEAN),
        Column("site_code", "Mã điểm trường", CODE),
    ),
    ImportKind.STAFF: (
        *_PERSON,
        Column("school_code", "Mã trường", CODE, required=True),
        Column("role", "Chức vụ", one_of(list(StaffRole)), required=True),
        Column("subject", "Môn dạy", SUBJECT),
        Column("degree", "Trình độ", one_of(list(Degree))),
        Column("uses_it", "Ứng dụng CNTT", BOOLEAN),
        Column("makes_elearning", "Soạn bài giảng e-learning", BOOLEAN),
        Column("started_on", "Ngày bắt đầu", DAY, required=True),
        Column("ended_on", "Ngày kết thúc", DAY),
        Column("it_certificate_on", "Ngày cấp chứng chỉ tin học", DAY),
    ),
    ImportKind.LEARNERS: (
        *_PERSON,
        Column("ethnicity", "Dân tộc", ETHNICITY),
        Column("school_code", "Mã trường", CODE, required=True),
        Column("school_year", "Năm học", SCHOOL_YEAR, required=True),
        Column("class_name", "Lớp", CLASS_NAME),
        Column("grade", "Khối", GRADE),
        Column("level", "Cấp học", LEVEL, required=True),
        Column("studies_informatics", "Học tin học", BOOLEAN),
        Column("enrolled_on", "Ngày vào trường", DAY, required=True),
        Column("left_on", "Ngày rời trường", DAY),
    ),
}
