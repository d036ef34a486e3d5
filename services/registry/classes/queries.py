"""Reads of school years and classes."""

from typing import Annotated
from uuid import UUID

from pydantic import Field

from libs.common.db.read import Document, Filter, Listing
from services.registry.classes.schemas import ClassOut, SchoolYearOut
from services.registry.organisations.rules import Level

SCHOOL_YEAR = Document(SchoolYearOut, "school_year y", where="y.school_year = :school_year", version="y.version")
SCHOOL_YEARS = Listing(SchoolYearOut, "school_year y", key="y.school_year", key_type="text")

SOURCE = "class c LEFT JOIN organisation_path o ON o.organisation_id = c.school_id"
COLUMNS = {"school_code": "o.code", "name": "c.name", "version": "c.version"}

CLASS = Document(ClassOut, SOURCE, where="c.class_id = :class_id", columns=COLUMNS, version="c.version")
CLASSES = Listing(
    ClassOut,
    SOURCE,
    key="c.class_id",
    columns=COLUMNS,
    filters={
        "school": Filter("c.school_id", str, condition="{e} = (SELECT s.organisation_id FROM organisation_path s WHERE s.code = :value)"),
        "school_id": Filter("c.school_id", UUID),
        "school_year": Filter("c.school_year", str),
        "grade": Filter("c.grade", Annotated[int, Field(ge=0, le=12)]),
        "level": Filter("c.level", Level),
    },
    sorts={"key": "c.class_id", "name": "c.name"},
)
