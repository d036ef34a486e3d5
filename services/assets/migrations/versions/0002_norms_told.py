"""Every norm there is, those that a new database starts with too, is told once; from then on each is told when it is set.

Their topic keeps the last event of each norm for ever, so that whoever subscribes later knows them all.
"""

from libs.common.db.migrate import execute

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

TELL = """
INSERT INTO outbox (shard, topic, key, event_id, type, sequence, occurred_at, body)
SELECT outbox_shard(norm_id::text), 'assets.norm', norm_id::text, new_id(), 'vn.lienthong.assets.norm.set.v1', version, now(),
    json_build_object('norm_id', norm_id, 'norm', key, 'level', level, 'value', value, 'valid_from', valid_from, 'valid_to', valid_to,
        'legal_basis', legal_basis, 'certainty', certainty, 'version', version)::text
FROM norm ORDER BY valid_from, level"""


def upgrade() -> None:
    execute([TELL])


def downgrade() -> None:
    """Leave what was told: it stays true, and told again under the same ids it changes nothing."""
