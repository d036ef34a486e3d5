"""Comparing the wanted realm with the found one: pure, so that `plan`, `apply` and the drift check say the same."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from services.identity.realm import wanted
from services.identity.realm.document import Realm, Representation


@dataclass(frozen=True)
class Found:
    """A realm as it is on the server; `realm` is None when there is none."""

    realm: Representation | None = None
    scopes: Mapping[str, Representation] = field(default_factory=dict)
    default_scopes: frozenset[str] = frozenset()
    clients: Mapping[str, Representation] = field(default_factory=dict)
    user_profile: Representation = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that is not as the file says; `found` is None when it is missing."""

    path: str
    wanted: Any
    found: Any


def differences(realm: Realm, found: Found) -> list[Difference]:
    """Return everything that differs, in the order in which it is applied."""
    return [
        *_compare("settings", realm.settings, found.realm or {}),
        *_compare("user_profile", realm.user_profile, found.user_profile),
        *_scopes(realm, found),
        *_clients(realm, found),
    ]


def client_scope_names(realm: Realm) -> list[str]:
    """Return the scopes that every client of the platform has by default."""
    return sorted([*wanted.BASE_SCOPES, *(scope.name for scope in realm.scopes if scope.default)])


def _scopes(realm: Realm, found: Found) -> Iterator[Difference]:
    for scope in realm.scopes:
        there = found.scopes.get(scope.name, {})
        path = f"scopes/{scope.name}"
        yield from _compare(path, wanted.client_scope(scope), there)
        mappers = {mapper["name"]: mapper for mapper in there.get("protocolMappers", [])}
        for mapper in scope.mappers:
            yield from _compare(f"{path}/mappers/{mapper.name}", wanted.mapper(mapper), mappers.pop(mapper.name, {}))
        for name, extra in mappers.items():
            yield Difference(f"{path}/mappers/{name}", None, extra["protocolMapper"])
        if scope.default != (scope.name in found.default_scopes):
            yield Difference(f"{path}/default", scope.default, scope.name in found.default_scopes)


def _clients(realm: Realm, found: Found) -> Iterator[Difference]:
    for client in realm.clients:
        there = found.clients.get(client.client_id, {})
        yield from _compare(f"clients/{client.client_id}", wanted.platform_client(client), there)
        scopes = sorted(there.get("defaultClientScopes", []))
        if scopes != client_scope_names(realm):
            yield Difference(f"clients/{client.client_id}/scopes", client_scope_names(realm), scopes or None)


def _compare(path: str, want: Any, have: Any) -> Iterator[Difference]:
    if isinstance(want, Mapping) and isinstance(have, Mapping):
        for key, value in want.items():
            yield from _compare(f"{path}/{key}", value, have.get(key))
    elif _canonical(want) != _canonical(have) and not (not want and not have):
        yield Difference(path, want, have)


def _canonical(value: Any) -> Any:
    """Return the value with lists of texts sorted, and defaults that Keycloak leaves out dropped from objects in lists."""
    if isinstance(value, list) and all(isinstance(item, str) for item in value):
        return sorted(value)
    if isinstance(value, list):
        return [_canonical(item) for item in value]
    if isinstance(value, Mapping):
        return {key: _canonical(item) for key, item in value.items() if item not in (None, False, [], "")}
    return value
