"""Field types that the learning service's request bodies share."""

from datetime import date
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from libs.common.text import nfc


class Input(BaseModel):
    """Base of every request body: unknown fields are refused, text is stored in NFC without outer spaces."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)


Code = Annotated[str, Field(min_length=1, max_length=40, pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$", examples=["10-TH-0123"])]
# Lengths come before the validators: pydantic then checks them as those of a string.
Title = Annotated[str, Field(min_length=1, max_length=300), AfterValidator(nfc)]
Text = Annotated[str, Field(max_length=5000), AfterValidator(nfc)]
Sentence = Annotated[str, Field(min_length=1, max_length=1000), AfterValidator(nfc)]
Subject = Annotated[
    str, Field(max_length=60, pattern=r"^[a-z][a-z0-9_]*$", examples=["mathematics"], description="a code of the curriculum")
]
Day = Annotated[date, Field(ge=date(1900, 1, 1), le=date(2199, 12, 31))]
Grade = Annotated[int, Field(ge=1, le=12)]
