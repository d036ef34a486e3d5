"""Answers about imports."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import BaseModel, Field


class ImportOut(BaseModel):
    """A finished run: applied, rejected with a report (nothing was written), or validated (a clean dry run, nothing was written)."""

    import_id: UUID
    dry_run: bool
    state: Literal["applied", "rejected", "validated"]
    media: Literal["csv", "xlsx", "json"]
    file_sha256: str
    file_bytes: int
    rows: int
    errors: int = Field(description="number of faults found; the report keeps the first ones")
    created: int = Field(description="assets that are new (with a dry run: would be)")
    changed: int
    unchanged: int
    created_at: datetime
    finished_at: datetime | None
