"""docs/glossary.md: every code list, table and role that the code uses has its line."""

import importlib
from enum import StrEnum

import pytest
from sqlmodel import SQLModel

from libs.common.auth.permissions import roles
from libs.common.db.columns import Table
from libs.common.rounding import Rounding
from services.assets.assets.classes import Kind
from services.assets.wear.rules import Rule
from services.assets.wear.rules import Standing as AssetStanding
from services.egov.dossiers.rules import FORM, STATUS, Side, Stage
from services.identity.issuer import tables as issuer
from services.insight.indicators.rules import State
from services.insight.plans.comparison import Standing, Verdict
from services.learning.content.rules import ContentKind, Licence
from services.learning.content.rules import State as VersionState
from services.learning.curriculum.rules import SubjectKind
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
    *(Verdict, Standing, State),
    *(Kind, Rounding, Rule, AssetStanding),
    *(Side, Stage),
    *(ContentKind, Licence, VersionState, SubjectKind),
)
TECHNICAL = {"import_chunk"}
"""Tables without a term of the field."""


@pytest.mark.parametrize("codes", LISTS, ids=lambda codes: f"{codes.__module__}.{codes.__name__}")
def test_every_code_has_its_line(codes: type[StrEnum]) -> None:
    assert [code for code in codes if f"`{code}`" not in TEXT] == []


def test_the_statuses_are_those_of_the_code() -> None:
    assert {row[0]: row[2].strip("`") for row in rows_of(TEXT, "status")} == {status.value: status.name for status in EnrolmentStatus}


def test_the_stages_of_a_dossier_are_those_of_the_code() -> None:
    told = {row[0].strip("`"): row[2] for row in rows_of(TEXT, "stage")}
    assert told == {stage.value: "–" if status is None else str(status) for stage, status in STATUS.items()}


def test_actions_with_a_form_are_named_with_it() -> None:
    lines = TEXT.splitlines()
    assert [action for action, form in FORM.items() if not any(f"`{form}`" in line and f"`{action}`" in line for line in lines)] == []


def test_roles_and_attributes_are_named() -> None:
    wanted = {*roles(), *(name for names in ATTRIBUTES.values() for name in names)}
    assert sorted(name for name in wanted if f"`{name}`" not in TEXT) == []


def test_every_table_of_the_field_is_named() -> None:
    load_services()
    importlib.import_module("services.registry.imports.tables")
    found = {str(mapper.local_table) for mapper in SQLModel._sa_registry.mappers if mapper.class_.__module__.startswith("services.")}  # noqa: SLF001 - the registry of all table classes has no public name
    found |= {str(getattr(kind, "__tablename__", "")) for kind in _below(Table) if kind.__module__.startswith("services.egov.")}
    of_the_issuer = {str(getattr(kind, "__tablename__", "")) for kind in vars(issuer).values() if hasattr(kind, "__table__")}
    assert found
    assert sorted(name for name in found - of_the_issuer - TECHNICAL if f"`{name}" not in TEXT) == []


def _below(kind: type[Table]) -> set[type[Table]]:
    """Return all classes below one: e-government's tables are written by statements and mapped nowhere."""
    return {kind}.union(*(_below(one) for one in kind.__subclasses__()))
