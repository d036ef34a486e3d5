"""Idempotency-Key on POST: the first answer is kept for 24 hours in the same transaction as what it answered."""

import hashlib
from dataclasses import dataclass

import asyncpg
import orjson
from starlette.responses import Response

from libs.common.errors import FieldError, IdempotencyMismatch, Invalid

MAX_KEY_LENGTH = 200
# A concurrent repetition waits here, on the primary key, until the first one has committed or gone.
CLAIM = """
INSERT INTO idempotency (actor, key, route, body_hash) VALUES ($1, $2, $3, $4)
ON CONFLICT (actor, key) DO UPDATE SET route = excluded.route, body_hash = excluded.body_hash, at = excluded.at, status = NULL
    WHERE idempotency.at < clock_timestamp() - interval '24 hours'
RETURNING true"""
STORED = "SELECT route, body_hash, status, headers::text, body FROM idempotency WHERE actor = $1 AND key = $2"
PURGE = "DELETE FROM idempotency WHERE at < clock_timestamp() - interval '24 hours'"


class StoredAnswer(Exception):  # noqa: N818 - not an error: it ends a repeated request with the first one's answer
    """The request was answered before; carries that answer."""

    def __init__(self, response: Response) -> None:
        super().__init__()
        self.response = response


@dataclass(frozen=True, slots=True)
class Repetition:
    """One use of a key: by whom, on which route, with which body."""

    actor: str
    key: str
    route: str
    body_hash: bytes

    @classmethod
    def of(cls, actor: str, key: str, route: str, body: bytes) -> "Repetition":
        """Check the key's form; raises Invalid."""
        if not 0 < len(key) <= MAX_KEY_LENGTH or not key.isprintable():
            raise Invalid(
                errors=[
                    FieldError(
                        pointer="header/idempotency-key",
                        code="length",
                        vi="Khóa dài 1 đến 200 ký tự.",
                        en="The key has 1 to 200 characters.",
                    )
                ]
            )
        return cls(actor, key, route, hashlib.sha256(body).digest())

    async def claim(self, connection: asyncpg.Connection) -> None:
        """Take the key for this transaction; raises StoredAnswer, or IdempotencyMismatch when the body or route differs."""
        if await connection.fetchval(CLAIM, self.actor, self.key, self.route, self.body_hash):
            return
        stored = await connection.fetchrow(STORED, self.actor, self.key)
        if stored is None or (stored["route"], stored["body_hash"]) != (self.route, self.body_hash):
            raise IdempotencyMismatch
        headers = {**orjson.loads(stored["headers"]), "Idempotency-Replayed": "true"}
        raise StoredAnswer(Response(stored["body"], stored["status"], headers))
