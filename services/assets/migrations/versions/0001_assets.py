"""Assets, norms, the copy of learners' spells, wear and imports, with their row security."""

from libs.common.db import foundation, policies
from libs.common.db.migrate import execute
from libs.common.db.policies import WHOLE_PLATFORM, copied, stands_in_scope
from libs.common.imports.cells import DAY_FUNCTION
from services.assets.assets.tables import Asset, AssetCostChange
from services.assets.wear.tables import WearResult, WearRun

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

LEVELS = "('preschool', 'primary', 'lower_secondary', 'upper_secondary', 'continuing')"
ASSETS = [
    """
    CREATE TABLE asset (
        asset_id uuid PRIMARY KEY,
        organisation_id uuid NOT NULL,
        asset_code text NOT NULL,
        kind text NOT NULL CHECK (kind IN ('room', 'device', 'line')),
        class_code text NOT NULL,
        name text,
        quantity integer NOT NULL DEFAULT 1 CHECK (quantity > 0),
        provider text CHECK (provider IN ('vnpt', 'viettel')),
        level text CHECK (level IN """
    + LEVELS
    + """),
        online boolean,
        cost bigint CHECK (cost >= 0),
        first_used_on date,
        second_hand_years integer NOT NULL DEFAULT 0 CHECK (second_hand_years >= 0),
        opening_year integer,
        opening_accumulated bigint CHECK (opening_accumulated >= 0),
        wear_class text,
        no_wear text,
        valid_from date NOT NULL,
        valid_to date,
        organisation_path ltree NOT NULL,
        version integer NOT NULL DEFAULT 1,
        created_at timestamptz NOT NULL DEFAULT now(),
        updated_at timestamptz NOT NULL DEFAULT now(),
        CONSTRAINT asset_natural_key UNIQUE (organisation_id, asset_code),
        CONSTRAINT asset_period CHECK (valid_to > valid_from)
    )""",
    "COMMENT ON COLUMN asset.valid_to IS 'exclusive: it is held during [valid_from, valid_to)'",
    "COMMENT ON COLUMN asset.cost IS 'of one piece, whole đồng'",
    "CREATE INDEX asset_scope ON asset USING gist (organisation_path)",
    "CREATE INDEX asset_by_code ON asset (asset_code, asset_id)",
    """
    CREATE TABLE asset_cost_change (
        asset_id uuid NOT NULL REFERENCES asset,
        changed_on date NOT NULL,
        reason text NOT NULL
            CHECK (reason IN ('national_revaluation', 'approved_upgrade', 'part_removed', 'part_added', 'disaster_loss')),
        cost_before bigint NOT NULL,
        cost_after bigint NOT NULL,
        recorded_at timestamptz NOT NULL DEFAULT now(),
        organisation_path ltree NOT NULL,
        PRIMARY KEY (asset_id, changed_on)
    )""",
]
NEED = [
    """
    CREATE TABLE norm (
        norm_id uuid PRIMARY KEY DEFAULT new_id(),
        key text NOT NULL,
        level text NOT NULL CHECK (level IN """
    + LEVELS
    + """),
        value integer NOT NULL CHECK (value > 0),
        valid_from date NOT NULL,
        valid_to date,
        legal_basis text NOT NULL,
        certainty text NOT NULL CHECK (certainty IN ('high', 'medium', 'low')),
        version integer NOT NULL DEFAULT 1,
        created_at timestamptz NOT NULL DEFAULT now(),
        updated_at timestamptz NOT NULL DEFAULT now(),
        UNIQUE (key, level, valid_from)
    )""",
    "COMMENT ON COLUMN norm.valid_to IS 'exclusive: the norm holds during [valid_from, valid_to), and until a later one begins'",
    # asset-rules.yaml, norms. Their ids are the same in every database: a topic that outlives one knows them by these.
    """
    INSERT INTO norm (norm_id, key, level, value, valid_from, legal_basis, certainty)
    SELECT md5('learners_per_computer ' || level)::uuid, 'learners_per_computer', level, 15, '2016-10-07',
        'Kế hoạch 25/KH của trường Phong Đông, theo Quyết định 225/QĐ-UBND của tỉnh Kiên Giang', 'medium'
    FROM unnest(ARRAY['primary', 'lower_secondary']) AS level""",
    # Rows name schools by id and carry no path: a row follows its school wherever it moves.
    """
    CREATE TABLE learner_spell (
        enrolment_id uuid PRIMARY KEY,
        school_id uuid NOT NULL,
        level text NOT NULL,
        valid_from date NOT NULL,
        valid_to date,
        version bigint NOT NULL
    )""",
    "COMMENT ON COLUMN learner_spell.valid_to IS 'exclusive: the learner is enrolled during [valid_from, valid_to)'",
    "CREATE INDEX learner_spell_counts ON learner_spell (school_id, level, valid_from, valid_to)",
]
WEAR = [
    """
    CREATE TABLE rule_set (
        rule_set_id text NOT NULL,
        version integer NOT NULL,
        document jsonb NOT NULL,
        actor text NOT NULL,
        created_at timestamptz NOT NULL DEFAULT now(),
        PRIMARY KEY (rule_set_id, version)
    )""",
    """
    CREATE TABLE wear_run (
        run_id uuid PRIMARY KEY,
        organisation_id uuid NOT NULL,
        year integer NOT NULL,
        rule_set_id text NOT NULL,
        rule_set_version integer NOT NULL,
        provisional boolean NOT NULL,
        assets integer NOT NULL DEFAULT 0,
        wearing integer NOT NULL DEFAULT 0,
        wear bigint NOT NULL DEFAULT 0,
        accumulated bigint NOT NULL DEFAULT 0,
        remaining bigint NOT NULL DEFAULT 0,
        actor text NOT NULL,
        created_at timestamptz NOT NULL DEFAULT now(),
        organisation_path ltree NOT NULL
    )""",
    "CREATE INDEX wear_run_of ON wear_run (organisation_id, year)",
    """
    CREATE TABLE wear_case (
        run_id uuid NOT NULL REFERENCES wear_run,
        case_no integer NOT NULL,
        standing text NOT NULL,
        steps jsonb NOT NULL,
        PRIMARY KEY (run_id, case_no)
    )""",
    # The case is written by the same statement group of the same run: a foreign key would look up every row again.
    """
    CREATE TABLE wear_result (
        run_id uuid NOT NULL,
        asset_id uuid NOT NULL,
        case_no integer NOT NULL,
        quantity integer NOT NULL,
        wear bigint NOT NULL,
        accumulated bigint NOT NULL,
        remaining bigint NOT NULL,
        organisation_path ltree NOT NULL,
        PRIMARY KEY (run_id, asset_id)
    )""",
    "CREATE INDEX wear_result_of ON wear_result (asset_id)",
    # The policy of wear_case looks, for each case, for a result that refers to it.
    "CREATE INDEX wear_result_case ON wear_result (run_id, case_no)",
]
IMPORTS = [
    """
    CREATE TABLE import_run (
        import_id uuid PRIMARY KEY,
        dry_run boolean NOT NULL,
        actor text NOT NULL,
        media text NOT NULL CHECK (media IN ('csv', 'xlsx', 'json')),
        file_sha256 text NOT NULL,
        file_bytes bigint NOT NULL,
        rows integer NOT NULL,
        state text NOT NULL CHECK (state IN ('applied', 'rejected', 'validated')),
        errors integer NOT NULL DEFAULT 0,
        created integer NOT NULL DEFAULT 0,
        changed integer NOT NULL DEFAULT 0,
        unchanged integer NOT NULL DEFAULT 0,
        created_at timestamptz NOT NULL DEFAULT now(),
        finished_at timestamptz
    )""",
    "CREATE UNIQUE INDEX import_run_same_file ON import_run (actor, file_sha256) WHERE state = 'applied' AND NOT dry_run",
    """
    CREATE TABLE import_error (
        error_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        import_id uuid NOT NULL REFERENCES import_run ON DELETE CASCADE,
        "row" integer NOT NULL,
        "column" text NOT NULL,
        code text NOT NULL,
        message_vi text NOT NULL,
        message_en text NOT NULL
    )""",
    "CREATE INDEX import_error_of ON import_error (import_id, error_id)",
    DAY_FUNCTION,
]

# Rows follow their organisation: the copy of the tree moves it, and who gains or loses sight is told by the change feed.
FOLLOW = [
    """
    CREATE FUNCTION follow_organisation() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        WITH moved AS (
            UPDATE asset SET organisation_path = NEW.path
            WHERE organisation_id = NEW.organisation_id AND organisation_path <> NEW.path RETURNING asset_id, version
        )
        INSERT INTO change (resource, key, kind, version, organisation_path)
        SELECT 'asset', asset_id::text, 'deleted', version, OLD.path FROM moved
        UNION ALL SELECT 'asset', asset_id::text, 'changed', version, NEW.path FROM moved;
        UPDATE asset_cost_change c SET organisation_path = NEW.path FROM asset a
        WHERE a.asset_id = c.asset_id AND a.organisation_id = NEW.organisation_id AND c.organisation_path <> NEW.path;
        UPDATE wear_run SET organisation_path = NEW.path WHERE organisation_id = NEW.organisation_id AND organisation_path <> NEW.path;
        UPDATE wear_result r SET organisation_path = NEW.path FROM asset a
        WHERE a.asset_id = r.asset_id AND a.organisation_id = NEW.organisation_id AND r.organisation_path <> NEW.path;
        RETURN NULL;
    END $$""",
    # As text: a dump that is restored finds no operator of ltree, its search path is empty.
    """
    CREATE TRIGGER organisation_moved AFTER UPDATE OF path ON organisation_path
    FOR EACH ROW WHEN (OLD.path::text IS DISTINCT FROM NEW.path::text) EXECUTE FUNCTION follow_organisation()""",
]

SECURITY = [
    # Norms and rules are law: everybody reads them, the whole platform sets them.
    *copied("norm", "true"),
    "ALTER TABLE rule_set ENABLE ROW LEVEL SECURITY",
    "CREATE POLICY rule_set_read ON rule_set FOR SELECT USING (true)",
    "CREATE POLICY rule_set_whole ON rule_set FOR INSERT WITH CHECK (" + WHOLE_PLATFORM + ")",
    *copied("learner_spell", stands_in_scope("learner_spell.school_id")),
    # A case names no organisation: it is seen with a result that refers to it.
    "ALTER TABLE wear_case ENABLE ROW LEVEL SECURITY",
    """
    CREATE POLICY wear_case_read ON wear_case FOR SELECT
    USING (EXISTS (SELECT FROM wear_result r WHERE r.run_id = wear_case.run_id AND r.case_no = wear_case.case_no))""",
    "CREATE POLICY wear_case_write ON wear_case FOR INSERT WITH CHECK (EXISTS (SELECT FROM wear_run r WHERE r.run_id = wear_case.run_id))",
    # A run belongs to the account that sent it; whoever has the whole platform in scope sees all.
    "ALTER TABLE import_run ENABLE ROW LEVEL SECURITY",
    "CREATE POLICY import_run_own ON import_run USING (actor = (SELECT current_setting('lienthong.actor', true)) OR "
    + WHOLE_PLATFORM
    + ")",
    "ALTER TABLE import_error ENABLE ROW LEVEL SECURITY",
    "CREATE POLICY import_error_own ON import_error USING (EXISTS (SELECT FROM import_run r WHERE r.import_id = import_error.import_id))",
]


def upgrade() -> None:
    execute(["CREATE EXTENSION IF NOT EXISTS ltree", *foundation.UPGRADE_1, *ASSETS, *NEED, *WEAR, *IMPORTS, *FOLLOW, *SECURITY])
    for table in (Asset, AssetCostChange, WearRun, WearResult):
        execute(policies.statements(table))


def downgrade() -> None:
    execute(
        [
            "DROP TABLE import_error, import_run, wear_result, wear_case, wear_run, rule_set, learner_spell, norm",
            "DROP TABLE asset_cost_change, asset",
            "DROP TRIGGER organisation_moved ON organisation_path",
            "DROP FUNCTION follow_organisation()",
            "DROP FUNCTION import_day(text)",
            *foundation.DOWNGRADE_1,
        ]
    )
