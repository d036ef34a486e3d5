"""What a file is, by its bytes."""

import io

import pytest

from services.learning.content import sniff
from services.learning.content.sniff import OOXML, media_of
from tests.learning.samples import PDF, archive

ACCEPTED = {
    "pdf": (PDF, "application/pdf"),
    "png": (b"\x89PNG\r\n\x1a\n" + b"\0" * 10, "image/png"),
    "jpeg": (b"\xff\xd8\xff\xe0", "image/jpeg"),
    "webp": (b"RIFF\x10\0\0\0WEBPVP8 ", "image/webp"),
    "mp4": (b"\0\0\0\x18ftypmp42", "video/mp4"),
    "webm": (b"\x1a\x45\xdf\xa3\x01", "video/webm"),
    "text": ("Đề bài số 1\n".encode(), "text/plain"),
    "docx": (archive(word__document_dot_xml="<x/>"), OOXML + "wordprocessingml.document"),
    "pptx": (archive(ppt__presentation_dot_xml="<x/>"), OOXML + "presentationml.presentation"),
    "odp": (archive(mimetype="application/vnd.oasis.opendocument.presentation"), "application/vnd.oasis.opendocument.presentation"),
    "h5p": (archive(h5p_dot_json="{}"), "application/zip"),
    "scorm": (archive(imsmanifest_dot_xml="<x/>"), "application/zip"),
}
REFUSED = {
    "macros": archive(word__document_dot_xml="<x/>", word__vbaProject_dot_bin="x"),
    "program-inside": archive(imsmanifest_dot_xml="<x/>", setup_dot_exe="MZ"),
    "any-archive": archive(a_dot_txt="x"),
    "other-mimetype": archive(mimetype="text/html"),
    "cut-archive": archive(word__document_dot_xml="<x/>")[:-10],
    "program": b"MZ\x90\0",
    "old-office": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
    "page": b"\xef\xbb\xbf \n<!DOCTYPE html>",
    "script": b"#!/usr/bin/env python",
    "latin-1": "Đề bài".encode("utf-16"),
    "late-binary": b"text\n" * 20_000 + b"\0",
    "late-latin": b"text\n" * 20_000 + b"\xe9",
}


@pytest.mark.parametrize("name", list(ACCEPTED))
def test_accepted(name: str) -> None:
    file, media = ACCEPTED[name]
    spool = io.BytesIO(file)
    assert media_of(spool) == media
    assert spool.tell() == 0
    assert media in sniff.ACCEPTED


@pytest.mark.parametrize("name", list(REFUSED))
def test_refused(name: str) -> None:
    assert media_of(io.BytesIO(REFUSED[name])) is None


def test_a_directory_too_large_is_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    file = archive(word__document_dot_xml="<x/>")
    monkeypatch.setattr(sniff, "MAX_DIRECTORY_BYTES", 10)
    assert media_of(io.BytesIO(file)) is None
