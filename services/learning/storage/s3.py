"""Files in an S3-compatible store: three requests (HEAD, PUT, GET with a range), signed here, tried again while the store stumbles."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing
from typing import IO, Final

import httpx

from libs.common.clock import now
from services.learning.storage import PIECE_BYTES, StorageUnavailable, key, verified
from services.learning.storage.signature import EMPTY_SHA256, Credentials, signed

ATTEMPTS: Final = 3
FIRST_WAIT_SECONDS: Final = 0.2
TIMEOUT: Final = httpx.Timeout(30.0, connect=3.0)
FOUND, PARTIAL, MISSING, WITHIN_ERRORS = 200, 206, 404, 500


class S3Storage:
    """A bucket, addressed by path (`endpoint/bucket/prefix/key`), which every compatible store understands."""

    def __init__(self, endpoint: str, place: str, credentials: Credentials, *, timeout: httpx.Timeout = TIMEOUT) -> None:
        self._url, self._place, self._credentials = httpx.URL(endpoint), "/" + place.strip("/") + "/", credentials
        self._client = httpx.AsyncClient(timeout=timeout, follow_redirects=False)

    async def put(self, sha256: str, file: IO[bytes], size: int) -> None:
        """Keep the file's bytes; the store itself checks them against the hash, which is part of the signature."""
        kept = await self._try("HEAD", sha256)
        if kept.status_code == FOUND and kept.headers.get("content-length") == str(size):
            return
        answer = await self._try("PUT", sha256, file, size)
        if answer.status_code != FOUND:
            raise StorageUnavailable(detail_en=f"The store answered {answer.status_code}.")

    async def read(self, sha256: str, start: int, end: int, size: int) -> AsyncIterator[bytes]:
        """Yield the bytes [start, end)."""
        request, whole = self._request("GET", sha256, {"range": f"bytes={start}-{end - 1}"}), end - start == size
        try:
            answer = await self._client.send(request, stream=True)
            async with aclosing(answer):
                if answer.status_code != PARTIAL and not (answer.status_code == FOUND and whole):
                    raise StorageUnavailable(detail_en=f"The store answered {answer.status_code}.")
                async for piece in verified(answer.aiter_raw(PIECE_BYTES), sha256, end - start, whole=whole):
                    yield piece
        except httpx.TransportError as error:
            raise StorageUnavailable from error

    async def close(self) -> None:
        """Close the connections."""
        await self._client.aclose()

    async def _try(self, method: str, sha256: str, file: IO[bytes] | None = None, size: int = 0) -> httpx.Response:
        """Send, again after a short wait where the store fails or does not answer; raises StorageUnavailable at last."""
        for attempt in range(ATTEMPTS):
            headers = {"content-length": str(size)} if file else {}
            try:
                answer = await self._client.send(self._request(method, sha256, headers, file))
            except httpx.TransportError as error:
                if attempt == ATTEMPTS - 1:
                    raise StorageUnavailable from error
            else:
                if answer.status_code < WITHIN_ERRORS:
                    return answer
            await asyncio.sleep(FIRST_WAIT_SECONDS * 2**attempt)
        raise StorageUnavailable(detail_en="The store fails again and again.")

    def _request(self, method: str, sha256: str, headers: dict[str, str], file: IO[bytes] | None = None) -> httpx.Request:
        path = self._place + key(sha256)
        payload = sha256 if file else EMPTY_SHA256
        sent = signed(self._credentials, method, self._url.netloc.decode(), path, headers, payload, now())
        return self._client.build_request(method, self._url.copy_with(path=path), headers=sent, content=_body(file) if file else None)


async def _body(file: IO[bytes]) -> AsyncIterator[bytes]:
    """Read the file from its beginning, at each attempt anew."""
    file.seek(0)
    while piece := file.read(PIECE_BYTES):
        yield piece
