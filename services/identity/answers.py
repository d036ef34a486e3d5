"""How routes without a body describe their answers in OpenAPI."""

from typing import Any

from libs.common.errors import ProblemOut
from libs.common.http.documents import document

OK = 200


def nothing() -> dict[int | str, dict[str, Any]]:
    """Describe an answer without a body (204), and the problems that every route has."""
    problems = {status: answer for status, answer in document(ProblemOut).items() if status != OK}
    return {204: {"description": "Done; nothing to say"}} | problems
