"""Every sentence an import report can hold, in both languages. `{value}` is the cell, `{hint}` what helps."""

from collections.abc import Mapping
from typing import Final

from libs.common.imports import faults
from libs.common.imports.faults import Sentence

_OVERLAP_EN: Final = "The period overlaps the one of row {hint} for the same person."

SENTENCES: Final[Mapping[str, Sentence]] = {
    **faults.SENTENCES,
    # one cell
    "future_date": Sentence("Ngày sinh ở trong tương lai.", "The birth date is in the future."),
    "too_early": Sentence("Ngày trước năm 1900.", "The date is before 1900."),
    "grade_of_level": Sentence("Khối {value} không thuộc cấp học.", "Grade {value} does not belong to the level."),
    "level_not_taught": Sentence("Trường không dạy cấp học “{value}”.", "The school does not teach “{value}”."),
    "class_level": Sentence("Lớp “{value}” thuộc cấp học khác.", "The class “{value}” is of another level."),
    "class_grade": Sentence("Lớp “{value}” là khối {hint}.", "The class “{value}” is of grade {hint}."),
    # what the row refers to; unknown and not allowed are one message, so that nothing can be found out
    "unknown_school_year": Sentence("Năm học “{value}” chưa được khai báo.", "The school year “{value}” has not been set."),
    "unknown_class": Sentence("Trường không có lớp “{value}” trong năm học này.", "The school has no class “{value}” in that year."),
    "unknown_unit": Sentence(
        "Mã đơn vị hành chính “{value}” không có vào ngày đó. {hint}", "There is no administrative unit “{value}” on that day. {hint}"
    ),
    "parent_kind": Sentence("Loại đơn vị này không đứng dưới “{value}”.", "This kind of organisation does not stand under “{value}”."),
    "parent_period": Sentence(
        "Đơn vị cấp trên “{value}” không tồn tại suốt thời gian này.", "The parent “{value}” does not exist during the whole period."
    ),
    "attribute_of_kind": Sentence("Loại đơn vị này không có thuộc tính đó.", "This kind of organisation does not have that attribute."),
    "repeated_level": Sentence("Cấp học bị lặp: {value}.", "A level is repeated: {value}."),
    "kind_fixed": Sentence("Loại của đơn vị không thể thay đổi.", "The kind of an organisation cannot be changed."),
    "dated_history": Sentence(
        "Đơn vị đã có thay đổi về sau hoặc đổi cấp trên: hãy dùng thao tác riêng.",
        "The organisation has later changes, ends, or moves: use the single operation for it.",
    ),
    # rows against each other and against the registry
    "duplicate_row": Sentence("Trùng với dòng {hint}.", "The same as row {hint}."),
    "person_differs": Sentence(
        "Cùng mã nhưng thông tin cá nhân khác dòng {hint}.", "The same code, but the person differs from row {hint}."
    ),
    "overlap": Sentence("Thời gian chồng lấn với dòng {hint} của cùng một người.", _OVERLAP_EN),
    "overlap_registry": Sentence(
        "Thời gian chồng lấn với giai đoạn đã có ({hint}).", "The period overlaps one already in the registry ({hint})."
    ),
    "identifier_shared": Sentence(
        "Số định danh cũng dùng cho mã khác ở dòng {hint}.", "The personal number is also used with another code in row {hint}."
    ),
    "identifier_taken": Sentence("“{value}” đã thuộc về một người khác.", "“{value}” already belongs to another person."),
    "person_elsewhere": Sentence(
        "Người mang mã “{value}” đang ở ngoài phạm vi của bạn: hãy làm thủ tục chuyển.",
        "The person with “{value}” stands outside your scope: a transfer is needed.",
    ),
    "changed_meanwhile": Sentence(
        "Dữ liệu đã thay đổi trong lúc nhập; hãy gửi lại tệp.", "The data changed during the import; send the file again."
    ),
}
