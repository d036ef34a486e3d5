"""The miniature's tables."""

from alembic import op

from libs.common.db import foundation
from libs.common.db.migrate import execute
from tests.common import miniature

revision = "0001"
down_revision = None


def upgrade() -> None:
    execute(miniature.DDL)


def downgrade() -> None:
    op.drop_table("note")
    execute(foundation.DOWNGRADE_1)
