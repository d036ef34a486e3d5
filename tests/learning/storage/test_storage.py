"""Both stores behind the one interface, and a store that stumbles, lies or hangs up."""

import hashlib
import io
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest
from pydantic import SecretStr, ValidationError

from libs.common.settings import Profile
from services.learning.settings import LearningSettings
from services.learning.storage import CorruptFileError, Storage, StorageUnavailable, key
from services.learning.storage import s3 as s3_module
from services.learning.storage.folder import FolderStorage
from services.learning.storage.opening import connect
from services.learning.storage.s3 import S3Storage
from services.learning.storage.signature import EMPTY_SHA256, Credentials, signed
from tests.learning.storage.simulator import ACCESS_KEY, REGION, SECRET_KEY, Store, simulating

FILE = bytes(range(256)) * 4000
SHA256 = hashlib.sha256(FILE).hexdigest()
CREDENTIALS = Credentials(ACCESS_KEY, SECRET_KEY, REGION)


async def read(storage: Storage, start: int = 0, end: int = len(FILE)) -> bytes:
    return b"".join([piece async for piece in storage.read(SHA256, start, end, len(FILE))])


async def put(storage: Storage, file: bytes = FILE) -> None:
    await storage.put(hashlib.sha256(file).hexdigest(), io.BytesIO(file), len(file))


@pytest.fixture
def store() -> Iterator[Store]:
    with simulating() as running:
        yield running


@pytest.fixture
async def s3(store: Store, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[S3Storage]:
    monkeypatch.setattr(s3_module, "FIRST_WAIT_SECONDS", 0.01)
    made = S3Storage(store.url, "bucket/learning", CREDENTIALS, timeout=httpx.Timeout(5.0))
    yield made
    await made.close()


@pytest.fixture(params=["folder", "s3"])
async def storage(request: pytest.FixtureRequest, tmp_path: Path, s3: S3Storage) -> Storage:
    return s3 if request.param == "s3" else FolderStorage(tmp_path / "files")


async def test_what_is_put_is_read_whole_and_in_part(storage: Storage) -> None:
    await put(storage)
    await put(storage)
    assert await read(storage) == FILE
    assert await read(storage, 5, 6) == FILE[5:6]
    assert await read(storage, len(FILE) - 3) == FILE[-3:]


async def test_a_missing_file_is_said_to_be_unavailable(storage: Storage) -> None:
    with pytest.raises(StorageUnavailable):
        await read(storage)


async def test_keys_come_from_hashes_only(storage: Storage) -> None:
    for name in ("../../etc/passwd", SHA256.upper(), SHA256[:-1], SHA256 + "/x", ""):
        with pytest.raises(ValueError, match="no SHA-256"):
            key(name)
        with pytest.raises(ValueError, match="no SHA-256"):
            await storage.put(name, io.BytesIO(b"x"), 1)
        with pytest.raises(ValueError, match="no SHA-256"):
            _ = [piece async for piece in storage.read(name, 0, 1, 1)]


async def test_the_same_file_is_sent_to_s3_once(s3: S3Storage, store: Store) -> None:
    await put(s3)
    await put(s3)
    path = "/bucket/learning/" + key(SHA256)
    assert store.seen == [("HEAD", path), ("PUT", path), ("HEAD", path)]
    assert list(store.objects) == [path]


async def test_a_stumbling_store_is_asked_again(s3: S3Storage, store: Store) -> None:
    store.mood = ["503", "hang up", "fine", "500", "hang up", "fine"]
    await put(s3)
    assert await read(s3) == FILE


@pytest.mark.parametrize("mood", ["503", "hang up"], ids=["errors", "hangs-up"])
async def test_a_store_that_is_down_is_unavailable(s3: S3Storage, store: Store, mood: str) -> None:
    store.mood = [mood] * 3
    with pytest.raises(StorageUnavailable):
        await put(s3)
    store.mood = [mood]
    with pytest.raises(StorageUnavailable):
        await read(s3)


async def test_nobody_listening_is_unavailable() -> None:
    nobody = S3Storage("http://127.0.0.1:1", "bucket", CREDENTIALS)
    with pytest.raises(StorageUnavailable):
        await read(nobody)
    await nobody.close()


async def test_wrong_keys_are_refused_by_the_store(store: Store) -> None:
    wrong = S3Storage(store.url, "bucket", Credentials(ACCESS_KEY, "guess", REGION))
    with pytest.raises(StorageUnavailable):
        await put(wrong)
    assert store.objects == {}
    await wrong.close()


@pytest.mark.parametrize("mood", ["other bytes", "longer"])
async def test_other_bytes_are_never_passed_on_to_the_end(s3: S3Storage, store: Store, mood: str) -> None:
    await put(s3)
    store.mood = [mood]
    received = bytearray()

    async def receive() -> None:
        async for piece in s3.read(SHA256, 0, len(FILE), len(FILE)):
            received.extend(piece)

    with pytest.raises(CorruptFileError):
        await receive()
    assert len(received) < len(FILE)


async def test_a_cut_answer_is_noticed(s3: S3Storage, store: Store) -> None:
    await put(s3)
    store.mood = ["cut"]
    with pytest.raises(StorageUnavailable):
        await read(s3)


async def test_a_store_without_ranges_is_not_believed(s3: S3Storage, store: Store) -> None:
    await put(s3)
    store.mood = ["no ranges"]
    with pytest.raises(StorageUnavailable):
        await read(s3, 5, 10)
    store.mood = ["no ranges"]
    assert await read(s3) == FILE


def test_the_signature_is_the_one_of_the_published_example() -> None:
    example = Credentials("AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", "us-east-1")
    moment = datetime(2013, 5, 24, tzinfo=UTC)
    sent = signed(example, "GET", "examplebucket.s3.amazonaws.com", "/test.txt", {"Range": "bytes=0-9"}, EMPTY_SHA256, moment)
    assert sent["authorization"].endswith("Signature=f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41")


async def test_a_folder_that_cannot_be_written_is_unavailable(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("in the way")
    with pytest.raises(StorageUnavailable):
        await put(FolderStorage(blocked))


def files_below(folder: Path) -> list[Path]:
    return [path for path in folder.glob("**/*") if path.is_file()]


async def test_a_half_written_file_never_bears_the_hash(tmp_path: Path) -> None:
    class Broken(io.BytesIO):
        def read(self, _: int | None = -1) -> bytes:
            raise OSError("the disk is gone")

    with pytest.raises(StorageUnavailable):
        await FolderStorage(tmp_path).put(SHA256, Broken(FILE), len(FILE))
    assert files_below(tmp_path) == []


def settings(**others: object) -> LearningSettings:
    given = {"database_url": "postgresql://x", "bus_url": "postgresql://x", "issuer": "x", "jwks_url": "x"} | others
    return LearningSettings.model_validate(given)


async def test_settings_choose_the_store(tmp_path: Path) -> None:
    assert isinstance(connect(settings(learning_storage=f"file://{tmp_path}")), FolderStorage)
    keys = {"learning_s3_endpoint": "http://127.0.0.1:9", "learning_s3_access_key": "a", "learning_s3_secret_key": SecretStr("b")}
    made = connect(settings(learning_storage="s3://bucket/prefix", **keys))
    assert isinstance(made, S3Storage)
    await made.close()
    for wrong in ({"learning_storage": "ftp://x"}, {"learning_storage": "s3://bucket"}, {"profile": Profile.PRODUCTION}):
        with pytest.raises(ValidationError):
            settings(**wrong)
