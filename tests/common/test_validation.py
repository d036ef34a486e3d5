"""What is told about a wrong field, in both languages: the form with an example, the allowed values or the nearest one, the bound."""

from enum import StrEnum
from typing import Annotated, Literal

import pytest
from pydantic import BaseModel, Field, ValidationError

from libs.common.validation import field_errors, placed

Many = Literal["value_0", "value_1", "value_2", "value_3", "value_4", "value_5", "value_6", "value_7", "value_8", "value_9", "value_10"]


class Few(StrEnum):
    X = "x"
    Y = "y"


Code = Annotated[str, Field(pattern=r"^[a-z]{2}$", examples=["ab"])]
FORM = ("Không đúng dạng ^[a-z]{2}$.", "String should match pattern '^[a-z]{2}$'")
FORM_AND_EXAMPLE = (FORM[0] + " Ví dụ đúng: ab", FORM[1] + ", for example ab")


class Inner(BaseModel):
    code: Code = "aa"


class Body(BaseModel):
    few: Few = Few.X
    sex: Literal[0, 1, 2] = 0
    many: Many = "value_1"
    count: Annotated[int, Field(ge=1, le=5)] = 1
    code: Annotated[str, Field(pattern=r"^[a-z]{2}$")] = "aa"
    nullable: Code | None = None
    codes: list[Code] = []
    text: Annotated[str, Field(min_length=2, max_length=3)] = "abc"
    inner: Inner = Inner()
    inners: list[Inner] = Field(default=[], max_length=1)


@pytest.mark.parametrize(
    ("given", "vi", "en"),
    [
        ({"few": "z"}, "Phải là một trong: x, y.", "Must be one of: x, y."),
        ({"sex": 9}, "Phải là một trong: 0, 1, 2.", "Must be one of: 0, 1, 2."),
        (
            {"many": "valu_7"},
            "Không nằm trong danh mục 11 giá trị. Có phải ý bạn là “value_7”?",
            "Not one of the 11 allowed values. Did you mean “value_7”?",
        ),
        ({"many": "q"}, "Không nằm trong danh mục 11 giá trị.", "Not one of the 11 allowed values."),
        ({"count": 0}, "Phải từ 1 trở lên.", "Input should be greater than or equal to 1"),
        ({"count": 6}, "Phải từ 5 trở xuống.", "Input should be less than or equal to 5"),
        ({"code": "A"}, *FORM),
        ({"text": "a"}, "Quá ngắn: cần ít nhất 2 ký tự.", "String should have at least 2 characters"),
        ({"text": "abcd"}, "Quá dài: nhiều nhất 3 ký tự.", "String should have at most 3 characters"),
        ({"inner": {"code": "A"}}, *FORM_AND_EXAMPLE),
        ({"inners": [{"code": "A"}]}, *FORM_AND_EXAMPLE),
        ({"nullable": "A"}, *FORM_AND_EXAMPLE),
        ({"codes": ["ab", "A"]}, *FORM_AND_EXAMPLE),
        (
            {"inners": [{}, {}]},
            "Quá dài: nhiều nhất 1 mục hoặc ký tự.",
            "Too long: at most 1 (items or characters).",
        ),
    ],
)
def test_a_wrong_field_is_told_what_is_allowed(given: dict[str, object], vi: str, en: str) -> None:
    with pytest.raises(ValidationError) as caught:
        Body.model_validate(given)
    (found,) = field_errors(placed(caught.value, "body"), Body)
    assert (found.vi, found.en) == (vi, en)


@pytest.mark.parametrize("source", ["path", "query"])
def test_a_parameter_is_told_no_example_of_the_body(source: str) -> None:
    with pytest.raises(ValidationError) as caught:
        Body.model_validate({"nullable": "A"})
    (finding,) = caught.value.errors(include_url=False)
    (found,) = field_errors([{**finding, "loc": (source, "nullable")}], Body)
    assert (found.vi, found.en) == FORM
