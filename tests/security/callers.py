"""Who asks: everybody of the other school who has the permission, by a grant there, by a relation there, or as its machine."""

from collections.abc import Iterator
from uuid import uuid4

from tests.security.roles import carries, declared
from tests.security.schools import Ground


def neighbours(ground: Ground, permission: str, *ways: str) -> Iterator[tuple[str, dict[str, str]]]:
    """Yield name and headers of each caller of the other school; `ways` are `organisation` and `relation`."""
    there = ground.there
    for role in declared():
        if any(carries(role, permission, how) for how in ways):
            yield role, ground.headers(role, there.code, there.subject, person_id=there.people.get(role))
    if carries("integrator", permission, "organisation"):
        scope = f"{ground.service}.read {ground.service}.write"
        yield "machine", ground.headers("integrator", there.code, str(uuid4()), sid=None, scope=scope, azp="vendor-elsewhere")
