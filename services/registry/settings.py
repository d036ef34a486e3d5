"""Settings of the registry: the common ones, and how often the tree of today is brought up to date."""

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from libs.common.settings import Settings


class RegistrySettings(Settings):
    """Common settings (LIENTHONG_) and the registry's own, whose names carry the service's."""

    model_config = SettingsConfigDict(env_prefix="LIENTHONG_", extra="ignore", frozen=True)

    registry_refresh_seconds: float = Field(default=600.0, gt=0, description="between two looks whether a dated version became current")
