"""Tables of imports: the run with its progress, the file until it is staged, and the report."""

from datetime import datetime
from typing import ClassVar
from uuid import UUID

from sqlalchemy import ARRAY, BigInteger, DateTime, Identity, LargeBinary, Text
from sqlmodel import Field

from libs.common.clock import now
from libs.common.db.columns import Aggregate, Table, id_column
from libs.common.db.policies import Access


class ImportRun(Aggregate, table=True):
    """One file on its way: received → staged → validated → applied, or rejected; `failed` waits for a resume."""

    __tablename__ = "import_run"
    # Row security is by the account that sent the file (see the migration), not by an organisation.
    __access__: ClassVar[Access | None] = None

    import_id: UUID = id_column()
    kind: str
    dry_run: bool = False
    actor: str
    scope_codes: list[str] = Field(sa_type=ARRAY(Text))
    request_id: str = ""
    traceparent: str | None = None
    media: str
    file_sha256: str
    file_bytes: int = Field(sa_type=BigInteger)
    state: str = "received"
    failure: str | None = None
    attempts: int = 0
    rows_total: int = 0
    rows_staged: int = 0
    rows_checked: int = 0
    rows_applied: int = 0
    errors_total: int = 0
    created: int = 0
    changed: int = 0
    unchanged: int = 0
    started_at: datetime | None = Field(default=None, sa_type=DateTime(timezone=True))
    finished_at: datetime | None = Field(default=None, sa_type=DateTime(timezone=True))


class ImportChunk(Table, table=True):
    """A piece of a received file, kept in the database until the run ends, so that any worker can take the run over."""

    __tablename__ = "import_chunk"

    import_id: UUID = Field(primary_key=True, foreign_key="import_run.import_id")
    part: int = Field(primary_key=True)
    content: bytes = Field(sa_type=LargeBinary)


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
    created_at: datetime = Field(default_factory=now, sa_type=DateTime(timezone=True))
