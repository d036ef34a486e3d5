"""The classes of assets, read from classes.yaml: kind, the class they wear by, the norm they count towards."""

from enum import StrEnum
from functools import cache
from importlib.resources import files

import yaml
from pydantic import BaseModel, ConfigDict


class Kind(StrEnum):
    """What an asset is."""

    ROOM = "room"
    DEVICE = "device"
    LINE = "line"


class AssetClass(BaseModel):
    """One class; see classes.yaml."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    code: str
    kind: Kind
    vi: str
    en: str
    wear: str | None = None
    meets: str | None = None


@cache
def classes() -> dict[str, AssetClass]:
    """Return every class by its code, in the order of the file."""
    declared = yaml.safe_load(files(__package__).joinpath("data/classes.yaml").read_text(encoding="utf-8"))
    found = [AssetClass.model_validate(entry) for entry in declared]
    return {entry.code: entry for entry in found}


def meeting(norm: str) -> list[str]:
    """Return the codes of the classes that count towards a norm."""
    return [code for code, entry in classes().items() if entry.meets == norm]
