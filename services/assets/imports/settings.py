"""Limits of imports; environment prefix LIENTHONG_ASSETS_IMPORT_."""

from typing import Final

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

MAX_FILE_BYTES: Final = 16 << 20


class ImportSettings(BaseSettings):
    """How big a file may be. It is worked off inside the request, so it must fit in one statement's time."""

    model_config = SettingsConfigDict(env_prefix="LIENTHONG_ASSETS_IMPORT_", extra="ignore", frozen=True)

    max_rows: int = Field(default=50_000, description="most rows of one file")
    kept_errors: int = Field(default=10_000, description="lines of a report that are kept; all are counted")
