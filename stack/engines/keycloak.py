"""Keycloak from its distribution, with its data (an H2 file) in the folder of the installation."""

from __future__ import annotations

import http.client
import secrets
from typing import TYPE_CHECKING

from stack.engines.artefacts import keycloak_distribution, keycloak_java
from stack.engines.engine import Engine
from stack.engines.java import find_java, java_environment
from stack.engines.secret_file import kept_secret
from stack.launch import Launch

if TYPE_CHECKING:
    from pathlib import Path

HOST = "127.0.0.1"
HEAP = "512m"
ADMIN = "admin"
SHARED = ("bin", "conf", "lib", "providers", "themes", "version.txt")


class Keycloak(Engine):
    """A Keycloak with the administrator `admin`, whose password is given or kept in a file of the folder that only we can read."""

    name = "keycloak"
    ready_seconds = 120.0

    def __init__(self, folder: Path, port: int | None = None, *, admin_password: str | None = None) -> None:
        super().__init__(folder, port)
        self._given = admin_password

    @property
    def url(self) -> str:
        """Return the base address; a realm's issuer is `<url>/realms/<realm>`."""
        return f"http://{HOST}:{self.port}"

    @property
    def admin_password(self) -> str:
        """Return the administrator's password; it is set at the very first start and does not change by itself."""
        if self._given is None:
            self._given = kept_secret(self.folder / "password", lambda: secrets.token_urlsafe(24))
        return self._given

    def prepare(self) -> None:
        """Fetch and build the distribution once; give this installation a home of its own that borrows everything but the data."""
        distribution = keycloak_distribution()
        home = self._home()
        (home / "data").mkdir(parents=True, exist_ok=True)
        for name in SHARED:
            link = home / name
            if link.is_symlink() and link.readlink() != distribution / name:
                link.unlink()
            if not link.is_symlink():
                link.symlink_to(distribution / name)

    def launch(self) -> Launch:
        """Return how the server is started."""
        own = (f"--hostname={self.url}", f"--http-host={HOST}", f"--http-port={self.port}", "--http-enabled=true", "--cache=local")
        java = keycloak_java(find_java(), self._home(), keycloak_distribution(), HEAP)
        administrator = {"KC_BOOTSTRAP_ADMIN_USERNAME": ADMIN, "KC_BOOTSTRAP_ADMIN_PASSWORD": self.admin_password}
        arguments = (*java, "start", "--optimized", *own)
        return Launch(arguments, {**java_environment(), **administrator}, folder=self._home())

    def is_ready(self) -> bool:
        """Tell whether the master realm answers."""
        connection = http.client.HTTPConnection(HOST, self.port, timeout=5)
        try:
            connection.request("GET", "/realms/master")
            return connection.getresponse().status == http.HTTPStatus.OK
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()

    def _home(self) -> Path:
        return self.folder / "home"
