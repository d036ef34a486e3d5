"""Settings of e-government: the common ones, where the registry answers, how dossiers are numbered, how often waits are looked at."""

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from libs.common.settings import Settings


class EgovSettings(Settings):
    """Common settings (LIENTHONG_) and the service's own, whose names carry the service's."""

    model_config = SettingsConfigDict(env_prefix="LIENTHONG_", extra="ignore", frozen=True)

    egov_registry_url: str | None = Field(default=None, description="base address of the registry's API; the gateway when absent")
    egov_registry_timeout_seconds: float = Field(default=3.0, gt=0, description="for one question to the registry")
    egov_agency_code: str = Field(
        default="H38",
        pattern=r"^[A-Z][0-9]{2}(\.[0-9]{2,3}){0,3}$",
        description="agency part of dossier codes for schools without a code of their own; H38 is the province of the demonstration",
    )
    egov_upkeep_seconds: float = Field(default=60.0, gt=0, description="between two looks for supplements that never came")
    egov_procedures_file: str | None = Field(default=None, description="a procedures.yaml that replaces the packaged one")
