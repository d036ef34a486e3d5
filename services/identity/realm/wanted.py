"""The realm file in Keycloak's own representations."""

from services.identity.realm.document import ClientScope, Mapper, RealmClient, Representation

PROTOCOL = "openid-connect"
SEVERAL = "##"  # how Keycloak writes several values in one attribute
# Keycloak's own scopes that every client of ours has: `sub` and `auth_time`, then names. Left out on purpose: `roles`, `email`, `acr`.
BASE_SCOPES = ("basic", "profile")
VENDOR_SCOPES = (*BASE_SCOPES, "service_account")


def mapper(wanted: Mapper) -> Representation:
    """Return a protocol mapper."""
    return {"name": wanted.name, "protocol": PROTOCOL, "protocolMapper": wanted.mapper, "config": wanted.config}


def client_scope(wanted: ClientScope) -> Representation:
    """Return a client scope without its mappers, which have addresses of their own."""
    attributes = {"include.in.token.scope": str(wanted.in_token_scope).lower(), "display.on.consent.screen": "false"}
    return {"name": wanted.name, "description": wanted.description, "protocol": PROTOCOL, "attributes": attributes}


def platform_client(wanted: RealmClient) -> Representation:
    """Return a client of the platform: code with PKCE and nothing else."""
    attributes = {
        "pkce.code.challenge.method": "S256",
        "post.logout.redirect.uris": SEVERAL.join(wanted.logout_uris),
        "access.token.header.type.rfc9068": "true",
        **wanted.attributes,
    }
    return {
        "clientId": wanted.client_id,
        "name": wanted.name,
        "enabled": True,
        "protocol": PROTOCOL,
        "publicClient": wanted.public,
        "standardFlowEnabled": True,
        "implicitFlowEnabled": False,
        "directAccessGrantsEnabled": False,
        "serviceAccountsEnabled": False,
        "fullScopeAllowed": False,
        "redirectUris": wanted.redirect_uris,
        "webOrigins": wanted.web_origins,
        "attributes": attributes,
    }


def vendor_client(client_id: str, name: str, *, enabled: bool) -> Representation:
    """Return a vendor's client: its own secret and service account, no sign-in of people."""
    return {
        "clientId": client_id,
        "name": name,
        "enabled": enabled,
        "protocol": PROTOCOL,
        "publicClient": False,
        "standardFlowEnabled": False,
        "implicitFlowEnabled": False,
        "directAccessGrantsEnabled": False,
        "serviceAccountsEnabled": True,
        "fullScopeAllowed": False,
        "redirectUris": [],
        "webOrigins": [],
        "attributes": {"access.token.header.type.rfc9068": "true", "client_credentials.use_refresh_token": "false"},
    }
