"""How requests that no client of ours sends are made, and what any of them must be answered."""

from typing import Any

import httpx

from tests.contract.answers import problem_faults
from tests.contract.operations import Operation, operations
from tests.security.calls import nowhere, query
from tests.security.schools import Ground

ASKED = [operation for operation in operations() if operation.permission]


def admin(ground: Ground) -> dict[str, str]:
    return ground.headers("platform_admin", "*", str(ground.here.subject))


def refused(answer: httpx.Response, *statuses: int) -> None:
    assert answer.status_code in statuses, (answer.status_code, answer.text[:500])
    assert not list(problem_faults(answer)), (list(problem_faults(answer)), answer.text[:500])


async def ask(ground: Ground, operation: Operation, **content: Any) -> httpx.Response:
    """Ask about what does not exist, as somebody who may."""
    values = nowhere(operation, ground.here)
    headers = admin(ground) | {"If-Match": "*"} | content.pop("headers", {})
    return await ground.client.request(
        operation.method, operation.address(values), params=query(operation, ground.here), headers=headers, **content
    )
