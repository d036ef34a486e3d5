"""What the route of freshness answers."""

from datetime import datetime

from pydantic import BaseModel


class TopicOut(BaseModel):
    """How far one topic has been applied."""

    topic: str
    events: int
    last_event_at: datetime
    last_applied_at: datetime


class CountsOut(BaseModel):
    """How many things of each kind the caller's scope holds, of all times; people and what they filed are null for who may not see them."""

    organisations: int
    classes: int
    staff: int | None
    learners: int | None
    enrolments: int | None
    school_years: int
    assets: int
    norms: int
    offers: int
    documents: int
    dossiers: int | None
    contents: int


class FreshnessOut(BaseModel):
    """How fresh the read model is."""

    topics: list[TopicOut]
    counts: CountsOut
