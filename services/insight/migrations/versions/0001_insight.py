"""Insight's read model: copies of registry facts, each row idempotent by the aggregate's version, and row security over them.

Rows name organisations by id and carry no path: a row may come before its organisation, and follows it wherever it moves. It is seen once
`organisation_path` knows the organisation. Only consumers, who see the whole platform, may write.
"""

from libs.common.db import foundation
from libs.common.db.migrate import execute
from libs.common.db.policies import copied, stands_in_scope

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

OF_SEEN_STAFF = "staff_id IN (SELECT p.staff_id FROM post p)"
SECURITY = [
    *copied("organisation", stands_in_scope("organisation.organisation_id")),
    *copied("organisation_version", stands_in_scope("organisation_version.organisation_id")),
    *copied("class", stands_in_scope("class.school_id")),
    *copied("spell", stands_in_scope("spell.school_id")),
    *copied("post", stands_in_scope("post.organisation_id")),
    *copied("staff", OF_SEEN_STAFF),
    *copied("certificate", OF_SEEN_STAFF),
]

# The organisations under one as they stood on a day. Row security would look at every version there is; here the index on paths comes
# first, and of what it finds the caller is given what stands in their scope. `people`: the codes at which the caller may see people.
TREE = """
CREATE FUNCTION organisations_under(root uuid, as_of date, people text[])
RETURNS TABLE (
    organisation_id uuid, code text, name text, kind text, parent_id uuid, levels text[], has_website boolean, sees_people boolean
) LANGUAGE sql STABLE ROWS 10 SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT v.organisation_id, v.code, v.name, v.kind, v.parent_id, v.levels, (v.attributes ->> 'has_website')::boolean,
        '*' = ANY (people) OR o.path <@ ANY (ARRAY(SELECT g.path FROM organisation_path g WHERE g.code = ANY (people)))
    FROM organisation_version r
    JOIN organisation_version v ON v.path <@ r.path AND v.valid_from <= as_of AND (v.valid_to IS NULL OR as_of < v.valid_to)
    JOIN organisation_path o ON o.organisation_id = v.organisation_id
    WHERE r.organisation_id = root AND r.valid_from <= as_of AND (r.valid_to IS NULL OR as_of < r.valid_to)
        AND o.path <@ ANY (scope_paths())
$$"""


def upgrade() -> None:
    execute(["CREATE EXTENSION IF NOT EXISTS ltree", *foundation.UPGRADE_1, *TABLES, *SECURITY, TREE])


def downgrade() -> None:
    execute(
        [
            "DROP FUNCTION organisations_under(uuid, date, text[])",
            "DROP TABLE freshness, certificate, post, staff, spell, class, school_year, organisation_version, organisation",
            *foundation.DOWNGRADE_1,
        ]
    )
