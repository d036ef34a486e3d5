"""Settings of the learning service: the common ones, and where its files are."""

from typing import Final, Self

from pydantic import Field, SecretStr, model_validator
from pydantic_settings import SettingsConfigDict

from libs.common.settings import Profile, Settings

FILE_CEILING_BYTES: Final = 2 << 30
"""What the frame lets pass on the upload route; the setting below it is the real limit."""


class LearningSettings(Settings):
    """Common settings (LIENTHONG_) and the learning service's own, whose names carry the service's."""

    model_config = SettingsConfigDict(env_prefix="LIENTHONG_", extra="ignore", frozen=True)

    learning_storage: str = Field(
        default="file://data/learning",
        pattern=r"^(file://.+|s3://[a-z0-9][a-z0-9.-]{1,61}[a-z0-9](/[A-Za-z0-9._/-]*)?)$",
        description="file://<folder>, or s3://<bucket>/<prefix>",
    )
    learning_max_file_bytes: int = Field(default=64 << 20, ge=1, le=FILE_CEILING_BYTES, description="largest accepted file")
    learning_s3_endpoint: str = Field(default="", description="https://host[:port] of the S3-compatible store")
    learning_s3_region: str = "us-east-1"
    learning_s3_access_key: SecretStr = SecretStr("")
    learning_s3_secret_key: SecretStr = SecretStr("")

    @model_validator(mode="after")
    def _complete(self) -> Self:  # noqa: N804 - an "after" validator is an instance method
        if self.profile is Profile.PRODUCTION and "learning_storage" not in self.model_fields_set:
            raise ValueError("LIENTHONG_LEARNING_STORAGE must be set in production: a container's own folder does not last")
        keys = (self.learning_s3_endpoint, self.learning_s3_access_key.get_secret_value(), self.learning_s3_secret_key.get_secret_value())
        if self.learning_storage.startswith("s3://") and not all(keys):
            raise ValueError("s3:// needs LIENTHONG_LEARNING_S3_ENDPOINT, _ACCESS_KEY and _SECRET_KEY")
        return self
