"""Tables of e-government. Row security asks the organisation tree by id, so that rows follow a school wherever it goes."""

from libs.common.db import foundation
from libs.common.db.migrate import execute
from libs.common.db.policies import stands_in_scope

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

DOSSIERS = [
    """
    CREATE TABLE dossier (
        dossier_id uuid PRIMARY KEY,
        procedure_code text NOT NULL,
        code text CONSTRAINT dossier_code UNIQUE,
        tracking_key text NOT NULL,
        channel text NOT NULL CHECK (channel IN ('online', 'counter', 'post')),
        stage text NOT NULL,
        status smallint CHECK (status BETWEEN 1 AND 10),
        applicant_person_id uuid,
        applicant_name text NOT NULL,
        applicant_phone text,
        relation_verified boolean NOT NULL,
        learner_id uuid,
        learner_person_id uuid,
        learner_name text NOT NULL,
        learner_birth_date text NOT NULL,
        grade smallint CHECK (grade BETWEEN 0 AND 12),
        level text,
        sending_school_id uuid,
        sending_school_code text,
        sending_school_name text NOT NULL,
        sending_province text,
        receiving_school_id uuid NOT NULL,
        receiving_school_code text NOT NULL,
        receiving_school_name text NOT NULL,
        ground text NOT NULL,
        explanation text,
        papers jsonb NOT NULL,
        missing_papers jsonb NOT NULL DEFAULT '[]',
        submitted_at timestamptz,
        received_at timestamptz,
        clock_started_at timestamptz,
        due_at timestamptz,
        original_due_at timestamptz,
        judged_by timestamptz,
        reappointments smallint NOT NULL,
        decided_at timestamptz,
        finished_at timestamptz,
        on_time boolean,
        owner text,
        waiting_since timestamptz NOT NULL,
        step_due_at timestamptz,
        supplements_at_intake smallint NOT NULL,
        supplements_while_handling smallint NOT NULL,
        class_id uuid,
        effective_date date,
        attempt smallint NOT NULL,
        flag_reason text,
        learner_school_id uuid,
        learner_class_id uuid,
        learner_version bigint NOT NULL,
        clock jsonb,
        organisation_path ltree NOT NULL,
        version integer NOT NULL,
        created_at timestamptz NOT NULL,
        updated_at timestamptz NOT NULL,
        CONSTRAINT dossier_from CHECK ((sending_school_id IS NULL) = (sending_province IS NOT NULL)),
        CONSTRAINT dossier_elsewhere CHECK (sending_school_id IS DISTINCT FROM receiving_school_id)
    )""",
    # A learner has one open dossier: whoever files a second one is shown the first.
    """
    CREATE UNIQUE INDEX dossier_open ON dossier (learner_id)
    WHERE stage NOT IN ('draft', 'not_received', 'refused', 'assigned', 'returned', 'withdrawn', 'stopped', 'closed')""",
    "CREATE INDEX dossier_learner ON dossier (learner_id)",
    "CREATE INDEX dossier_receiving ON dossier (receiving_school_id, dossier_id)",
    "CREATE INDEX dossier_sending ON dossier (sending_school_id, dossier_id)",
    "CREATE INDEX dossier_applicant ON dossier (applicant_person_id) WHERE applicant_person_id IS NOT NULL",
    "CREATE INDEX dossier_due ON dossier (step_due_at) WHERE step_due_at IS NOT NULL",
    """
    CREATE TABLE dossier_step (
        dossier_id uuid NOT NULL REFERENCES dossier ON DELETE CASCADE,
        number integer NOT NULL,
        action text NOT NULL,
        stage text NOT NULL,
        status smallint,
        side text NOT NULL,
        actor text NOT NULL,
        at timestamptz NOT NULL,
        due_at timestamptz,
        on_time boolean,
        form text,
        details jsonb NOT NULL,
        PRIMARY KEY (dossier_id, number)
    )""",
    """
    CREATE TABLE agency (
        organisation_id uuid PRIMARY KEY,
        agency_code text NOT NULL CONSTRAINT agency_code UNIQUE,
        organisation_path ltree NOT NULL,
        version integer NOT NULL DEFAULT 1
    )""",
    # Every dated version of a school with its levels, newest state wins; `valid_to` is exclusive.
    "CREATE TABLE school_levels (organisation_id uuid PRIMARY KEY, versions jsonb NOT NULL, version bigint NOT NULL)",
    "CREATE TABLE day_number (agency_code text NOT NULL, day date NOT NULL, last integer NOT NULL, PRIMARY KEY (agency_code, day))",
]

COUNTS = [
    """
    CREATE TABLE procedure_offer (
        offer_id uuid PRIMARY KEY,
        organisation_id uuid NOT NULL,
        procedure_code text NOT NULL,
        level text NOT NULL CHECK (level IN ('2', '3', '4', 'full', 'partial', 'none')),
        one_stop boolean NOT NULL,
        valid_from date NOT NULL,
        valid_to date,
        organisation_path ltree NOT NULL,
        version integer NOT NULL DEFAULT 1,
        CONSTRAINT procedure_offer_period EXCLUDE USING gist
            (organisation_id WITH =, procedure_code WITH =, daterange(valid_from, valid_to) WITH &&) DEFERRABLE INITIALLY DEFERRED
    )""",
    "COMMENT ON COLUMN procedure_offer.valid_to IS 'exclusive: offered during [valid_from, valid_to)'",
    """
    CREATE TABLE document_count (
        count_id uuid PRIMARY KEY,
        organisation_id uuid NOT NULL,
        period_start date NOT NULL,
        period_end date NOT NULL CHECK (period_end >= period_start),
        incoming integer NOT NULL CHECK (incoming >= 0),
        incoming_scanned integer NOT NULL CHECK (incoming_scanned BETWEEN 0 AND incoming),
        outgoing integer NOT NULL CHECK (outgoing >= 0),
        outgoing_scanned integer NOT NULL CHECK (outgoing_scanned BETWEEN 0 AND outgoing),
        organisation_path ltree NOT NULL,
        version integer NOT NULL DEFAULT 1,
        CONSTRAINT document_count_period EXCLUDE USING gist
            (organisation_id WITH =, daterange(period_start, period_end, '[]') WITH &&) DEFERRABLE INITIALLY DEFERRED
    )""",
    "COMMENT ON COLUMN document_count.period_end IS 'the last day of the period'",
]

# NULL: the school's levels have not arrived, or it is none on that day.
LEVELS_ON = """
CREATE FUNCTION levels_on(organisation uuid, day date) RETURNS text[] LANGUAGE sql STABLE AS $$
    SELECT v.levels FROM school_levels s, jsonb_to_recordset(s.versions) AS v(valid_from date, valid_to date, levels text[])
    WHERE s.organisation_id = organisation AND v.valid_from <= day AND (v.valid_to IS NULL OR v.valid_to > day)
$$"""
# Whoever holds code and key of a dossier may follow it; they are shown states and times, nobody's data.
TRACKED_DOSSIER = """
CREATE FUNCTION tracked_dossier(given_code text, given_key text) RETURNS jsonb LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = public, pg_temp AS $$
    SELECT jsonb_build_object('code', d.code, 'procedure_code', d.procedure_code, 'stage', d.stage, 'status', d.status,
        'receiving_school_code', d.receiving_school_code, 'receiving_school_name', d.receiving_school_name, 'owner', d.owner,
        'submitted_at', d.submitted_at, 'received_at', d.received_at, 'due_at', d.due_at, 'step_due_at', d.step_due_at,
        'finished_at', d.finished_at, 'on_time', d.on_time, 'version', d.version,
        'timeline', (SELECT jsonb_agg(jsonb_build_object('action', s.action, 'stage', s.stage, 'status', s.status, 'at', s.at,
            'due_at', s.due_at, 'on_time', s.on_time) ORDER BY s.number) FROM dossier_step s WHERE s.dossier_id = d.dossier_id))
    FROM dossier d WHERE d.code = given_code AND d.tracking_key = given_key
$$"""

OWN_DOSSIER = "applicant_person_id = (SELECT scope_person())"
# A draft is the applicant's (at the counter: the desk's) alone; the learner follows the dossier but changes nothing.
RECEIVES = stands_in_scope("dossier.receiving_school_id")
SENDS = stands_in_scope("dossier.sending_school_id")
RECEIVING = RECEIVES + " AND (stage <> 'draft' OR channel <> 'online')"
SENDING = SENDS + " AND stage <> 'draft'"
AGENCY_HERE = stands_in_scope("agency.organisation_id")
PROCEDURE_OFFER_HERE = stands_in_scope("procedure_offer.organisation_id")
DOCUMENT_COUNT_HERE = stands_in_scope("document_count.organisation_id")
LEARNER = "learner_person_id = (SELECT scope_person()) AND stage <> 'draft'"
POLICIES = [
    "CREATE POLICY dossier_parties ON dossier USING (" + OWN_DOSSIER + " OR (" + RECEIVING + ") OR (" + SENDING + "))"
    " WITH CHECK (" + OWN_DOSSIER + " OR " + RECEIVES + " OR " + SENDS + ")",
    "CREATE POLICY dossier_learner ON dossier FOR SELECT USING (" + LEARNER + ")",
    "CREATE POLICY dossier_step_of ON dossier_step USING (dossier_id IN (SELECT d.dossier_id FROM dossier d))",
    "CREATE POLICY agency_read ON agency FOR SELECT USING (true)",
    "CREATE POLICY agency_write ON agency USING (" + AGENCY_HERE + ")",
    # Which organisation offers what is public information.
    "CREATE POLICY procedure_offer_read ON procedure_offer FOR SELECT USING (true)",
    "CREATE POLICY procedure_offer_write ON procedure_offer USING (" + PROCEDURE_OFFER_HERE + ")",
    "CREATE POLICY document_count_scope ON document_count USING (" + DOCUMENT_COUNT_HERE + ")",
]
PROTECT = [
    "ALTER TABLE dossier ENABLE ROW LEVEL SECURITY",
    "ALTER TABLE dossier_step ENABLE ROW LEVEL SECURITY",
    "ALTER TABLE agency ENABLE ROW LEVEL SECURITY",
    "ALTER TABLE procedure_offer ENABLE ROW LEVEL SECURITY",
    "ALTER TABLE document_count ENABLE ROW LEVEL SECURITY",
]
EXTENSIONS = ["CREATE EXTENSION IF NOT EXISTS ltree", "CREATE EXTENSION IF NOT EXISTS btree_gist"]


def upgrade() -> None:
    execute([*EXTENSIONS, *foundation.UPGRADE_1, *DOSSIERS, *COUNTS, LEVELS_ON, TRACKED_DOSSIER])
    execute(PROTECT)
    execute(POLICIES)


def downgrade() -> None:
    execute(
        [
            "DROP TABLE document_count, procedure_offer, day_number, agency, dossier_step, dossier",
            "DROP FUNCTION tracked_dossier(text, text)",
            "DROP FUNCTION levels_on(uuid, date)",
            "DROP TABLE school_levels",
            *foundation.DOWNGRADE_1,
        ]
    )
