"""Tables of imports: the run and its report."""

from datetime import datetime
from typing import ClassVar
from uuid import UUID

from sqlalchemy import BigInteger, DateTime, Identity
from sqlmodel import Field

from libs.common.clock import now
from libs.common.db.columns import Table, id_column
from libs.common.db.policies import Access


class ImportRun(Table, table=True):
    """One file that was checked, and applied where it was clean."""

    __tablename__ = "import_run"
    # Row security is by the account that sent the file (see the migration), not by an organisation.
    __access__: ClassVar[Access | None] = None

    import_id: UUID = id_column()
    dry_run: bool = False
    actor: str
    media: str
    file_sha256: str
    file_bytes: int = Field(sa_type=BigInteger)
    rows: int = 0
    state: str
    errors: int = 0
    created: int = 0
    changed: int = 0
    unchanged: int = 0
    created_at: datetime = Field(default_factory=now, sa_type=DateTime(timezone=True), nullable=False)
    finished_at: datetime | None = Field(default=None, sa_type=DateTime(timezone=True))


class ImportFault(Table, table=True):
    """One line of the report: row and column as a spreadsheet shows them."""

    __tablename__ = "import_error"

    error_id: int | None = Field(default=None, sa_type=BigInteger, primary_key=True, sa_column_args=(Identity(always=True),))
    import_id: UUID = Field(foreign_key="import_run.import_id")
    row: int
    column: str
    code: str
    message_vi: str
    message_en: str
