"""Files over HTTP: what is taken, what is refused, what comes back."""

import asyncio
import base64
import hashlib
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from services.learning.content.download import wanted
from services.learning.content.problems import RangeNotSatisfiable
from tests.learning.conftest import MAX_FILE_BYTES, V1, World
from tests.learning.samples import PDF, content

SHA256 = hashlib.sha256(PDF).hexdigest()
TYPE = "urn:lienthong:problem:"


async def draft(world: World) -> str:
    return str((await world.teacher.must("/workspace", content()))["content_id"])


def kept(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.glob("**/*") if path.is_file())


async def test_a_file_is_kept_once_under_its_hash(world: World) -> None:
    first, second = await draft(world), await draft(world)
    answer = await world.teacher.upload(first)
    assert answer.json()["file"] == {
        "name": "Bài 1.pdf",
        "media_type": "application/pdf",
        "bytes": len(PDF),
        "sha256": SHA256,
        "path": f"/learning/v1/workspace/{first}/versions/1/file",
    }
    again = await world.teacher.upload(first, If_Match='"2"')
    assert (again.status_code, again.json()["version"]) == (200, 2)
    await world.teacher.upload(second, name="tên khác.pdf")
    assert kept(world.files) == [f"{SHA256[:2]}/{SHA256[2:4]}/{SHA256}"]


async def test_the_same_file_sent_by_many_at_once(world: World) -> None:
    drafts = [await draft(world) for _ in range(4)]
    answers = await asyncio.gather(*(world.teacher.upload(content_id) for content_id in drafts))
    assert [answer.status_code for answer in answers] == [200] * 4
    assert len(kept(world.files)) == 1


async def test_what_is_no_material_is_refused(world: World) -> None:
    content_id = await draft(world)
    for file in (b"MZ\x90\x00" + b"\x00" * 100, b"<html><script>1</script>", b"<svg/>", b"#!/bin/sh\n", b"\x7fELF" + b"\x00" * 20):
        answer = await world.teacher.upload(content_id, file)
        assert (answer.status_code, answer.json()["type"]) == (415, TYPE + "unsupported-media-type")
    lied = await world.teacher.upload(content_id, Content_Type="image/png")
    assert lied.status_code == 415
    assert (await world.teacher.upload(content_id, Content_Type="application/pdf")).status_code == 200
    assert len(kept(world.files)) == 1


async def test_size_and_completeness(world: World) -> None:
    content_id = await draft(world)
    big = PDF + b"\0" * MAX_FILE_BYTES

    async def streamed() -> AsyncIterator[bytes]:
        for start in range(0, len(big), 500_000):
            yield big[start : start + 500_000]

    assert (await world.teacher.upload(content_id, big)).status_code == 413
    assert (await world.teacher.upload(content_id, streamed())).status_code == 413
    assert (await world.teacher.upload(content_id, b"")).json()["type"] == TYPE + "empty-upload"
    short = await world.teacher.upload(content_id, PDF, Content_Length=str(len(PDF) + 1))
    assert (short.status_code, short.json()["type"]) == (400, TYPE + "truncated-upload")
    digest = "sha-256=:" + base64.b64encode(hashlib.sha256(b"other").digest()).decode() + ":"
    assert (await world.teacher.upload(content_id, PDF, Content_Digest=digest)).json()["type"] == TYPE + "truncated-upload"
    right = "sha-256=:" + base64.b64encode(hashlib.sha256(PDF).digest()).decode() + ":"
    assert (await world.teacher.upload(content_id, PDF, Content_Digest=right)).status_code == 200


async def test_files_may_be_large_documents_may_not(world: World) -> None:
    content_id = await draft(world)
    filled = await world.teacher.upload(content_id, PDF + b"\0" * (2 << 20))
    assert filled.json()["file"]["bytes"] == len(PDF) + (2 << 20)
    assert (await world.teacher.post("/workspace", content(description="x" * (2 << 20)))).status_code == 413


async def test_a_refused_upload_leaves_no_file(world: World) -> None:
    content_id = await draft(world)
    path = f"{V1}/workspace/{content_id}/file"
    bare = await world.client.put(path, params={"name": "a.pdf"}, content=PDF, headers=world.teacher.headers)
    assert bare.status_code == 428
    assert (await world.teacher.upload(content_id, If_Match='"9"')).status_code == 412
    assert (await world.stranger.upload(content_id)).status_code == 404
    assert (await world.caller("guardian@S1").upload(content_id)).status_code == 403
    assert (await world.client.put(path, params={"name": "a.pdf"}, content=PDF)).status_code == 401
    assert kept(world.files) == []


async def test_names_are_never_paths(world: World) -> None:
    content_id = await draft(world)
    for name in ("../../etc/passwd", "a/b.pdf", "a\\b.pdf", "..", ".an", "a\nb.pdf", "a\0b.pdf", "x" * 201, ""):
        answer = await world.teacher.upload(content_id, name=name)
        assert answer.status_code == 422, name
    assert (await world.teacher.upload(content_id, name="Đề số 1 (bản A).pdf")).status_code == 200
    answer = await world.teacher.get(f"/workspace/{content_id}/versions/1/file")
    assert answer.headers["content-disposition"].isascii()
    assert answer.headers["content-disposition"].startswith("attachment; filename*=UTF-8''%C4%90%E1%BB%81%20s")


async def test_download_whole_in_part_and_not_at_all(world: World) -> None:
    path = f"/contents/{await world.approved()}/file"
    whole = await world.stranger.get(path)
    assert (whole.status_code, whole.content, whole.headers["content-length"]) == (200, PDF, str(len(PDF)))
    assert whole.headers["content-type"] == "application/pdf"
    assert whole.headers["x-content-type-options"] == "nosniff"
    tag = whole.headers["etag"]
    assert tag == f'"{SHA256}"'
    assert (await world.stranger.get(path, {"If-None-Match": tag})).status_code == 304
    part = await world.stranger.get(path, {"Range": "bytes=10-19"})
    assert (part.status_code, part.content, part.headers["content-range"]) == (206, PDF[10:20], f"bytes 10-19/{len(PDF)}")
    assert (await world.stranger.get(path, {"Range": "bytes=-5"})).content == PDF[-5:]
    assert (await world.stranger.get(path, {"Range": "bytes=10-", "If-Range": tag})).content == PDF[10:]
    assert (await world.stranger.get(path, {"Range": "bytes=10-", "If-Range": '"old"'})).content == PDF
    beyond = await world.stranger.get(path, {"Range": f"bytes={len(PDF)}-"})
    assert (beyond.status_code, beyond.headers["content-range"]) == (416, f"bytes */{len(PDF)}")
    assert beyond.json()["type"] == TYPE + "range-not-satisfiable"


@pytest.mark.parametrize(
    ("header", "found"),
    [
        (None, None),
        ("bytes=0-", (0, 100)),
        ("bytes=5-7", (5, 8)),
        ("bytes=90-1000", (90, 100)),
        ("bytes=-1000", (0, 100)),
        ("bytes=7-5", None),
        ("bytes=0-1,3-4", None),
        ("bytes=-", None),
        ("lines=1-2", None),
    ],
)
def test_ranges(header: str | None, found: tuple[int, int] | None) -> None:
    assert wanted(header, 100) == found


def test_ranges_outside_the_file() -> None:
    for header in ("bytes=100-", "bytes=-0"):
        with pytest.raises(RangeNotSatisfiable):
            wanted(header, 100)


async def test_a_file_that_rotted_on_the_disk_is_not_passed_off_as_the_file(world: World) -> None:
    content_id = await world.approved()
    place = world.files / SHA256[:2] / SHA256[2:4] / SHA256
    place.write_bytes(PDF[:-1] + b"X")
    answer = await world.stranger.get(f"/contents/{content_id}/file")
    assert (answer.status_code, answer.json()["type"]) == (500, TYPE + "internal")
    await world.teacher.upload(await draft(world))
    assert place.read_bytes() == PDF
    place.unlink()
    lost = await world.stranger.get(f"/contents/{content_id}/file")
    assert (lost.status_code, lost.json()["type"], "retry-after" in lost.headers) == (503, TYPE + "storage-unavailable", True)
