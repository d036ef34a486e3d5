"""Opens the store that the settings name, for as long as the API runs."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from fastapi import FastAPI

from services.learning.settings import LearningSettings
from services.learning.storage import Storage
from services.learning.storage.folder import FolderStorage
from services.learning.storage.s3 import S3Storage
from services.learning.storage.signature import Credentials


def connect(settings: LearningSettings) -> Storage:
    """Return the store of `s3://bucket/prefix` or of a folder."""
    scheme, _, place = settings.learning_storage.rpartition("://")
    if scheme != "s3":
        return FolderStorage(Path(place))
    credentials = Credentials(
        settings.learning_s3_access_key.get_secret_value(), settings.learning_s3_secret_key.get_secret_value(), settings.learning_s3_region
    )
    return S3Storage(settings.learning_s3_endpoint, place, credentials)


@asynccontextmanager
async def storing(app: FastAPI) -> AsyncIterator[None]:
    """Keep the store open; handlers find it at `app.state.storage`."""
    storage = connect(app.state.settings)
    app.state.storage = storage
    try:
        yield
    finally:
        await storage.close()
