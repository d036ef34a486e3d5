"""Field types that the service's request bodies share."""

from datetime import date
from enum import StrEnum
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from libs.common.errors import FieldError
from libs.common.text import nfc


class Level(StrEnum):
    """Levels of education."""

    PRESCHOOL = "preschool"
    PRIMARY = "primary"
    LOWER_SECONDARY = "lower_secondary"
    UPPER_SECONDARY = "upper_secondary"
    CONTINUING = "continuing"


class Input(BaseModel):
    """Base of every request body: unknown fields are refused, text is stored in NFC without outer spaces."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)


CODE_PATTERN = r"^[A-Za-z0-9][A-Za-z0-9._-]*$"
MAX_MONEY = 10**12  # a thousand times a school building; sums of a province stay far inside 64 bits
Code = Annotated[str, Field(min_length=1, max_length=40, pattern=CODE_PATTERN, examples=["10-TH-0123"])]
AssetCode = Annotated[str, Field(min_length=1, max_length=60, pattern=CODE_PATTERN, examples=["MVT-0001"])]
Title = Annotated[str, Field(min_length=1, max_length=300), AfterValidator(nfc)]
Day = Annotated[date, Field(ge=date(1900, 1, 1), le=date(2199, 12, 31))]
Year = Annotated[int, Field(ge=1900, le=2199)]
Money = Annotated[int, Field(ge=0, le=MAX_MONEY, description="whole đồng")]


def fault(pointer: str, code: str, vi: str, en: str) -> FieldError:
    """Return the refusal of one field."""
    return FieldError(pointer=pointer, code=code, vi=vi, en=en)
