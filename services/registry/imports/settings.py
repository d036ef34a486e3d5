"""Limits of imports; environment prefix LIENTHONG_REGISTRY_IMPORT_."""

from datetime import timedelta

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class ImportSettings(BaseSettings):
    """How big a file may be and how the worker behaves."""

    model_config = SettingsConfigDict(env_prefix="LIENTHONG_REGISTRY_IMPORT_", extra="ignore", frozen=True)

    max_bytes: int = Field(default=64 << 20, description="largest accepted file")
    max_rows: int = Field(default=500_000, description="most rows of one file")
    kept_errors: int = Field(default=10_000, description="lines of a report that are kept; all are counted")
    max_attempts: int = Field(default=5, description="runs of one file before it is put aside as failed")
    poll: timedelta = Field(default=timedelta(milliseconds=500), description="how often the worker looks for a new file")
    work_memory: str = Field(default="128MB", pattern=r"^\d+MB$", description="work_mem of the importing transaction")
