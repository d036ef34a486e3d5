"""Columns that the identity tables share, so that each is described once."""

from typing import Any

from sqlalchemy import DateTime, String
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlmodel import Field

from libs.common.clock import now


def instant() -> Any:
    """Return a required instant with time zone."""
    return Field(sa_type=DateTime(timezone=True))


def instant_now() -> Any:
    """Return an instant that is the present one unless given."""
    return Field(default_factory=now, sa_type=DateTime(timezone=True))


def instant_or_none() -> Any:
    """Return an instant that may not have come yet."""
    return Field(default=None, nullable=True, sa_type=DateTime(timezone=True))


def texts() -> Any:
    """Return a list of texts, empty unless given."""
    return Field(default_factory=list, sa_type=ARRAY(String))


def document() -> Any:
    """Return a JSON object."""
    return Field(sa_type=JSONB)
