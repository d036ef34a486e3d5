"""Turns pydantic's findings into field errors in both languages, with "did you mean" for unknown fields."""

from collections.abc import Iterable, Mapping, Sequence
from difflib import get_close_matches
from typing import Any, get_args

from pydantic import BaseModel

from libs.common.errors import FieldError

SENTENCES_VI = {
    "missing": "Thiếu trường bắt buộc.",
    "extra_forbidden": "Trường không tồn tại.",
    "json_invalid": "JSON sai cú pháp.",
    "string_type": "Phải là chuỗi ký tự.",
    "string_too_short": "Quá ngắn.",
    "string_too_long": "Quá dài.",
    "string_pattern_mismatch": "Không đúng định dạng.",
    "uuid_parsing": "Không phải mã UUID.",
    "uuid_type": "Không phải mã UUID.",
    "int_parsing": "Phải là số nguyên.",
    "int_type": "Phải là số nguyên.",
    "int_from_float": "Phải là số nguyên.",
    "bool_parsing": "Phải là true hoặc false.",
    "bool_type": "Phải là true hoặc false.",
    "date_from_datetime_parsing": "Phải là ngày dạng YYYY-MM-DD.",
    "date_parsing": "Phải là ngày dạng YYYY-MM-DD.",
    "date_type": "Phải là ngày dạng YYYY-MM-DD.",
    "date_from_datetime_inexact": "Phải là ngày, không kèm giờ.",
    "datetime_parsing": "Phải là thời điểm theo ISO 8601.",
    "datetime_from_date_parsing": "Phải là thời điểm theo ISO 8601.",
    "enum": "Giá trị không nằm trong danh mục.",
    "literal_error": "Giá trị không nằm trong danh mục.",
    "greater_than_equal": "Nhỏ hơn mức cho phép.",
    "greater_than": "Nhỏ hơn mức cho phép.",
    "less_than_equal": "Lớn hơn mức cho phép.",
    "less_than": "Lớn hơn mức cho phép.",
    "list_type": "Phải là danh sách.",
    "dict_type": "Phải là đối tượng JSON.",
    "model_attributes_type": "Phải là đối tượng JSON.",
    "too_short": "Danh sách quá ngắn.",
    "too_long": "Danh sách quá dài.",
}
OTHERWISE_VI = "Giá trị không hợp lệ."


class FieldRuleError(ValueError):
    """Raised inside a pydantic validator to carry a rule's own code and both sentences."""

    def __init__(self, code: str, vi: str, en: str) -> None:
        super().__init__(en)
        self.code, self.vi, self.en = code, vi, en


def field_errors(
    findings: Iterable[Mapping[str, Any]], body: type[BaseModel] | None = None, query_names: Sequence[str] = ()
) -> list[FieldError]:
    """Return one field error for each finding; a wrong name is compared with the body model's fields or the query's parameters."""
    return [_field_error(finding, body, query_names) for finding in findings]


def did_you_mean(word: str, choices: Iterable[str]) -> str | None:
    """Return the closest of the choices, or None when nothing is near."""
    near = get_close_matches(word, list(choices), n=1, cutoff=0.6)
    return near[0] if near else None


def _field_error(finding: Mapping[str, Any], body: type[BaseModel] | None, query_names: Sequence[str]) -> FieldError:
    code, location = str(finding["type"]), list(finding["loc"])
    vi, en = SENTENCES_VI.get(code, OTHERWISE_VI), str(finding["msg"])
    cause = finding.get("ctx", {}).get("error")
    if isinstance(cause, FieldRuleError):
        code, vi, en = cause.code, cause.vi, cause.en
    if code == "extra_forbidden":
        en = "Unknown field."
        choices = query_names if location[0] == "query" else _names_at(body, location[1:-1])
        near = did_you_mean(str(location[-1]), choices)
        if near:
            vi, en = f"{vi} Có phải ý bạn là “{near}”?", f"{en} Did you mean “{near}”?"
    return FieldError(pointer=_pointer(location), code=code, vi=vi, en=en)


def _pointer(location: Sequence[Any]) -> str:
    source, *path = location or ["body"]
    pointer = "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in path)
    return pointer or "/" if source == "body" else f"{source}{pointer}"


def _names_at(model: type[BaseModel] | None, path: Sequence[Any]) -> list[str]:
    """Return the field names of the model that `path` leads to inside `model`."""
    for part in path:
        if model is None or isinstance(part, int):
            continue
        field = model.model_fields.get(str(part))
        model = _model_in(field.annotation) if field else None
    return list(model.model_fields) if model else []


def _model_in(annotation: object) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next((found for found in map(_model_in, get_args(annotation)) if found), None)
