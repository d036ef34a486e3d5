"""A real Keycloak for the tests."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ADMIN_PASSWORD = "admin"


@contextmanager
def running_keycloak(folder: Path, port: int) -> Iterator[str]:
    """Start Keycloak in the folder and yield its address."""
    from stack.engines.keycloak import Keycloak  # noqa: PLC0415 - only where no server was given

    engine = Keycloak(folder, port, admin_password=ADMIN_PASSWORD)
    engine.start()
    try:
        yield engine.url
    finally:
        engine.stop()
