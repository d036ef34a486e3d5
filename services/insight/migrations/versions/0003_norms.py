"""The copy of the norms that the assets service tells: law, which everybody reads and only consumers, who see the whole platform, write."""

from libs.common.db.migrate import execute
from libs.common.db.policies import copied

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

NORM = """
CREATE TABLE norm (
    norm_id uuid PRIMARY KEY,
    norm text NOT NULL,
    level text NOT NULL,
    value integer NOT NULL,
    valid_from date NOT NULL,
    valid_to date,
    legal_basis text NOT NULL,
    certainty text NOT NULL,
    version bigint NOT NULL
)"""


def upgrade() -> None:
    execute(
        [
            NORM,
            "COMMENT ON COLUMN norm.valid_to IS 'exclusive: the norm holds during [valid_from, valid_to), and until a later one begins'",
            *copied("norm", "true"),
        ]
    )


def downgrade() -> None:
    execute(["DROP TABLE norm"])
