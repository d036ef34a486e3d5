"""Insight's read model: copies of registry facts, each row idempotent by the aggregate's version, and row security over them.

Rows name organisations by id and carry no path: a row may come before its organisation, and follows it wherever it moves. It is seen once
`organisation_path` knows the organisation. Only consumers, who see the whole platform, may write.
"""

from libs.common.db import foundation
from libs.common.db.migrate import execute

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

TABLES = [
    """
    CREATE TABLE organisation (
        organisation_id uuid PRIMARY KEY,
        version bigint NOT NULL
    )""",
    """
    CREATE TABLE organisation_version (
        organisation_id uuid NOT NULL,
        valid_from date NOT NULL,
        valid_to date,
        code text NOT NULL,
        name text NOT NULL,
        kind text NOT NULL,
        parent_id uuid,
        levels text[] NOT NULL,
        school_type text,
        attributes jsonb NOT NULL,
        path ltree NOT NULL,
        PRIMARY KEY (organisation_id, valid_from)
    )""",
    "COMMENT ON COLUMN organisation_version.valid_to IS 'exclusive: the version holds during [valid_from, valid_to)'",
    "CREATE INDEX organisation_version_code ON organisation_version (code)",
    "CREATE INDEX organisation_version_path ON organisation_version USING gist (path)",
    """
    CREATE TABLE school_year (
        school_year text PRIMARY KEY,
        starts_on date NOT NULL,
        ends_on date NOT NULL,
        version bigint NOT NULL
    )""",
    """
    CREATE TABLE class (
        class_id uuid PRIMARY KEY,
        school_id uuid NOT NULL,
        school_year text NOT NULL,
        grade smallint,
        level text NOT NULL,
        studies_informatics boolean NOT NULL,
        site_id uuid,
        version bigint NOT NULL
    )""",
    "CREATE INDEX class_school ON class (school_id, school_year)",
    """
    CREATE TABLE spell (
        enrolment_id uuid PRIMARY KEY,
        learner_id uuid NOT NULL,
        school_id uuid NOT NULL,
        class_id uuid,
        school_year text NOT NULL,
        grade smallint,
        level text NOT NULL,
        studies_informatics boolean NOT NULL,
        valid_from date NOT NULL,
        valid_to date,
        version bigint NOT NULL
    )""",
    "COMMENT ON COLUMN spell.valid_to IS 'exclusive: the learner is enrolled during [valid_from, valid_to)'",
    "CREATE INDEX spell_school ON spell (school_id)",
    "CREATE INDEX spell_learner ON spell (learner_id)",
    """
    CREATE TABLE staff (
        staff_id uuid PRIMARY KEY,
        version bigint NOT NULL
    )""",
    """
    CREATE TABLE post (
        post_id uuid PRIMARY KEY,
        staff_id uuid NOT NULL,
        organisation_id uuid NOT NULL,
        role text NOT NULL,
        subject text,
        degree text,
        uses_it boolean NOT NULL,
        makes_elearning boolean NOT NULL,
        valid_from date NOT NULL,
        valid_to date
    )""",
    "COMMENT ON COLUMN post.valid_to IS 'exclusive: the post is held during [valid_from, valid_to)'",
    "CREATE INDEX post_organisation ON post (organisation_id)",
    "CREATE INDEX post_staff ON post (staff_id)",
    """
    CREATE TABLE certificate (
        staff_id uuid NOT NULL,
        kind text NOT NULL,
        issued_on date NOT NULL,
        PRIMARY KEY (staff_id, kind, issued_on)
    )""",
    # One row for each partition: batches of two partitions never wait for each other here.
    """
    CREATE TABLE freshness (
        topic text NOT NULL,
        partition integer NOT NULL,
        events bigint NOT NULL,
        last_event_at timestamptz NOT NULL,
        last_applied_at timestamptz NOT NULL DEFAULT clock_timestamp(),
        PRIMARY KEY (topic, partition)
    )""",
]

# Hashed once a statement, whatever the number of rows.
SEEN = "IN (SELECT o.organisation_id FROM organisation_path o WHERE o.path <@ ANY ((SELECT scope_paths())::ltree[]))"
OF_SEEN_STAFF = "staff_id IN (SELECT p.staff_id FROM post p)"
WHOLE_PLATFORM = "''::ltree = ANY ((SELECT scope_paths())::ltree[])"
VISIBLE = {
    "organisation": "organisation_id " + SEEN,
    "organisation_version": "organisation_id " + SEEN,
    "class": "school_id " + SEEN,
    "spell": "school_id " + SEEN,
    "post": "organisation_id " + SEEN,
    "staff": OF_SEEN_STAFF,
    "certificate": OF_SEEN_STAFF,
}


def security() -> list[str]:
    """Return the DDL of row security."""
    ddl = []
    for table, condition in VISIBLE.items():
        ddl += [
            "ALTER TABLE " + table + " ENABLE ROW LEVEL SECURITY",
            "CREATE POLICY " + table + "_scope ON " + table + " FOR SELECT USING (" + condition + ")",
            "CREATE POLICY " + table + "_whole ON " + table + " USING (" + WHOLE_PLATFORM + ") WITH CHECK (" + WHOLE_PLATFORM + ")",
        ]
    return ddl


def upgrade() -> None:
    execute(["CREATE EXTENSION IF NOT EXISTS ltree", *foundation.UPGRADE_1, *TABLES, *security()])


def downgrade() -> None:
    execute(
        [
            "DROP TABLE freshness, certificate, post, staff, spell, class, school_year, organisation_version, organisation",
            *foundation.DOWNGRADE_1,
        ]
    )
