"""Turns pydantic's findings into field errors in both languages, with "did you mean" for unknown fields."""

from collections.abc import Iterable, Mapping, Sequence
from difflib import get_close_matches
from typing import Any, get_args

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo

from libs.common.errors import FieldError

SENTENCES_VI = {
    "missing": "Thiếu trường bắt buộc.",
    "extra_forbidden": "Trường không tồn tại.",
    "json_invalid": "JSON sai cú pháp.",
    "string_type": "Phải là chuỗi ký tự.",
    "string_too_short": "Quá ngắn: cần ít nhất {min_length} ký tự.",
    "string_too_long": "Quá dài: nhiều nhất {max_length} ký tự.",
    "string_pattern_mismatch": "Không đúng dạng {pattern}.",
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
    "greater_than_equal": "Phải từ {ge} trở lên.",
    "greater_than": "Phải lớn hơn {gt}.",
    "less_than_equal": "Phải từ {le} trở xuống.",
    "less_than": "Phải nhỏ hơn {lt}.",
    "list_type": "Phải là danh sách.",
    "dict_type": "Phải là đối tượng JSON.",
    "model_attributes_type": "Phải là đối tượng JSON.",
    "too_short": "Quá ngắn: cần ít nhất {min_length} mục hoặc ký tự.",
    "too_long": "Quá dài: nhiều nhất {max_length} mục hoặc ký tự.",
}
# pydantic says "items" of a secret text too.
SENTENCES_EN = {
    "too_short": "Too short: at least {min_length} (items or characters).",
    "too_long": "Too long: at most {max_length} (items or characters).",
}
FEW = 10
"""So many values of a code list are told one by one."""
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


def placed(error: ValidationError, source: str) -> list[dict[str, Any]]:
    """Return pydantic's findings as the framework would place them: under the body or the query that was read."""
    return [{**one, "loc": (source, *one["loc"])} for one in error.errors(include_url=False)]


def did_you_mean(word: str, choices: Iterable[str]) -> str | None:
    """Return the closest of the choices, or None when nothing is near."""
    near = get_close_matches(word, list(choices), n=1, cutoff=0.6)
    return near[0] if near else None


def _field_error(finding: Mapping[str, Any], body: type[BaseModel] | None, query_names: Sequence[str]) -> FieldError:
    code, location, context = str(finding["type"]), list(finding["loc"]), finding.get("ctx", {})
    vi = SENTENCES_VI.get(code, OTHERWISE_VI).format_map(context)
    en = SENTENCES_EN[code].format_map(context) if code in SENTENCES_EN else str(finding["msg"])
    cause = context.get("error")
    if isinstance(cause, FieldRuleError):
        code, vi, en = cause.code, cause.vi, cause.en
    if code in {"enum", "literal_error"}:
        vi, en = _of_list(str(finding["input"]), str(context["expected"]))
    if code == "string_pattern_mismatch" and (example := _example(body, location)):
        vi, en = f"{vi} Ví dụ đúng: {example}", f"{en}, for example {example}"
    if code == "extra_forbidden":
        en = "Unknown field."
        choices = query_names if location[0] == "query" else _names_at(body, location[1:-1])
        near = did_you_mean(str(location[-1]), choices)
        if near:
            vi, en = f"{vi} Có phải ý bạn là “{near}”?", f"{en} Did you mean “{near}”?"
    return FieldError(pointer=_pointer(location), code=code, vi=vi, en=en)


def _of_list(value: str, expected: str) -> tuple[str, str]:
    """Say which values are allowed: all of a short list, the nearest one of a long one."""
    values = [allowed.strip("'") for allowed in expected.replace(" or ", ", ").split(", ")]
    listed, near = ", ".join(values), did_you_mean(value, values)
    if len(values) <= FEW:
        return f"Phải là một trong: {listed}.", f"Must be one of: {listed}."
    vi, en = f"Không nằm trong danh mục {len(values)} giá trị.", f"Not one of the {len(values)} allowed values."
    return (f"{vi} Có phải ý bạn là “{near}”?", f"{en} Did you mean “{near}”?") if near else (vi, en)


def _example(body: type[BaseModel] | None, location: Sequence[Any]) -> str | None:
    """Return the example that the body's field at `location` gives of itself, or a type inside it of its values."""
    source, *path = [part for part in location if not isinstance(part, int)] or [""]
    if source != "body" or not path:
        return None
    model = _model_at(body, path[:-1])
    field = model.model_fields.get(str(path[-1])) if model else None
    return _example_in(field) if field else None


def _example_in(part: object) -> str | None:
    """Return the first example in a field or an annotation: a nullable type keeps its own inside the union."""
    if isinstance(part, FieldInfo):
        return str(part.examples[0]) if part.examples else _example_in(part.annotation)
    return next((found for found in map(_example_in, get_args(part)) if found), None)


def _pointer(location: Sequence[Any]) -> str:
    source, *path = location or ["body"]
    pointer = "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in path)
    return pointer or "/" if source == "body" else f"{source}{pointer}"


def _names_at(model: type[BaseModel] | None, path: Sequence[Any]) -> list[str]:
    found = _model_at(model, path)
    return list(found.model_fields) if found else []


def _model_at(model: type[BaseModel] | None, path: Sequence[Any]) -> type[BaseModel] | None:
    """Return the model that `path` leads to inside `model`."""
    for part in path:
        if model is None or isinstance(part, int):
            continue
        field = model.model_fields.get(str(part))
        model = _model_in(field.annotation) if field else None
    return model


def _model_in(annotation: object) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next((found for found in map(_model_in, get_args(annotation)) if found), None)
