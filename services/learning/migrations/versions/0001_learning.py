"""The learning service: its tables, the life of a version as a trigger, row security through the tree, the curriculum as data."""

from dataclasses import asdict
from importlib.resources import files

from alembic import op

from libs.common.db import foundation
from libs.common.db.migrate import execute
from libs.common.db.policies import WHOLE_PLATFORM, stands_in_scope
from libs.common.ids import new_id
from services.learning.curriculum.rules import read
from services.learning.curriculum.tables import CurriculumPeriod

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

CURRICULUM = [
    """
    CREATE TABLE curriculum_period (
        period_id uuid PRIMARY KEY,
        level text NOT NULL CHECK (level IN ('primary', 'lower_secondary', 'upper_secondary')),
        grade smallint NOT NULL CHECK (grade BETWEEN 1 AND 12),
        subject text NOT NULL CHECK (subject ~ '^[a-z][a-z0-9_]*$'),
        subject_vi text NOT NULL,
        subject_en text NOT NULL,
        kind text NOT NULL CHECK (kind IN ('compulsory', 'elective', 'choose_4_of_9', 'topic_clusters')),
        assessed_by text NOT NULL CHECK (assessed_by IN ('marks', 'comment')),
        periods_per_year integer NOT NULL CHECK (periods_per_year > 0),
        valid_from date NOT NULL,
        valid_to date CHECK (valid_to > valid_from),
        legal_basis text NOT NULL,
        certainty text NOT NULL CHECK (certainty IN ('high', 'medium', 'low')),
        note text NOT NULL DEFAULT '',
        version integer NOT NULL DEFAULT 1,
        created_at timestamptz NOT NULL DEFAULT now(),
        updated_at timestamptz NOT NULL DEFAULT now(),
        CONSTRAINT curriculum_period_overlap EXCLUDE USING gist
            (subject WITH =, grade WITH =, daterange(valid_from, valid_to) WITH &&)
    )""",
    "COMMENT ON COLUMN curriculum_period.valid_to IS 'exclusive: the row holds during [valid_from, valid_to)'",
]

CONTENT = [
    """
    CREATE TABLE content (
        content_id uuid PRIMARY KEY,
        organisation_id uuid NOT NULL,
        published_number integer,
        latest_number integer NOT NULL DEFAULT 1,
        organisation_path ltree NOT NULL,
        version integer NOT NULL DEFAULT 1,
        created_at timestamptz NOT NULL DEFAULT now(),
        updated_at timestamptz NOT NULL DEFAULT now()
    )""",
    "COMMENT ON COLUMN content.organisation_path IS 'place at the last change, for the change feed; row security asks the tree'",
    """
    CREATE TABLE content_version (
        content_id uuid NOT NULL REFERENCES content,
        number integer NOT NULL CHECK (number > 0),
        organisation_id uuid NOT NULL,
        state text NOT NULL DEFAULT 'draft' CHECK (state IN ('draft', 'submitted', 'approved', 'returned', 'withdrawn', 'superseded')),
        title text NOT NULL,
        subject text NOT NULL,
        level text NOT NULL,
        grade smallint CHECK (grade BETWEEN 1 AND 12),
        kind text NOT NULL,
        licence text NOT NULL,
        language text NOT NULL,
        description text NOT NULL DEFAULT '',
        search_title text NOT NULL GENERATED ALWAYS AS (fold(title)) STORED,
        search_text text NOT NULL GENERATED ALWAYS AS (fold(title || ' ' || description)) STORED,
        file_sha256 text CHECK (file_sha256 ~ '^[0-9a-f]{64}$'),
        file_name text,
        file_media text,
        file_bytes bigint CHECK (file_bytes > 0),
        author text NOT NULL,
        submitted_at timestamptz,
        decided_at timestamptz,
        decided_by text,
        reasons text[] NOT NULL DEFAULT '{}',
        ended_at timestamptz,
        end_reason text,
        PRIMARY KEY (content_id, number),
        CONSTRAINT content_version_file CHECK (num_nulls(file_sha256, file_name, file_media, file_bytes) IN (0, 4)),
        CONSTRAINT content_version_submitted CHECK (state = 'draft' OR ended_at IS NOT NULL
            OR (submitted_at IS NOT NULL AND file_sha256 IS NOT NULL)),
        CONSTRAINT content_version_decided CHECK (state NOT IN ('approved', 'returned', 'superseded')
            OR (decided_at IS NOT NULL AND decided_by IS NOT NULL)),
        CONSTRAINT content_version_reasons CHECK (state <> 'returned' OR cardinality(reasons) > 0),
        CONSTRAINT content_version_own_review CHECK (decided_by <> author)
    )""",
    "CREATE UNIQUE INDEX content_version_one_approved ON content_version (content_id) WHERE state = 'approved'",
    "CREATE UNIQUE INDEX content_version_one_open ON content_version (content_id) WHERE state IN ('draft', 'submitted')",
    "CREATE INDEX content_version_organisation ON content_version (organisation_id, content_id)",
    # The library's filter and its orders: a page is one range of its index, however deep it lies.
    "CREATE INDEX content_version_place ON content_version (grade, subject, state, content_id)",
    "CREATE INDEX content_version_title ON content_version (search_title, content_id) WHERE state = 'approved'",
    "CREATE INDEX content_version_approved ON content_version (decided_at, content_id) WHERE state = 'approved'",
]

# The same life as in content/rules.py, held by the database: whoever writes, and by whatever way. `lienthong.actor` is the caller's.
LIFE = """
CREATE FUNCTION guard_content_version() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    actor text := current_setting('lienthong.actor', true);
    -- generated columns are not computed yet here
    may_change text[] := CASE WHEN TG_OP = 'UPDATE' AND NEW.state = OLD.state THEN '{search_title,search_text}'
        ELSE '{search_title,search_text,state,ended_at,end_reason}' END;
BEGIN
    IF TG_OP = 'DELETE' THEN
        RAISE EXCEPTION 'versions are never deleted' USING ERRCODE = '23514', CONSTRAINT = 'content_version_kept';
    END IF;
    IF TG_OP = 'INSERT' THEN
        IF NEW.state <> 'draft' OR NEW.author IS DISTINCT FROM actor THEN
            RAISE EXCEPTION 'a version begins as its author''s draft' USING ERRCODE = '23514', CONSTRAINT = 'content_version_begins';
        END IF;
        RETURN NEW;
    END IF;
    IF NEW.state <> OLD.state AND NOT (OLD.state, NEW.state) IN (('draft', 'submitted'), ('draft', 'withdrawn'),
            ('submitted', 'approved'), ('submitted', 'returned'), ('submitted', 'withdrawn'),
            ('approved', 'superseded'), ('approved', 'withdrawn')) THEN
        RAISE EXCEPTION '% does not follow %', NEW.state, OLD.state USING ERRCODE = '23514', CONSTRAINT = 'content_version_life';
    END IF;
    IF (NEW.content_id, NEW.number, NEW.organisation_id, NEW.author) <> (OLD.content_id, OLD.number, OLD.organisation_id, OLD.author) THEN
        RAISE EXCEPTION 'whose version it is does not change' USING ERRCODE = '23514', CONSTRAINT = 'content_version_identity';
    END IF;
    IF OLD.state = 'draft' THEN
        IF NEW.author IS DISTINCT FROM actor AND NEW.state <> 'withdrawn' THEN
            RAISE EXCEPTION 'a draft is its author''s' USING ERRCODE = '23514', CONSTRAINT = 'content_version_author';
        END IF;
        RETURN NEW;
    END IF;
    IF OLD.state = 'submitted' AND NEW.state IN ('approved', 'returned') THEN
        may_change := may_change || '{decided_at,decided_by,reasons}'::text[];
        IF NEW.decided_by IS DISTINCT FROM actor OR EXISTS (
                SELECT FROM content_version v WHERE v.content_id = NEW.content_id AND v.author = NEW.decided_by) THEN
            RAISE EXCEPTION 'reviewed by somebody else than the authors' USING ERRCODE = '23514',
                CONSTRAINT = 'content_version_own_review';
        END IF;
    END IF;
    IF (to_jsonb(NEW) - may_change) <> (to_jsonb(OLD) - may_change) THEN
        RAISE EXCEPTION 'a submitted version does not change' USING ERRCODE = '23514', CONSTRAINT = 'content_version_frozen';
    END IF;
    RETURN NEW;
END $$"""
GUARD = """
CREATE TRIGGER content_version_guard BEFORE INSERT OR UPDATE OR DELETE ON content_version
FOR EACH ROW EXECUTE FUNCTION guard_content_version()"""

# Counts only, so with the owner's rights: what was approved once and is withdrawn now still counts on a day in the past.
COVERAGE = """
CREATE FUNCTION approved_subject_grades(as_of date) RETURNS TABLE (grade smallint, subject text, contents bigint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT v.grade, v.subject, count(*) FROM content_version v
    WHERE v.state IN ('approved', 'superseded', 'withdrawn') AND v.grade IS NOT NULL
        AND v.decided_at < (as_of + 1)::timestamp AT TIME ZONE 'Asia/Ho_Chi_Minh'
        AND (v.ended_at IS NULL OR v.ended_at >= (as_of + 1)::timestamp AT TIME ZONE 'Asia/Ho_Chi_Minh')
    GROUP BY v.grade, v.subject
$$"""

# Everybody whose scope was opened; a connection without one sees nothing.
SIGNED_IN = "(SELECT scope_paths()) IS NOT NULL"


def policies(table: str, published: str) -> list[str]:
    """Return who reads and writes: what is published is looked at first, so that the library never reads the whole tree."""
    in_scope = stands_in_scope(table + ".organisation_id")
    readable = "(" + published + " AND " + SIGNED_IN + ") OR " + in_scope
    return [
        " ".join(("CREATE POLICY", f"{table}_read", "ON", table, "FOR SELECT USING (", readable, ")")),
        " ".join(("CREATE POLICY", f"{table}_add", "ON", table, "FOR INSERT WITH CHECK (", in_scope, ")")),
        " ".join(("CREATE POLICY", f"{table}_change", "ON", table, "FOR UPDATE USING (", in_scope, ")")),
        " ".join(("CREATE POLICY", f"{table}_remove", "ON", table, "FOR DELETE USING (", in_scope, ")")),
    ]


SECURITY = [
    "ALTER TABLE content ENABLE ROW LEVEL SECURITY",
    *policies("content", "published_number IS NOT NULL"),
    "ALTER TABLE content_version ENABLE ROW LEVEL SECURITY",
    *policies("content_version", "state = 'approved'"),
    "ALTER TABLE curriculum_period ENABLE ROW LEVEL SECURITY",
    "CREATE POLICY curriculum_period_read ON curriculum_period FOR SELECT USING (true)",
    "CREATE POLICY curriculum_period_whole ON curriculum_period USING (" + WHOLE_PLATFORM + ") WITH CHECK (" + WHOLE_PLATFORM + ")",
]


def upgrade() -> None:
    execute(["CREATE EXTENSION IF NOT EXISTS ltree", "CREATE EXTENSION IF NOT EXISTS btree_gist", *foundation.UPGRADE_1])
    execute([*CURRICULUM, *CONTENT, LIFE, GUARD, COVERAGE])
    lines = files("services.learning.curriculum").joinpath("data", "curriculum-periods.csv").read_text(encoding="utf-8").splitlines()
    op.bulk_insert(CurriculumPeriod.__table__, [{"period_id": new_id(), **asdict(period)} for period in read(lines)])
    execute(SECURITY)


def downgrade() -> None:
    execute(
        [
            "DROP TABLE content_version, content, curriculum_period",
            "DROP FUNCTION approved_subject_grades(date)",
            "DROP FUNCTION guard_content_version()",
            *foundation.DOWNGRADE_1,
        ]
    )
