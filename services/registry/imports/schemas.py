"""Answers about imports."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import BaseModel, Field

from services.registry.imports.columns import ImportKind

ImportState = Literal["received", "staged", "validated", "applied", "rejected", "failed"]


class Progress(BaseModel):
    """How many rows have come how far."""

    total: int
    staged: int
    checked: int
    applied: int


class ImportOut(BaseModel):
    """A run: received → staged → validated → applied, or rejected with a report. It has ended when `finished_at` is set."""

    import_id: UUID
    kind: ImportKind
    dry_run: bool = Field(description="checked only: a clean file ends as validated, and nothing is written")
    state: ImportState
    media: Literal["csv", "xlsx"]
    file_sha256: str
    file_bytes: int
    rows: Progress
    errors: int = Field(description="number of faults found; the report keeps the first ones")
    created: int = Field(description="things that are new (with a dry run: would be)")
    changed: int
    unchanged: int
    failure: Literal["too_many_attempts"] | None = Field(description="why a failed run was put aside; resume it when the cause is gone")
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    version: int
