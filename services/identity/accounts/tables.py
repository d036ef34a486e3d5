"""The account: one person's (or one office's) way in."""

from datetime import datetime
from typing import ClassVar
from uuid import UUID

from libs.common.db.columns import Aggregate, id_column, path_column
from libs.common.db.policies import Access
from services.identity.columns import instant_or_none


class Account(Aggregate, table=True):
    """Visible to officers of the home organisation and above; `organisation_code` `*` is the platform itself."""

    __tablename__ = "account"
    __access__: ClassVar[Access | None] = Access()

    account_id: UUID = id_column()
    username: str
    name: str
    person_id: UUID | None = None
    organisation_code: str
    organisation_path: str = path_column()
    disabled_at: datetime | None = instant_or_none()
