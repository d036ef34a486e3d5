"""Where a house rule does not hold, and why. An entry that nothing needs any more is a finding itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

ISSUER = "services/identity/issuer/routes.py::"
SIGN_IN = "OpenID Connect: the caller is not signed in yet, the protocol itself authenticates"
ME = "services/identity/me/routes.py::"
OWN = "answers about the caller alone: every signed-in caller may, and the queries are bound to the token's own id"
IMPORT = "the bulk import's own long transaction: it opens the sender's scope itself, and row security checks what it writes"
DAILY = "the registry's daily turn of the calendar: nobody's request; it opens the whole platform's scope itself"
KEYS = "the issuer's own keys belong to no organisation; a key once cached is a key once stored, whatever the request does"
HEALTH = "libs/common/health.py::"
PROBES = "asked by the supervisor and the metrics scraper on the service's own port; carries no data of anybody"

ALLOWED: Mapping[str, Mapping[str, str]] = {
    "commit": {
        "libs/common/db/work.py": "the unit of work itself",
        "libs/common/db/write.py": "the unit of work with objects",
        "services/identity/issuer/context.py": KEYS,
        "services/identity/issuer/command.py": KEYS,
        "services/registry/imports/processor.py": IMPORT,
        "services/registry/imports/worker.py": IMPORT,
        "services/registry/daily.py": DAILY,
    },
    "route-permission": {
        f"{HEALTH}live": PROBES,
        f"{HEALTH}ready": PROBES,
        f"{HEALTH}metrics": PROBES,
        f"{ISSUER}discovery": SIGN_IN,
        f"{ISSUER}jwks": SIGN_IN,
        f"{ISSUER}sign_in_request": SIGN_IN,
        f"{ISSUER}send_login": SIGN_IN,
        f"{ISSUER}issue_token": SIGN_IN,
        f"{ISSUER}revoke": SIGN_IN,
        f"{ISSUER}logout": SIGN_IN,
        "services/identity/sessions/backchannel.py::backchannel_logout": "the issuer calls it; its signed logout token is checked instead",
        f"{ME}who_am_i": OWN,
        f"{ME}list_own_sessions": OWN,
        f"{ME}revoke_own_session": OWN,
        "services/egov/dossiers/routes.py::track_dossier": "code and key on the receipt are the proof; shows nobody's data",
    },
    "features": {
        "services/identity/grants/routes.py": "a grant is answered as the account that holds it, in one read",
    },
    "scope": {
        "services/identity/issuer/context.py": KEYS,
        "services/identity/issuer/command.py": KEYS,
        "services/registry/imports/worker.py": IMPORT,
        "services/registry/daily.py": DAILY,
    },
    "sql": {
        "libs/common/db/policies.py": "DDL from the names of our own table classes, run by the owner in a migration",
        "libs/common/db/read.py": "names come from schema classes and declared listings, never from a request",
        "services/identity/migrations/versions/0001_identity.py": "names of tables listed in the migration itself",
        "services/registry/migrations/versions/0001_registry.py": "names of tables and functions listed in the migration itself",
        "tests/*": "databases and roles that a test makes for itself: their names cannot be parameters",
    },
    "clock": {
        "libs/common/clock.py": "the one place that reads the clock",
    },
}
"""rule → path pattern, or path `::` name of a definition → reason."""
