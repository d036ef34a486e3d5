"""Bodies and files that are well formed; tests change what they are about."""

import io
import zipfile
from typing import Any

PDF = b"%PDF-1.7\n" + bytes(range(256)) * 8


def content(**others: Any) -> dict[str, Any]:
    made = {
        "organisation_code": "S1",
        "title": "Phân số bằng nhau",
        "subject": "mathematics",
        "level": "primary",
        "grade": 4,
        "kind": "lesson",
        "licence": "cc_by",
        "description": "Bài giảng cho học sinh vùng cao",
    }
    return made | others


def archive(**entries: str) -> bytes:
    """Return a ZIP archive; `__` in a name stands for a slash, `_dot_` for a dot."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as made:
        for name, text in entries.items():
            made.writestr(name.replace("__", "/").replace("_dot_", "."), text)
    return file.getvalue()
