"""docs/glossary.md: every code list, table and role that the code uses has its line."""

import importlib
from enum import StrEnum

import pytest
from sqlmodel import SQLModel

from libs.common.auth.permissions import roles
from services.identity.issuer import tables as issuer
from services.insight.indicators.rules import State
from services.insight.plans.comparison import Standing, Verdict
from services.registry.guardians.schemas import GuardianRelation
from services.registry.learners.rules import EnrolmentStatus
from services.registry.organisations.rules import ATTRIBUTES, Level, OrganisationKind, SchoolType
from services.registry.people.rules import IdentifierKind
from services.registry.staff.rules import Degree, StaffRole
from services.registry.transfers.rules import Refusal
from tests.docs.generated import load_services
from tests.docs.markdown import DOCS, rows_of

TEXT = (DOCS / "glossary.md").read_text(encoding="utf-8")
LISTS: tuple[type[StrEnum], ...] = (
    *(OrganisationKind, Level, SchoolType, IdentifierKind, GuardianRelation, StaffRole, Degree, Refusal),
    *(Verdict, Standing),
)
TECHNICAL = {"import_chunk"}
"""Tables without a term of the field."""


@pytest.mark.parametrize("codes", LISTS, ids=lambda codes: str(codes.__name__))
def test_every_code_has_its_line(codes: type[StrEnum]) -> None:
    assert [code for code in codes if f"`{code}`" not in TEXT] == []


def test_the_statuses_are_those_of_the_code() -> None:
    assert {row[0]: row[2].strip("`") for row in rows_of(TEXT, "status")} == {status.value: status.name for status in EnrolmentStatus}


def test_roles_attributes_and_states_are_named() -> None:
    wanted = {*roles(), *(name for names in ATTRIBUTES.values() for name in names), State.NOT_YET_MEASURED}
    assert sorted(name for name in wanted if f"`{name}`" not in TEXT) == []


def test_every_table_of_the_field_is_named() -> None:
    load_services()
    importlib.import_module("services.registry.imports.tables")
    found = {str(mapper.local_table) for mapper in SQLModel._sa_registry.mappers if mapper.class_.__module__.startswith("services.")}  # noqa: SLF001 - the registry of all table classes has no public name
    of_the_issuer = {str(getattr(kind, "__tablename__", "")) for kind in vars(issuer).values() if hasattr(kind, "__table__")}
    assert found
    assert sorted(name for name in found - of_the_issuer - TECHNICAL if f"`{name}" not in TEXT) == []
