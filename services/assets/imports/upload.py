"""Takes a file off the wire before the transaction opens, so that a slow sender holds none."""

import hashlib
from dataclasses import dataclass
from typing import Final

from fastapi import Request

from libs.common.access import authorise
from libs.common.errors import UnsupportedMedia

PERMISSION: Final = "assets.asset.import"
MEDIA: Final = {"text/csv": "csv", "application/csv": "csv", "application/json": "json"}


@dataclass(frozen=True, slots=True)
class Upload:
    """A received file."""

    content: bytes
    media: str
    sha256: str


async def received(request: Request) -> Upload:
    """Receive the body for callers who may import; the service's limit of a body holds."""
    await authorise(request, PERMISSION)
    media = MEDIA.get(request.headers.get("content-type", "").partition(";")[0].strip().lower())
    if media is None:
        raise UnsupportedMedia(detail_vi="Chỉ nhận text/csv hoặc application/json.", detail_en="Send text/csv or application/json.")
    content = await request.body()
    return Upload(content, media, hashlib.sha256(content).hexdigest())
