"""The grant: a role at an organisation, held by an account or by a client."""

from datetime import datetime
from typing import ClassVar
from uuid import UUID

from sqlmodel import Field

from libs.common.db.columns import Table, id_column, path_column
from libs.common.db.policies import Access
from services.identity.columns import instant_now


class RoleGrant(Table, table=True):
    """Visible, and to be given or withdrawn, only within the organisation it holds at."""

    __tablename__ = "role_grant"
    __access__: ClassVar[Access | None] = Access()

    grant_id: UUID = id_column()
    account_id: UUID | None = Field(default=None, foreign_key="account.account_id")
    client_id: str | None = Field(default=None, foreign_key="client.client_id")
    role: str
    organisation_code: str
    organisation_path: str = path_column()
    granted_by: str
    granted_at: datetime = instant_now()

    @property
    def claim(self) -> str:
        """The grant as the token carries it: `role@ORGANISATION_CODE`."""
        return f"{self.role}@{self.organisation_code}"
