"""How computed documents are answered: private to the caller, never kept by anybody in between."""

from pydantic import BaseModel
from starlette.responses import Response

from libs.common.access import PRIVATE


def answer(body: BaseModel) -> Response:
    """Answer a computed document."""
    return Response(body.model_dump_json().encode(), headers={"Cache-Control": PRIVATE}, media_type="application/json")
