"""Who may give which role: nobody gives what they do not hold themselves."""

from collections.abc import Collection, Iterable
from fnmatch import fnmatchcase

from libs.common.auth.permissions import Role, roles
from libs.common.auth.principal import Grant


def exceeds(role: Role, held: Iterable[Role]) -> list[str]:
    """Return the permission patterns of the role that no held role carries for an organisation's rows.

    A pattern lies within another one when the other matches it as text: whatever its `*` stands for, the other's `*` takes it in.
    """
    carried = [pattern for own in held for pattern in own.organisation]
    wanted = sorted({*role.organisation, *role.relation})
    return [pattern for pattern in wanted if not any(fnmatchcase(pattern, own) for own in carried)]


def held_at(grants: Iterable[Grant], codes_above: Collection[str]) -> list[Role]:
    """Return the roles that reach an organisation: those held there or above it."""
    return [roles()[grant.role] for grant in grants if grant.role in roles() and grant.organisation_code in codes_above]
