"""Sessions as they are read."""

from pydantic import BaseModel

from services.identity.provider import SessionOut


class SessionList(BaseModel):
    """The living sessions of one account, the newest first; there are never many."""

    items: list[SessionOut]
