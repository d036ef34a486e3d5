"""Learning material of the story: what the library has for a grade, and how a school shares a lesson."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import uuid4

if TYPE_CHECKING:
    from stack.world.client import Gateway

LIBRARY = "/learning/v1/contents"
WORK = "/learning/v1/workspace"
SUBJECT = "mathematics"


async def search(reader: Gateway, child: dict[str, Any]) -> list[dict[str, Any]]:
    """Return approved material for the child's grade."""
    query = {"level": child["level"], "grade": str(child["grade"]), "limit": "20"}
    return list((await reader.get(LIBRARY, query))["items"])


async def share(author: Gateway, reviewer: Gateway, organisation: str, child: dict[str, Any]) -> str:
    """Let a teacher submit a lesson and the principal approve it; return the content's id."""
    body = {
        "organisation_code": organisation,
        "title": f"Ôn tập Toán lớp {child['grade']}",
        "subject": SUBJECT,
        "level": child["level"],
        "grade": child["grade"],
        "kind": "lesson",
        "licence": "cc_by",
    }
    made = await author.send("POST", WORK, json=body, headers=_once())
    content = str(made.json()["content_id"])
    lesson = f"Ôn tập Toán lớp {child['grade']}: mười bài luyện tập.\n".encode()
    headers = {"If-Match": made.headers["ETag"], "Content-Type": "text/plain"}
    filled = await author.send("PUT", f"{WORK}/{content}/file", params={"name": "on-tap.txt"}, content=lesson, headers=headers)
    submitted = await author.send("POST", f"{WORK}/{content}/submit", headers=_once(filled.headers["ETag"]))
    await reviewer.send("POST", f"{WORK}/{content}/approve", headers=_once(submitted.headers["ETag"]))
    return content


async def download(reader: Gateway, found: dict[str, Any]) -> int:
    """Return the length of the material's file, read through the gateway."""
    return len((await reader.send("GET", f"{LIBRARY}/{found['content_id']}/file")).content)


def _once(etag: str | None = None) -> dict[str, str]:
    return {"Idempotency-Key": f"story-{uuid4()}"} | ({"If-Match": etag} if etag else {})
