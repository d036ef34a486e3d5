"""The registry's tables, constraints, relations and row security."""

from libs.common.db import foundation, policies
from libs.common.db.migrate import execute
from services.registry.classes.tables import SchoolClass
from services.registry.guardians.tables import Guardian
from services.registry.learners.tables import Enrolment, Learner
from services.registry.organisations.tables import Organisation, OrganisationSuccessor, OrganisationVersion
from services.registry.people.tables import Person, PersonIdentifier
from services.registry.relations import RELATION_NAMES, RELATIONS
from services.registry.staff.tables import Post, Staff, StaffCertificate
from services.registry.transfers.tables import Transfer

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

ORGANISATIONS = [
    """
    CREATE TABLE organisation (
        organisation_id uuid PRIMARY KEY,
        organisation_path ltree NOT NULL,
        closed_on date,
        version integer NOT NULL DEFAULT 1,
        created_at timestamptz NOT NULL DEFAULT now(),
        updated_at timestamptz NOT NULL DEFAULT now()
    )""",
    "CREATE INDEX organisation_scope ON organisation USING gist (organisation_path)",
    # Both exclusion constraints are checked at the end of a statement, so that one statement may cut a timeline.
    """
    CREATE TABLE organisation_version (
        organisation_id uuid NOT NULL REFERENCES organisation,
        valid_from date NOT NULL,
        valid_to date,
        code text NOT NULL,
        name text NOT NULL,
        kind text NOT NULL CHECK (kind IN ('province', 'department', 'commune', 'school', 'site')),
        parent_id uuid REFERENCES organisation,
        levels text[] NOT NULL DEFAULT '{}',
        school_type text CHECK (school_type IN ('public', 'community', 'private')),
        administrative_unit_code text,
        attributes jsonb NOT NULL DEFAULT '{}',
        legal_basis text,
        path ltree NOT NULL,
        organisation_path ltree NOT NULL,
        PRIMARY KEY (organisation_id, valid_from),
        CONSTRAINT organisation_version_order CHECK (valid_to > valid_from),
        CONSTRAINT organisation_version_overlap EXCLUDE USING gist (organisation_id WITH =, daterange(valid_from, valid_to) WITH &&)
            DEFERRABLE INITIALLY IMMEDIATE,
        CONSTRAINT organisation_version_code EXCLUDE USING gist (code WITH =, daterange(valid_from, valid_to) WITH &&)
            DEFERRABLE INITIALLY IMMEDIATE
    )""",
    "COMMENT ON COLUMN organisation_version.valid_to IS 'exclusive: the version holds during [valid_from, valid_to)'",
    "COMMENT ON COLUMN organisation_version.path IS 'place in the tree during this version'",
    "COMMENT ON COLUMN organisation_version.organisation_path IS 'place today, for row security: history follows the organisation'",
    "CREATE INDEX organisation_version_code_at ON organisation_version (code, valid_from)",
    "CREATE INDEX organisation_version_parent ON organisation_version (parent_id)",
    "CREATE INDEX organisation_version_path ON organisation_version USING gist (path)",
    """
    CREATE TABLE organisation_successor (
        predecessor_id uuid NOT NULL REFERENCES organisation,
        successor_id uuid NOT NULL REFERENCES organisation,
        change_date date NOT NULL,
        kind text NOT NULL CHECK (kind IN ('merged', 'split', 'replaced')),
        organisation_path ltree NOT NULL,
        created_at timestamptz NOT NULL DEFAULT now(),
        PRIMARY KEY (predecessor_id, successor_id),
        CHECK (predecessor_id <> successor_id)
    )""",
    "CREATE INDEX organisation_successor_of ON organisation_successor (successor_id)",
]

PEOPLE = [
    """
    CREATE TABLE person (
        person_id uuid PRIMARY KEY,
        full_name text NOT NULL,
        family_name text NOT NULL,
        middle_name text NOT NULL,
        given_name text NOT NULL,
        search_name text NOT NULL,
        birth_date date NOT NULL,
        birth_precision text NOT NULL CHECK (birth_precision IN ('day', 'month', 'year')),
        sex smallint NOT NULL CHECK (sex BETWEEN 0 AND 2),
        ethnicity text,
        warnings text[] NOT NULL DEFAULT '{}',
        organisation_path ltree NOT NULL,
        version integer NOT NULL DEFAULT 1,
        created_at timestamptz NOT NULL DEFAULT now(),
        updated_at timestamptz NOT NULL DEFAULT now()
    )""",
    """
    CREATE TABLE person_identifier (
        kind text NOT NULL CHECK (kind IN
            ('personal_number', 'ministry_code', 'lifelong_code', 'temporary_code', 'foreign_document', 'birth_certificate')),
        value text NOT NULL,
        person_id uuid NOT NULL REFERENCES person,
        organisation_path ltree NOT NULL,
        created_at timestamptz NOT NULL DEFAULT now(),
        PRIMARY KEY (kind, value)
    )""",
    "CREATE INDEX person_identifier_of ON person_identifier (person_id)",
]

STAFF_AND_CLASSES = [
    """
    CREATE TABLE school_year (
        school_year text PRIMARY KEY CHECK (school_year ~ '^20[0-9]{2}-20[0-9]{2}$'),
        starts_on date NOT NULL,
        ends_on date NOT NULL CHECK (ends_on > starts_on),
        version integer NOT NULL DEFAULT 1,
        created_at timestamptz NOT NULL DEFAULT now(),
        updated_at timestamptz NOT NULL DEFAULT now()
    )""",
    """
    CREATE TABLE staff (
        staff_id uuid PRIMARY KEY,
        person_id uuid NOT NULL CONSTRAINT staff_person UNIQUE REFERENCES person,
        ministry_code text,
        school_id uuid NOT NULL REFERENCES organisation,
        role text NOT NULL,
        organisation_path ltree NOT NULL,
        version integer NOT NULL DEFAULT 1,
        created_at timestamptz NOT NULL DEFAULT now(),
        updated_at timestamptz NOT NULL DEFAULT now()
    )""",
    "CREATE INDEX staff_school ON staff (school_id, staff_id)",
    "CREATE INDEX staff_scope ON staff USING gist (organisation_path)",
    """
    CREATE TABLE post (
        post_id uuid PRIMARY KEY,
        staff_id uuid NOT NULL REFERENCES staff,
        organisation_id uuid NOT NULL REFERENCES organisation,
        role text NOT NULL,
        subject text,
        degree text,
        uses_it boolean NOT NULL DEFAULT false,
        makes_elearning boolean NOT NULL DEFAULT false,
        period daterange NOT NULL CHECK (NOT isempty(period)),
        organisation_path ltree NOT NULL
    )""",
    "CREATE INDEX post_staff ON post (staff_id)",
    "CREATE INDEX post_organisation ON post (organisation_id)",
    """
    CREATE TABLE staff_certificate (
        staff_id uuid NOT NULL REFERENCES staff,
        kind text NOT NULL,
        name text NOT NULL,
        issued_on date NOT NULL,
        organisation_path ltree NOT NULL,
        PRIMARY KEY (staff_id, kind, name)
    )""",
    """
    CREATE TABLE class (
        class_id uuid PRIMARY KEY,
        school_id uuid NOT NULL REFERENCES organisation,
        school_year text NOT NULL REFERENCES school_year,
        grade smallint CHECK (grade BETWEEN 0 AND 12),
        level text NOT NULL,
        name text NOT NULL,
        studies_informatics boolean NOT NULL DEFAULT false,
        homeroom_staff_id uuid REFERENCES staff,
        site_id uuid REFERENCES organisation,
        organisation_path ltree NOT NULL,
        version integer NOT NULL DEFAULT 1,
        created_at timestamptz NOT NULL DEFAULT now(),
        updated_at timestamptz NOT NULL DEFAULT now(),
        CONSTRAINT class_natural_key UNIQUE (school_id, school_year, name)
    )""",
    "CREATE INDEX class_homeroom ON class (homeroom_staff_id) WHERE homeroom_staff_id IS NOT NULL",
    "CREATE INDEX class_scope ON class USING gist (organisation_path)",
]

LEARNERS = [
    """
    CREATE TABLE learner (
        learner_id uuid PRIMARY KEY,
        person_id uuid NOT NULL CONSTRAINT learner_person UNIQUE REFERENCES person,
        ministry_code text,
        school_id uuid REFERENCES organisation,
        class_id uuid REFERENCES class,
        grade smallint CHECK (grade BETWEEN 0 AND 12),
        level text,
        status text NOT NULL CHECK (status ~ '^(0[1-9]|1[0-2])$'),
        organisation_path ltree NOT NULL,
        version integer NOT NULL DEFAULT 1,
        created_at timestamptz NOT NULL DEFAULT now(),
        updated_at timestamptz NOT NULL DEFAULT now()
    )""",
    # A page of a school's learners is one range of this index, however deep it lies.
    "CREATE INDEX learner_school ON learner (school_id, learner_id)",
    "CREATE INDEX learner_class ON learner (class_id, learner_id) WHERE class_id IS NOT NULL",
    "CREATE INDEX learner_ministry_code ON learner (ministry_code) WHERE ministry_code IS NOT NULL",
    # For moves of a subtree. A GiST index would answer "all below" sooner (1 ms against 35 ms at 200,000), but costs every import 4 s.
    "CREATE INDEX learner_scope ON learner (organisation_path)",
    """
    CREATE TABLE enrolment (
        enrolment_id uuid PRIMARY KEY,
        learner_id uuid NOT NULL REFERENCES learner,
        school_id uuid NOT NULL REFERENCES organisation,
        class_id uuid REFERENCES class,
        school_year text NOT NULL REFERENCES school_year,
        grade smallint CHECK (grade BETWEEN 0 AND 12),
        level text NOT NULL,
        studies_informatics boolean NOT NULL DEFAULT false,
        status_from text NOT NULL,
        status_to text,
        period daterange NOT NULL CHECK (NOT isempty(period)),
        organisation_path ltree NOT NULL,
        created_at timestamptz NOT NULL DEFAULT now(),
        CONSTRAINT enrolment_one_school EXCLUDE USING gist (learner_id WITH =, period WITH &&)
    )""",
    "COMMENT ON CONSTRAINT enrolment_one_school ON enrolment IS 'a learner is in one school at any moment'",
    "CREATE INDEX enrolment_school ON enrolment (school_id, school_year)",
    """
    CREATE TABLE guardian (
        guardian_person_id uuid NOT NULL REFERENCES person,
        learner_id uuid NOT NULL REFERENCES learner,
        relation text NOT NULL,
        organisation_path ltree NOT NULL,
        created_at timestamptz NOT NULL DEFAULT now(),
        CONSTRAINT guardian_pkey PRIMARY KEY (guardian_person_id, learner_id)
    )""",
    "CREATE INDEX guardian_learner ON guardian (learner_id)",
    """
    CREATE TABLE transfer (
        dossier_id text PRIMARY KEY,
        learner_id uuid NOT NULL,
        from_school_code text NOT NULL,
        to_school_code text NOT NULL,
        effective_date date NOT NULL,
        outcome text NOT NULL CHECK (outcome IN ('executed', 'refused')),
        reason text CHECK ((outcome = 'refused') = (reason IS NOT NULL)),
        enrolment_id uuid REFERENCES enrolment,
        organisation_path ltree NOT NULL,
        decided_at timestamptz NOT NULL DEFAULT now()
    )""",
    "CREATE INDEX transfer_learner ON transfer (learner_id)",
]

# Where every organisation stands today, for all that is kept under it. The owner's rights: whoever changes a part of the tree need not see
# all of it. Rows that leave a scope are told to the change feed of that scope as deleted.
REFRESH = [
    """
    CREATE FUNCTION refresh_organisations(today date) RETURNS integer LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = public, pg_temp AS $$
    DECLARE
        was ltree[];
        becomes ltree[];
        moved_table text;
    BEGIN
        PERFORM pg_advisory_xact_lock(hashtext('organisation tree'));
        WITH RECURSIVE standing AS (
            SELECT DISTINCT ON (v.organisation_id) v.organisation_id, v.path,
                v.valid_from <= today AND (v.valid_to IS NULL OR v.valid_to > today) AS in_force
            FROM organisation_version v
            ORDER BY v.organisation_id, (v.valid_from <= today) DESC, abs(v.valid_from - today)
        ), link AS (
            SELECT DISTINCT ON (s.predecessor_id) s.predecessor_id, s.successor_id
            FROM organisation_successor s JOIN standing t ON t.organisation_id = s.predecessor_id
            WHERE NOT t.in_force AND s.change_date <= today AND s.kind IN ('merged', 'replaced')
            ORDER BY s.predecessor_id, s.change_date DESC
        ), place AS (
            SELECT t.organisation_id, t.path FROM standing t
            WHERE NOT EXISTS (SELECT FROM link l WHERE l.predecessor_id = t.organisation_id)
            UNION ALL
            SELECT l.predecessor_id, p.path || text2ltree(replace(l.predecessor_id::text, '-', ''))
            FROM place p JOIN link l ON l.successor_id = p.organisation_id
        ), moved AS (
            UPDATE organisation o SET organisation_path = p.path
            FROM place p JOIN organisation old USING (organisation_id)
            WHERE p.organisation_id = o.organisation_id AND o.organisation_path <> p.path
            RETURNING o.organisation_id, o.version, old.organisation_path AS was, o.organisation_path AS becomes
        ), told AS (
            INSERT INTO change (resource, key, kind, version, organisation_path)
            SELECT 'organisation', organisation_id, 'deleted', version, m.was FROM moved m
            UNION ALL SELECT 'organisation', organisation_id, 'changed', version, m.becomes FROM moved m
        )
        SELECT array_agg(m.was), array_agg(m.becomes) INTO was, becomes FROM moved m;
        FOREACH moved_table IN ARRAY CASE WHEN was IS NULL THEN '{}' ELSE ARRAY['organisation_version', 'organisation_successor', 'person',
            'person_identifier', 'post', 'staff_certificate', 'enrolment', 'guardian', 'transfer'] END
        LOOP
            EXECUTE format('UPDATE %I t SET organisation_path = m.becomes FROM unnest($1, $2) AS m(was, becomes)
                            WHERE t.organisation_path = m.was', moved_table) USING was, becomes;
        END LOOP;
        FOREACH moved_table IN ARRAY CASE WHEN was IS NULL THEN '{}' ELSE ARRAY['learner', 'staff', 'class'] END
        LOOP
            EXECUTE format('WITH moved AS (UPDATE %1$I t SET organisation_path = m.becomes FROM unnest($1, $2) AS m(was, becomes)
                            WHERE t.organisation_path = m.was RETURNING t.%2$I AS id, t.version, m.was, m.becomes)
                            INSERT INTO change (resource, key, kind, version, organisation_path)
                            SELECT %1$L, id, ''deleted'', version, was FROM moved
                            UNION ALL SELECT %1$L, id, ''changed'', version, becomes FROM moved',
                           moved_table, moved_table || '_id') USING was, becomes;
        END LOOP;
        DELETE FROM organisation_path p WHERE NOT EXISTS (
            SELECT FROM organisation_version v WHERE v.organisation_id = p.organisation_id AND v.code = p.code
                AND v.valid_from <= today AND (v.valid_to IS NULL OR v.valid_to > today));
        INSERT INTO organisation_path AS p (organisation_id, code, name, kind, parent_id, path, version)
        SELECT v.organisation_id, v.code, v.name, v.kind, v.parent_id, v.path, o.version
        FROM organisation_version v JOIN organisation o USING (organisation_id)
        WHERE v.valid_from <= today AND (v.valid_to IS NULL OR v.valid_to > today)
        ON CONFLICT (organisation_id) DO UPDATE
        SET name = excluded.name, kind = excluded.kind, parent_id = excluded.parent_id, path = excluded.path, version = excluded.version
        WHERE (p.name, p.kind, p.parent_id, p.path, p.version)
            IS DISTINCT FROM (excluded.name, excluded.kind, excluded.parent_id, excluded.path, excluded.version);
        RETURN coalesce(cardinality(was), 0);
    END $$""",
]

PROTECTED = (
    Organisation,
    OrganisationVersion,
    OrganisationSuccessor,
    Person,
    PersonIdentifier,
    Staff,
    Post,
    StaffCertificate,
    SchoolClass,
    Learner,
    Enrolment,
    Guardian,
    Transfer,
)
FUNCTIONS = (*RELATION_NAMES, "refresh_organisations(date)")
TABLES = (
    "transfer, guardian, enrolment, learner, class, staff_certificate, post, staff, school_year, person_identifier, person, "
    "organisation_successor, organisation_version, organisation"
)


def upgrade() -> None:
    execute(["CREATE EXTENSION IF NOT EXISTS ltree", "CREATE EXTENSION IF NOT EXISTS btree_gist", *foundation.UPGRADE_1])
    execute([*ORGANISATIONS, *PEOPLE, *STAFF_AND_CLASSES, *LEARNERS, *REFRESH, *RELATIONS])
    for table in PROTECTED:
        execute(policies.statements(table))


def downgrade() -> None:
    execute(["DROP TABLE " + TABLES + " CASCADE", *("DROP FUNCTION " + function for function in FUNCTIONS), *foundation.DOWNGRADE_1])
