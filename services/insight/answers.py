"""How computed documents are answered: private to the caller, as JSON, or as a table where the caller asks for CSV or Excel."""

from collections.abc import Callable
from typing import Any

from fastapi import Request
from pydantic import BaseModel
from starlette.responses import Response

from libs.common.access import PRIVATE
from libs.common.http.documents import document
from services.insight.tables import CSV, XLSX, Sheet, csv_bytes, xlsx_bytes

JSON = "application/json"
FOR_PROGRAMS = "A table for programs: headers and codes as in the JSON document, whatever the language of its texts."
FOR_PEOPLE = "The same table for people: titles of columns, states, levels and units in Vietnamese."
WRITERS: dict[str, tuple[str, Callable[[Sheet], bytes]]] = {CSV: ("csv", csv_bytes), XLSX: ("xlsx", xlsx_bytes)}


def answer(body: BaseModel) -> Response:
    """Answer a computed document."""
    return Response(body.model_dump_json().encode(), headers={"Cache-Control": PRIVATE}, media_type=JSON)


def answer_table(request: Request, body: BaseModel, sheet: Callable[[], Sheet]) -> Response:
    """Answer a computed document, or its table when that is what `Accept` likes best."""
    chosen = preferred(request.headers.get("accept", ""))
    headers = {"Cache-Control": PRIVATE, "Vary": "Accept"}
    if chosen == JSON:
        return Response(body.model_dump_json().encode(), headers=headers, media_type=JSON)
    made = sheet()
    ending, write = WRITERS[chosen]
    headers["Content-Disposition"] = 'attachment; filename="' + made.name + "." + ending + '"'
    return Response(write(made), headers=headers, media_type=chosen)


def preferred(accept: str) -> str:
    """Return the media type of the answer; JSON unless a table is named, and liked at least as well."""
    liked = {JSON: 0.0}
    for part in accept.lower().split(","):
        name, *parameters = (piece.strip() for piece in part.split(";"))
        if name in (*WRITERS, JSON):
            liked[name] = max(liked.get(name, 0.0), _quality(parameters))
    return max(liked, key=lambda name: (liked[name], name == JSON))


def _quality(parameters: list[str]) -> float:
    given = next((parameter[2:] for parameter in parameters if parameter.startswith("q=")), "1")
    try:
        return min(1.0, max(0.0, float(given)))
    except ValueError:
        return 0.0


def tabular(out: type[BaseModel]) -> dict[int | str, dict[str, Any]]:
    """Describe an answer with one document that is also given as CSV and Excel."""
    described = document(out)
    text, book = (
        {"schema": {"type": "string", "description": FOR_PROGRAMS}},
        {"schema": {"type": "string", "format": "binary", "description": FOR_PEOPLE}},
    )
    described[200] |= {"content": {CSV: text, XLSX: book}}
    return described
