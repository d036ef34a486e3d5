"""What material is, the states of a version, and which change of state follows which."""

from enum import StrEnum
from typing import Final


class ContentKind(StrEnum):
    """Kinds of material."""

    LESSON = "lesson"
    SLIDES = "slides"
    VIDEO = "video"
    AUDIO = "audio"
    EXERCISE = "exercise"
    QUESTION_SET = "question_set"
    SIMULATION = "simulation"
    REFERENCE = "reference"


class Licence(StrEnum):
    """Under which terms others may use the material."""

    CC0 = "cc0"
    CC_BY = "cc_by"
    CC_BY_SA = "cc_by_sa"
    CC_BY_NC = "cc_by_nc"
    CC_BY_NC_SA = "cc_by_nc_sa"
    SECTOR_ONLY = "sector_only"


class State(StrEnum):
    """States of one version of a content."""

    DRAFT = "draft"
    SUBMITTED = "submitted"
    APPROVED = "approved"
    RETURNED = "returned"
    WITHDRAWN = "withdrawn"
    SUPERSEDED = "superseded"


FOLLOWING: Final[dict[State, frozenset[State]]] = {
    State.DRAFT: frozenset({State.SUBMITTED, State.WITHDRAWN}),
    State.SUBMITTED: frozenset({State.APPROVED, State.RETURNED, State.WITHDRAWN}),
    State.APPROVED: frozenset({State.SUPERSEDED, State.WITHDRAWN}),
    State.RETURNED: frozenset(),
    State.WITHDRAWN: frozenset(),
    State.SUPERSEDED: frozenset(),
}
"""The database's trigger holds the same table; a test compares both."""
OPEN: Final = frozenset({State.DRAFT, State.SUBMITTED})
"""A content has at most one open version."""
STANDING: Final = frozenset({State.DRAFT, State.SUBMITTED, State.APPROVED})
"""What a withdrawal ends."""


def may_follow(before: State, after: State) -> bool:
    """Tell whether a version may go from one state to the other."""
    return after in FOLLOWING[before]
