"""Back-channel logout from the sandbox issuer: the worker tells each client of an ended session, from the same event as everyone else."""

import asyncio
import logging
from collections.abc import Sequence
from datetime import timedelta

import httpx
import orjson
from joserfc import jwk, jwt

from libs.common.clock import now
from libs.common.events.consumer import consumer
from libs.common.events.envelope import Received
from libs.common.events.session import WorkerSession
from libs.common.events.topics import IDENTITY_SESSION
from libs.common.settings import Profile, Settings
from services.identity.issuer.claims import LOGOUT_TYPE, Issue, logout_claims
from services.identity.issuer.keys import ALGORITHM
from services.identity.sessions.events import SessionRevoked

TRIES = 3
TIMEOUT_SECONDS = 2.0
LIFE_SECONDS = 120
FRESH = timedelta(minutes=10)
log = logging.getLogger(__name__)

CLIENTS = """
SELECT DISTINCT c.client_id, c.backchannel_logout_uri AS uri
FROM refresh_token t JOIN client c USING (client_id)
WHERE t.session_id = $1 AND c.backchannel_logout_uri IS NOT NULL AND c.disabled_at IS NULL"""
SIGNING_KEY = "SELECT key_id, jwk::text AS jwk FROM signing_key WHERE signs_from <= now() ORDER BY signs_from DESC LIMIT 1"


@consumer(name="identity.logout_notices", topics=[IDENTITY_SESSION], types=[SessionRevoked.TYPE])
async def notify_clients(db: WorkerSession, events: Sequence[Received]) -> None:
    """Post a logout token to every client that had tokens of the session; one that does not answer is given up after some tries."""
    settings = Settings()
    if settings.profile is not Profile.SANDBOX:
        return
    async with httpx.AsyncClient(timeout=TIMEOUT_SECONDS) as http:
        for event in events:
            ended = event.parse(SessionRevoked)
            if ended.session_id is not None and ended.revoked_at > now() - FRESH:
                await asyncio.gather(*[_notify(http, uri, token) for uri, token in await _notices(db, settings, ended)])


async def _notices(db: WorkerSession, settings: Settings, ended: SessionRevoked) -> list[tuple[str, str]]:
    clients = await db.fetch(CLIENTS, ended.session_id)
    stored = await db.fetchrow(SIGNING_KEY) if clients else None
    if stored is None:
        return []
    key, header = jwk.RSAKey.import_key(orjson.loads(stored["jwk"])), {"alg": ALGORITHM, "kid": stored["key_id"], "typ": LOGOUT_TYPE}
    issue = Issue(settings.issuer.rstrip("/"), settings.audience, now(), LIFE_SECONDS)
    subject, session_id = str(ended.account_id), str(ended.session_id)
    return [(client["uri"], jwt.encode(header, logout_claims(issue, subject, client["client_id"], session_id), key)) for client in clients]


async def _notify(http: httpx.AsyncClient, uri: str, token: str) -> None:
    for attempt in range(TRIES):
        try:
            answer = await http.post(uri, data={"logout_token": token})
            if not answer.is_server_error:
                return
        except httpx.HTTPError:
            log.info("a client could not be told of a logout yet", extra={"attempt": attempt})
        await asyncio.sleep(0.2 * 2**attempt)
    log.warning("a client could not be told of a logout")
