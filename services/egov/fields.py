"""Field types and refusals that the service's features share."""

from datetime import date
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from libs.common.errors import FieldError, Invalid
from libs.common.text import nfc, tidy_name
from libs.common.validation import FieldRuleError

SPACE = ord(" ")


class Input(BaseModel):
    """Base of every request body: unknown fields are refused, text is stored in NFC without outer spaces."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)


def _storable(text: str) -> str:
    if any(ord(sign) < SPACE and sign not in "\n\t" for sign in text):
        raise FieldRuleError("control_character", "Không được chứa ký tự điều khiển.", "Control characters are not allowed.")
    return text


OrganisationCode = Annotated[str, Field(min_length=1, max_length=40, pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$", examples=["10-TH-0123"])]
ProcedureCode = Annotated[str, Field(pattern=r"^[0-9]\.[0-9]{6}$", examples=["2.002854"])]
Text = Annotated[str, Field(min_length=1, max_length=500), AfterValidator(_storable), AfterValidator(nfc)]
Search = Annotated[str, Field(min_length=1, max_length=100), AfterValidator(_storable)]
PersonName = Annotated[str, Field(min_length=1, max_length=200), AfterValidator(_storable), AfterValidator(tidy_name)]
Day = Annotated[date, Field(ge=date(2000, 1, 1), le=date(2099, 12, 31))]


def fault(pointer: str, code: str, vi: str, en: str) -> FieldError:
    """Return one field error."""
    return FieldError(pointer=pointer, code=code, vi=vi, en=en)


def invalid(pointer: str, code: str, vi: str, en: str) -> Invalid:
    """Return the refusal of one field."""
    return Invalid(detail_vi=vi, detail_en=en, errors=[fault(pointer, code, vi, en)])
