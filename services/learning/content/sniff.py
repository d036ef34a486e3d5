"""What a file is, by its bytes: a short list of types that open safely, without scripts, programs, web pages or macros."""

import struct
import zipfile
from typing import IO, Final

START_BYTES: Final = 64 * 1024
# Larger directories of archives are no documents: reading one costs memory by the number of its entries.
MAX_DIRECTORY_BYTES: Final = 4 << 20
END_OF_DIRECTORY: Final = b"PK\x05\x06"
END_SEARCH_BYTES: Final = 22 + 65535
OOXML: Final = "application/vnd.openxmlformats-officedocument."
OPEN_DOCUMENT: Final = "application/vnd.oasis.opendocument."

PREFIXES: Final = {
    b"%PDF-": "application/pdf",
    b"\x89PNG\r\n\x1a\n": "image/png",
    b"\xff\xd8\xff": "image/jpeg",
    b"GIF87a": "image/gif",
    b"GIF89a": "image/gif",
    b"\x1a\x45\xdf\xa3": "video/webm",
    b"OggS": "audio/ogg",
    b"ID3": "audio/mpeg",
    b"\xff\xfb": "audio/mpeg",
    b"\xff\xf3": "audio/mpeg",
}
# Which entry of an archive tells what it is.
MARKERS: Final = {
    "word/document.xml": OOXML + "wordprocessingml.document",
    "ppt/presentation.xml": OOXML + "presentationml.presentation",
    "xl/workbook.xml": OOXML + "spreadsheetml.sheet",
    "h5p.json": "application/zip",
    "imsmanifest.xml": "application/zip",
}
MIMETYPES: Final = frozenset({OPEN_DOCUMENT + kind for kind in ("text", "presentation", "spreadsheet")} | {"application/epub+zip"})
MACROS: Final = ("vbaproject.bin", ".exe", ".dll", ".scr", ".bat", ".cmd", ".vbs", ".ps1", ".jar", ".msi")
ACCEPTED: Final = frozenset({*PREFIXES.values(), *MARKERS.values(), *MIMETYPES, "image/webp", "video/mp4", "text/plain"})


def media_of(file: IO[bytes]) -> str | None:
    """Return the media type of a file, or None when it is of no accepted type; leaves the file at its beginning."""
    file.seek(0)
    start = file.read(START_BYTES)
    try:
        return next((media for rule in (_prefixed, _boxed, _archive, _text) if (media := rule(start, file))), None)
    finally:
        file.seek(0)


def _prefixed(start: bytes, _: IO[bytes]) -> str | None:
    return next((media for prefix, media in PREFIXES.items() if start.startswith(prefix)), None)


def _boxed(start: bytes, _: IO[bytes]) -> str | None:
    if start[4:8] == b"ftyp":
        return "video/mp4"
    return "image/webp" if start[:4] == b"RIFF" and start[8:12] == b"WEBP" else None


def _archive(start: bytes, file: IO[bytes]) -> str | None:
    if not start.startswith(b"PK\x03\x04") or not _small_directory(file):
        return None
    try:
        with zipfile.ZipFile(file) as archive:
            names = archive.namelist()
            if any(name.lower().endswith(MACROS) for name in names):
                return None
            if "mimetype" in names and archive.getinfo("mimetype").file_size < len(OPEN_DOCUMENT) * 2:
                told = archive.read("mimetype").decode("ascii", "replace").strip()
                return told if told in MIMETYPES else None
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, ValueError, OSError):
        return None  # zipfile raises NotImplementedError for a compression that it does not know, RuntimeError for a password
    return next((media for marker, media in MARKERS.items() if marker in names), None)


def _small_directory(file: IO[bytes]) -> bool:
    """Read the size that the archive's end gives for its directory."""
    size = file.seek(0, 2)
    file.seek(max(0, size - END_SEARCH_BYTES))
    tail = file.read()
    at = tail.rfind(END_OF_DIRECTORY)
    if at < 0 or len(tail) - at < struct.calcsize("<12xL"):
        return False
    return int(struct.unpack_from("<12xL", tail, at)[0]) <= MAX_DIRECTORY_BYTES


def _text(start: bytes, file: IO[bytes]) -> str | None:
    """Accept UTF-8 to the last byte, without control characters; nothing that a browser would take for a page."""
    head = start.removeprefix(b"\xef\xbb\xbf").lstrip()
    if head.startswith((b"<", b"#!")):
        return None
    file.seek(0)
    try:
        for line in file:
            if len(line) > MAX_DIRECTORY_BYTES or any(byte < ord(" ") and byte not in b"\t\r\n\f" for byte in line):
                return None
            line.decode()
    except UnicodeDecodeError:
        return None
    return "text/plain"
