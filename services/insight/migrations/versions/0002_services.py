"""Copies of what the assets, egov and learning services tell: assets, offers of procedures, counts of documents, dossiers, contents.

Every row carries the version of its aggregate; the states of a content are kept one by one, because a later state says nothing about an
earlier day. Row security goes through the tree, as in the first migration.
"""

from libs.common.db.migrate import execute
from libs.common.db.policies import copied, stands_in_scope

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

TABLES = [
    """
    CREATE TABLE asset (
        asset_id uuid PRIMARY KEY,
        organisation_id uuid NOT NULL,
        kind text NOT NULL,
        class_code text NOT NULL,
        quantity integer NOT NULL,
        provider text,
        level text,
        online boolean,
        first_used_on date,
        valid_from date NOT NULL,
        valid_to date,
        version bigint NOT NULL
    )""",
    "COMMENT ON COLUMN asset.valid_to IS 'exclusive: the asset is there during [valid_from, valid_to)'",
    "CREATE INDEX asset_organisation ON asset (organisation_id)",
    """
    CREATE TABLE offer (
        offer_key text PRIMARY KEY,
        procedure_code text NOT NULL,
        organisation_id uuid NOT NULL,
        online_level smallint NOT NULL,
        one_stop boolean NOT NULL,
        valid_from date NOT NULL,
        valid_to date,
        version bigint NOT NULL
    )""",
    "COMMENT ON COLUMN offer.valid_to IS 'exclusive: the procedure is offered during [valid_from, valid_to)'",
    "CREATE INDEX offer_organisation ON offer (organisation_id)",
    """
    CREATE TABLE document_count (
        count_key text PRIMARY KEY,
        organisation_id uuid NOT NULL,
        period_start date NOT NULL,
        period_end date NOT NULL,
        incoming integer NOT NULL,
        incoming_scanned integer NOT NULL,
        outgoing integer NOT NULL,
        outgoing_scanned integer NOT NULL,
        version bigint NOT NULL
    )""",
    "COMMENT ON COLUMN document_count.period_end IS 'the last day of the period'",
    "CREATE INDEX document_count_organisation ON document_count (organisation_id)",
    """
    CREATE TABLE dossier (
        dossier_id uuid PRIMARY KEY,
        procedure_code text NOT NULL,
        organisation_id uuid NOT NULL,
        online boolean NOT NULL,
        full_online boolean NOT NULL,
        received_on date,
        finished_on date,
        on_time boolean,
        version bigint NOT NULL
    )""",
    "COMMENT ON COLUMN dossier.received_on IS 'the day in Viet Nam; none before the desk has received it'",
    "CREATE INDEX dossier_organisation ON dossier (organisation_id)",
    """
    CREATE TABLE content_state (
        content_id uuid NOT NULL,
        version bigint NOT NULL,
        organisation_id uuid NOT NULL,
        subject text NOT NULL,
        level text NOT NULL,
        grade smallint,
        state text NOT NULL,
        since date NOT NULL,
        PRIMARY KEY (content_id, version)
    )""",
    "COMMENT ON COLUMN content_state.since IS 'the day in Viet Nam: of the approval while approved, else of the event'",
    "CREATE INDEX content_state_organisation ON content_state (organisation_id)",
]

SECURITY = [
    ddl
    for table in ("asset", "offer", "document_count", "dossier", "content_state")
    for ddl in copied(table, stands_in_scope(table + ".organisation_id"))
]


def upgrade() -> None:
    execute([*TABLES, *SECURITY])


def downgrade() -> None:
    execute(["DROP TABLE content_state, dossier, document_count, offer, asset"])
