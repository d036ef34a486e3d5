"""The plan of each kind of file."""

from collections.abc import Mapping
from typing import Final

from services.registry.imports import classes, learners, organisations, staff
from services.registry.imports.columns import ImportKind
from services.registry.imports.plan import Plan

PLANS: Final[Mapping[ImportKind, Plan]] = {
    ImportKind.ORGANISATIONS: organisations.PLAN,
    ImportKind.CLASSES: classes.PLAN,
    ImportKind.STAFF: staff.PLAN,
    ImportKind.LEARNERS: learners.PLAN,
}
