"""Bulk import: runs, received files, reports, and the functions its set-based statements use."""

from libs.common.db.migrate import execute
from libs.common.imports.cells import DAY_FUNCTION
from libs.common.text import TIDY_NAME_FUNCTION

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

TABLES = [
    """
    CREATE TABLE import_run (
        import_id uuid PRIMARY KEY,
        kind text NOT NULL CHECK (kind IN ('organisations', 'classes', 'staff', 'learners')),
        dry_run boolean NOT NULL DEFAULT false,
        actor text NOT NULL,
        scope_codes text[] NOT NULL,
        request_id text NOT NULL DEFAULT '',
        traceparent text,
        media text NOT NULL CHECK (media IN ('csv', 'xlsx')),
        file_sha256 text NOT NULL,
        file_bytes bigint NOT NULL,
        state text NOT NULL DEFAULT 'received' CHECK (state IN ('received', 'staged', 'validated', 'applied', 'rejected', 'failed')),
        failure text,
        attempts integer NOT NULL DEFAULT 0,
        rows_total integer NOT NULL DEFAULT 0,
        rows_staged integer NOT NULL DEFAULT 0,
        rows_checked integer NOT NULL DEFAULT 0,
        rows_applied integer NOT NULL DEFAULT 0,
        errors_total integer NOT NULL DEFAULT 0,
        created integer NOT NULL DEFAULT 0,
        changed integer NOT NULL DEFAULT 0,
        unchanged integer NOT NULL DEFAULT 0,
        started_at timestamptz,
        finished_at timestamptz,
        version integer NOT NULL DEFAULT 1,
        created_at timestamptz NOT NULL DEFAULT now(),
        updated_at timestamptz NOT NULL DEFAULT now()
    )""",
    "COMMENT ON COLUMN import_run.scope_codes IS 'where the sender may write: the scope under which the file is applied'",
    # The same file by the same account is one import: a second upload, even a simultaneous one, finds the first. A rejected one, or one
    # that was only tried, may come again.
    """
    CREATE UNIQUE INDEX import_run_same_file ON import_run (actor, kind, file_sha256, dry_run)
    WHERE state NOT IN ('rejected', 'failed') AND NOT (dry_run AND finished_at IS NOT NULL)
    """,
    "CREATE INDEX import_run_waiting ON import_run (created_at) WHERE finished_at IS NULL",
    """
    CREATE TABLE import_chunk (
        import_id uuid NOT NULL REFERENCES import_run ON DELETE CASCADE,
        part integer NOT NULL,
        content bytea NOT NULL,
        PRIMARY KEY (import_id, part)
    )""",
    "ALTER TABLE import_chunk ALTER content SET STORAGE EXTERNAL",
    """
    CREATE TABLE import_error (
        error_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        import_id uuid NOT NULL REFERENCES import_run ON DELETE CASCADE,
        "row" integer NOT NULL,
        "column" text NOT NULL,
        code text NOT NULL,
        message_vi text NOT NULL,
        message_en text NOT NULL,
        created_at timestamptz NOT NULL DEFAULT now()
    )""",
    "CREATE INDEX import_error_of ON import_error (import_id, error_id)",
]

# A run belongs to the account that sent it; whoever has the whole platform in scope (the worker, an administrator) sees all.
EVERYWHERE = "''::ltree = ANY ((SELECT scope_paths())::ltree[])"
SECURITY = [
    "ALTER TABLE import_run ENABLE ROW LEVEL SECURITY",
    "CREATE POLICY import_run_own ON import_run USING (actor = (SELECT current_setting('lienthong.actor', true)) OR " + EVERYWHERE + ")",
    "ALTER TABLE import_error ENABLE ROW LEVEL SECURITY",
    "CREATE POLICY import_error_own ON import_error USING (EXISTS (SELECT FROM import_run r WHERE r.import_id = import_error.import_id))",
    "ALTER TABLE import_chunk ENABLE ROW LEVEL SECURITY",
    "CREATE POLICY import_chunk_own ON import_chunk USING (EXISTS (SELECT FROM import_run r WHERE r.import_id = import_chunk.import_id))",
]

# Ids of one run, ten times cheaper than a random one each: `stem` is a UUIDv7 (32 hex digits), every row gets a millisecond of its own
# just before it, and the row number again at the end, where the outbox takes its shards from. The milliseconds matter: GiST over uuid
# sees only the first 53 bits when it chooses a page; ids equal there turn enrolment's exclusion constraint into a search of everything.
IMPORT_ID = """
CREATE FUNCTION import_id(stem text, number bigint) RETURNS uuid LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN (lpad(to_hex(('x' || left(stem, 12))::bit(48)::bigint - 1048576 + number), 12, '0') || substr(stem, 13, 16)
    || lpad(to_hex(number & 65535), 4, '0'))::uuid"""

# A grade that is none is NULL: the cell check reports it.
IMPORT_GRADE = """
CREATE FUNCTION import_grade(value text) RETURNS smallint LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE WHEN value ~ '^\\d{1,2}$' THEN value::smallint END"""

# The ministry's status of one who left, by the month (the same as learners.rules.moved_out).
IMPORT_LEFT_STATUS = """
CREATE FUNCTION import_left_status(day date) RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN CASE WHEN date_part('month', day) >= 8 THEN '04' WHEN date_part('month', day) <= 5 THEN '08' ELSE '11' END"""

# Which grades a level has (the same as learners.rules.GRADES; a test compares them); unknown is no misfit.
IMPORT_GRADE_FITS = """
CREATE FUNCTION import_grade_fits(level text, grade smallint) RETURNS boolean LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE level WHEN 'preschool' THEN grade = 0 WHEN 'primary' THEN grade BETWEEN 1 AND 5 WHEN 'lower_secondary'
    THEN grade BETWEEN 6 AND 9
    WHEN 'upper_secondary' THEN grade BETWEEN 10 AND 12 WHEN 'continuing' THEN grade BETWEEN 1 AND 12 END"""


def upgrade() -> None:
    """Create what imports need."""
    execute([*TABLES, *SECURITY, TIDY_NAME_FUNCTION, DAY_FUNCTION, IMPORT_ID, IMPORT_GRADE, IMPORT_GRADE_FITS, IMPORT_LEFT_STATUS])


def downgrade() -> None:
    """Take it down again; a report or a waiting file is lost, nothing else."""
    execute(
        [
            "DROP FUNCTION import_left_status(date)",
            "DROP FUNCTION import_grade_fits(text, smallint)",
            "DROP FUNCTION import_grade(text)",
            "DROP FUNCTION import_id(text, bigint)",
            "DROP FUNCTION import_day(text)",
            "DROP FUNCTION tidy_name(text)",
            "DROP TABLE import_error",
            "DROP TABLE import_chunk",
            "DROP TABLE import_run",
        ]
    )
