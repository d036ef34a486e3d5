"""The real Keycloak behind the realm file: reading it, and making it as the file says."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

from keycloak import KeycloakAdmin
from keycloak.exceptions import KeycloakConnectionError, KeycloakError, KeycloakGetError

from services.identity.realm import wanted
from services.identity.realm.document import ClientScope, Realm, RealmClient
from services.identity.realm.plan import Difference, Found, client_scope_names, differences
from services.identity.settings import IdentitySettings

NOT_FOUND = 404
# A realm takes its time to be made; the library would send it a second time meanwhile, at which Keycloak's database gives up.
PATIENCE_SECONDS: Final = 60
RETRIES: Final = 0


class RealmError(RuntimeError):
    """Keycloak cannot be reached, refused a change, or is still different after one."""


def administrator(settings: IdentitySettings, realm: str) -> KeycloakAdmin:
    """Return the admin client, signed in as a service account where one is configured, else as the bootstrap administrator."""
    secret = settings.keycloak_admin_client_secret.get_secret_value()
    if settings.keycloak_admin_client_id:
        return KeycloakAdmin(
            server_url=settings.keycloak_url,
            client_id=settings.keycloak_admin_client_id,
            client_secret_key=secret,
            realm_name=realm,
            user_realm_name="master",
            timeout=PATIENCE_SECONDS,
            max_retries=RETRIES,
        )
    return KeycloakAdmin(
        server_url=settings.keycloak_url,
        username=settings.keycloak_admin_username,
        password=settings.keycloak_admin_password.get_secret_value(),
        realm_name=realm,
        user_realm_name="master",
        timeout=PATIENCE_SECONDS,
        max_retries=RETRIES,
    )


class RealmServer:
    """One realm on one Keycloak."""

    def __init__(self, admin: KeycloakAdmin, realm: Realm) -> None:
        self._admin, self._realm = admin, realm

    def plan(self) -> list[Difference]:
        """Return what differs from the file; raises RealmError."""
        with _told():
            return differences(self._realm, self._find())

    def apply(self) -> list[Difference]:
        """Make the realm as the file says and return what was changed; raises RealmError when something still differs afterwards."""
        with _told():
            found = self._find()
            todo = differences(self._realm, found)
            if todo:
                self._apply_settings(found, {difference.path.partition("/")[0] for difference in todo})
                self._apply_scopes(found)
                self._apply_clients()
                left = differences(self._realm, self._find())
                if left:
                    raise RealmError("still different: " + ", ".join(difference.path for difference in left))
            return todo

    def _find(self) -> Found:
        try:
            realm = self._admin.get_realm(self._realm.realm)
        except KeycloakGetError as error:
            if error.response_code == NOT_FOUND:
                return Found()
            raise
        return Found(
            realm=realm,
            scopes={scope["name"]: scope for scope in self._admin.get_client_scopes()},
            default_scopes=frozenset(scope["name"] for scope in self._admin.get_default_default_client_scopes()),
            clients={client["clientId"]: client for client in self._admin.get_clients()},
            user_profile=self._admin.get_realm_users_profile(),
        )

    def _apply_settings(self, found: Found, parts: set[str]) -> None:
        if found.realm is None:
            self._admin.create_realm({"realm": self._realm.realm, **self._realm.settings})
        elif "settings" in parts:
            self._admin.update_realm(self._realm.realm, self._realm.settings)
        if "user_profile" in parts:
            self._admin.update_realm_users_profile(self._realm.user_profile)

    def _apply_scopes(self, found: Found) -> None:
        for scope in self._realm.scopes:
            there: dict[str, Any] = dict(found.scopes.get(scope.name, {}))
            representation = wanted.client_scope(scope)
            if there:
                self._admin.update_client_scope(there["id"], there | representation)
            else:
                there = {"id": self._admin.create_client_scope(representation)}
            self._apply_mappers(scope, there)
            if scope.default and scope.name not in found.default_scopes:
                self._admin.add_default_default_client_scope(there["id"])
            elif not scope.default and scope.name in found.default_scopes:
                self._admin.delete_default_default_client_scope(there["id"])

    def _apply_mappers(self, scope: ClientScope, there: dict[str, Any]) -> None:
        mappers = {mapper["name"]: mapper for mapper in there.get("protocolMappers", [])}
        for mapper in scope.mappers:
            representation, known = wanted.mapper(mapper), mappers.pop(mapper.name, None)
            if known is None:
                self._admin.add_mapper_to_client_scope(there["id"], representation)
            else:
                self._admin.update_mapper_in_client_scope(there["id"], known["id"], {"id": known["id"], **representation})
        for extra in mappers.values():
            self._admin.delete_mapper_from_client_scope(there["id"], extra["id"])

    def _apply_clients(self) -> None:
        clients = {client["clientId"]: client for client in self._admin.get_clients()}
        for client in self._realm.clients:
            self._apply_client(client, clients.get(client.client_id))

    def _apply_client(self, client: RealmClient, there: dict[str, Any] | None) -> None:
        representation = wanted.platform_client(client)
        if there is None:
            client_id = self._admin.create_client(representation)
        else:
            client_id = str(there["id"])
            attributes = there.get("attributes", {}) | representation["attributes"]
            self._admin.update_client(client_id, there | representation | {"attributes": attributes})
        give_scopes(self._admin, client_id, client_scope_names(self._realm))


def give_scopes(admin: KeycloakAdmin, client_id: str, names: list[str]) -> None:
    """Give the client exactly these default scopes, and no optional ones."""
    known = {scope["name"]: scope["id"] for scope in admin.get_client_scopes()}
    have = {scope["name"] for scope in admin.get_client_default_client_scopes(client_id)}
    for scope in admin.get_client_optional_client_scopes(client_id):
        admin.delete_client_optional_client_scope(client_id, scope["id"])
    for name in have - set(names):
        admin.delete_client_default_client_scope(client_id, known[name])
    for name in set(names) - have:
        admin.add_client_default_client_scope(client_id, known[name], {})


@contextmanager
def _told() -> Iterator[None]:
    try:
        yield
    except KeycloakConnectionError as error:
        raise RealmError("Keycloak cannot be reached") from error
    except KeycloakError as error:
        raise RealmError(f"Keycloak refused: {error}") from error
