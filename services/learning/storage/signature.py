"""AWS Signature Version 4 for S3: the request's method, path, headers and payload hash under a key derived for the day."""

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

ALGORITHM: Final = "AWS4-HMAC-SHA256"
EMPTY_SHA256: Final = hashlib.sha256(b"").hexdigest()


@dataclass(frozen=True, slots=True)
class Credentials:
    """Whose requests these are, and in which region."""

    access_key: str
    secret_key: str
    region: str


def signed(
    credentials: Credentials, method: str, host: str, path: str, headers: Mapping[str, str], payload_sha256: str, moment: datetime
) -> dict[str, str]:
    """Return the headers with date, payload hash and signature. `path` needs no escaping and there is no query; `moment` is in UTC."""
    instant, day = moment.strftime("%Y%m%dT%H%M%SZ"), moment.strftime("%Y%m%d")
    sent = {name.lower(): value for name, value in headers.items()}
    sent |= {"host": host, "x-amz-content-sha256": payload_sha256, "x-amz-date": instant}
    names = ";".join(sorted(sent))
    canonical = "\n".join([method, path, "", *(name + ":" + sent[name] for name in sorted(sent)), "", names, payload_sha256])
    scope = f"{day}/{credentials.region}/s3/aws4_request"
    told = "\n".join([ALGORITHM, instant, scope, hashlib.sha256(canonical.encode()).hexdigest()])
    key = ("AWS4" + credentials.secret_key).encode()
    for part in scope.split("/"):
        key = hmac.digest(key, part.encode(), "sha256")
    signature = hmac.digest(key, told.encode(), "sha256").hex()
    return sent | {"authorization": f"{ALGORITHM} Credential={credentials.access_key}/{scope},SignedHeaders={names},Signature={signature}"}
