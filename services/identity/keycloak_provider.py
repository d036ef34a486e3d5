"""The provider for Keycloak, through its admin interface (python-keycloak)."""

import asyncio
import logging
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any, TypeVar
from uuid import UUID

from keycloak import KeycloakAdmin
from keycloak.exceptions import KeycloakError, KeycloakGetError
from requests import RequestException

from libs.common.errors import Unavailable
from services.identity.accounts.tables import Account
from services.identity.clients.tables import Client
from services.identity.provider import SessionOut
from services.identity.realm.document import Representation
from services.identity.realm.server import NOT_FOUND, give_scopes
from services.identity.realm.wanted import VENDOR_SCOPES, vendor_client
from services.identity.unit import Unit

Answer = TypeVar("Answer")
log = logging.getLogger(__name__)


class KeycloakProvider:
    """Implements services.identity.provider.Provider; the admin client is blocking, so it works in a thread, one call at a time."""

    def __init__(self, admin: KeycloakAdmin, realm: str, platform_scopes: Sequence[str]) -> None:
        self._admin, self._realm, self._platform_scopes = admin, realm, list(platform_scopes)
        self._one = asyncio.Lock()

    async def put_account(self, db: Unit, account: Account, grants: Sequence[str], *, disabled: bool = False) -> None:  # noqa: ARG002 - the port's
        """Create the user under the account's own id, or bring it up to date."""
        user = {
            "username": account.username,
            "firstName": account.name,
            "enabled": not disabled,
            "attributes": {"grants": list(grants), "person_id": [str(account.person_id)] if account.person_id else []},
        }
        await self._run(lambda: self._put_user(str(account.account_id), user))

    async def set_password(self, db: Unit, account: Account, password: str) -> None:  # noqa: ARG002 - the port's signature
        """Give the user a lasting password."""
        await self._run(lambda: self._admin.set_user_password(str(account.account_id), password, temporary=False))

    async def put_client(self, db: Unit, client: Client, grants: Sequence[str]) -> UUID:  # noqa: ARG002 - the port's signature
        """Create or update the client; the `sub` of its tokens is its service account."""
        return UUID(await self._run(lambda: self._put_client(client, list(grants))))

    async def set_secret(self, db: Unit, client: Client, secret: str) -> None:  # noqa: ARG002 - the port's signature
        """Replace the secret."""
        await self._run(lambda: self._update_client(client.client_id, {"secret": secret}))

    async def sessions(self, db: Unit, account_id: UUID) -> list[SessionOut]:  # noqa: ARG002 - the port's signature
        """Return the user's sessions on the server."""
        found: list[dict[str, Any]] = await self._run(lambda: self._admin.get_sessions(str(account_id)))
        return sorted(map(_session, found), key=lambda session: session.started_at, reverse=True)

    async def end_session(self, db: Unit, session_id: str) -> None:  # noqa: ARG002 - the port's signature
        """Remove the session; Keycloak tells the clients over the back channel."""
        path = f"admin/realms/{self._realm}/sessions/{session_id}"
        await self._run(lambda: self._admin.connection.raw_delete(path))

    async def _run(self, call: Callable[[], Answer]) -> Answer:
        async with self._one:
            try:
                return await asyncio.to_thread(call)
            except (KeycloakError, RequestException) as error:
                log.warning("the login provider did not answer as expected", exc_info=True)
                raise Unavailable(
                    detail_vi="Hệ thống đăng nhập tạm thời không phục vụ được.", detail_en="The login provider cannot serve for the moment."
                ) from error

    def _put_user(self, user_id: str, user: Representation) -> None:
        try:
            self._admin.get_user(user_id)
        except KeycloakGetError as error:
            if error.response_code != NOT_FOUND:
                raise
            # A user of this name under another id is a leftover: of a creation that was not committed, or of an earlier database.
            leftover = self._admin.get_user_id(user["username"])
            if leftover is not None:
                self._admin.delete_user(leftover)
            # Only an import keeps a given id (the create call makes its own), and `sub` is to be the account's id everywhere.
            # An import gives no default roles either, and without them nobody could change their own password.
            roles = [f"default-roles-{self._realm}"]
            wanted = {"id": user_id, "realmRoles": roles, **user}
            self._admin.partial_import_realm(self._realm, {"ifResourceExists": "FAIL", "users": [wanted]})
        else:
            self._admin.update_user(user_id, user)

    def _put_client(self, client: Client, grants: list[str]) -> str:
        wanted = vendor_client(client.client_id, client.name, enabled=client.disabled_at is None)
        found = self._admin.get_client_id(client.client_id)
        if found is None:
            key = str(self._admin.create_client(wanted))
        else:
            key = str(found)
            self._update_client(client.client_id, wanted)
        give_scopes(self._admin, key, [*VENDOR_SCOPES, *self._platform_scopes, *client.scopes])
        account = str(self._admin.get_client_service_account_user(key)["id"])
        user = {"username": "service-account-" + client.client_id, "firstName": client.name, "attributes": {"grants": grants}}
        self._admin.update_user(account, user)
        return account

    def _update_client(self, client_id: str, changes: Representation) -> None:
        key = str(self._admin.get_client_id(client_id))
        there: Representation = self._admin.get_client(key)
        attributes = there.get("attributes", {}) | changes.get("attributes", {})
        self._admin.update_client(key, there | changes | {"attributes": attributes})


def _session(found: dict[str, Any]) -> SessionOut:
    return SessionOut(
        session_id=found["id"],
        started_at=datetime.fromtimestamp(found["start"] / 1000, UTC),
        used_at=datetime.fromtimestamp(found["lastAccess"] / 1000, UTC),
        expires_at=None,
        user_agent=None,
    )
