"""What the violation of a constraint means to a caller: the database decides, the feature names the fact."""

from collections.abc import Iterator
from contextlib import contextmanager

import asyncpg

from libs.common.errors import FieldError, Invalid, Problem


@contextmanager
def refusing(**conflicts: type[Problem]) -> Iterator[None]:
    """Raise the named problem when a statement inside violates the constraint of that name."""
    try:
        yield
    except asyncpg.IntegrityConstraintViolationError as error:
        problem = conflicts.get(str(error.constraint_name))
        if problem is None:
            raise
        raise problem from error


def invalid(pointer: str, code: str, vi: str, en: str) -> Invalid:
    """Return the refusal of one field."""
    return Invalid(detail_vi=vi, detail_en=en, errors=[FieldError(pointer=pointer, code=code, vi=vi, en=en)])
