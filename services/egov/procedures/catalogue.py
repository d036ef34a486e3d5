"""The catalogue of procedures (procedures.yaml): package data, or a file that the installation names, corrected without a release."""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

if TYPE_CHECKING:
    from collections.abc import Mapping

FILE_VARIABLE = "LIENTHONG_EGOV_PROCEDURES_FILE"


@dataclass(frozen=True)
class Catalogue:
    """Procedures by code, papers by key, and the codes known by title only."""

    procedures: Mapping[str, Mapping[str, Any]]
    papers: Mapping[str, Mapping[str, Any]]
    superseded: Mapping[str, Mapping[str, Any]]
    code_only: Mapping[str, Mapping[str, Any]]
    as_of: str

    def knows(self, code: str) -> bool:
        """Tell whether the code is one of the catalogue, with or without details, in force or replaced."""
        return code in self.procedures or code in self.code_only or code in self.superseded


def read_catalogue(text: str) -> Catalogue:
    """Read procedures.yaml."""
    document = yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506 - the C twin of the safe loader
    return Catalogue(
        {one["code"]: one for one in document["procedures"]},
        document["papers"],
        {one["code"]: one for one in document["superseded_codes"]},
        {one["code"]: one for one in document["catalogue_only"]},
        document["meta"]["as_of"],
    )


@lru_cache(maxsize=1)
def catalogue() -> Catalogue:
    """Return the catalogue."""
    named = os.environ.get(FILE_VARIABLE)
    source = Path(named) if named else files("services.egov.procedures").joinpath("data/procedures.yaml")
    return read_catalogue(source.read_text(encoding="utf-8"))
