"""What every service's database has before its own tables: scope, audit, change feed, repetition keys, the bus tables."""

from libs.common.db.policies import IN_SCOPE
from libs.common.events.ddl import DOWNGRADE_1 as EVENTS_DOWNGRADE_1
from libs.common.events.ddl import UPGRADE_1 as EVENTS_UPGRADE_1
from libs.common.text.sql import FOLD_FUNCTION

ORGANISATION_PATH = """
CREATE TABLE organisation_path (
    organisation_id uuid PRIMARY KEY,
    code text NOT NULL UNIQUE,
    name text NOT NULL,
    kind text NOT NULL,
    parent_id uuid,
    path ltree NOT NULL,
    version bigint NOT NULL DEFAULT 0
)"""

# The scope lives for one transaction only; where it was never opened, nothing is visible.
OPEN_SCOPE = """
CREATE FUNCTION open_scope(codes text[], person uuid, actor text) RETURNS boolean LANGUAGE plpgsql VOLATILE AS $$
BEGIN
    PERFORM set_config('lienthong.scope',
                CASE WHEN '*' = ANY (codes) THEN '{""}'
                     ELSE coalesce((SELECT array_agg(o.path)::text FROM organisation_path o WHERE o.code = ANY (codes)), '{}') END,
                true),
            set_config('lienthong.person', coalesce(person::text, ''), true),
            set_config('lienthong.actor', actor, true);
    RETURN true;
END $$"""

SCOPE_PATHS = """
CREATE FUNCTION scope_paths() RETURNS ltree[] LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT nullif(current_setting('lienthong.scope', true), '')::ltree[]
$$"""

SCOPE_PERSON = """
CREATE FUNCTION scope_person() RETURNS uuid LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT nullif(current_setting('lienthong.person', true), '')::uuid
$$"""

# UUIDv7 (RFC 9562) made by hand: the built-in uuidv7() exists from PostgreSQL 18 on, and 16 is the oldest supported.
NEW_ID = """
CREATE FUNCTION new_id() RETURNS uuid LANGUAGE sql VOLATILE PARALLEL SAFE AS $$
    SELECT encode(set_bit(set_bit(overlay(uuid_send(gen_random_uuid())
        PLACING substring(int8send(floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint) FROM 3) FROM 1 FOR 6),
        52, 1), 53, 1), 'hex')::uuid
$$"""

AUDIT = """
CREATE TABLE audit (
    audit_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at timestamptz NOT NULL DEFAULT clock_timestamp(),
    actor text NOT NULL,
    action text NOT NULL,
    resource text NOT NULL,
    key text NOT NULL,
    version bigint NOT NULL,
    organisation_path ltree NOT NULL,
    request_id text NOT NULL,
    details jsonb NOT NULL
)"""

CHANGE = """
CREATE TABLE change (
    change_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    position bigint,
    at timestamptz NOT NULL DEFAULT clock_timestamp(),
    resource text NOT NULL,
    key text NOT NULL,
    kind text NOT NULL CHECK (kind IN ('changed', 'deleted')),
    version bigint NOT NULL,
    organisation_path ltree NOT NULL
)"""

# Positions are given after commit, by one at a time, in the order in which changes became visible: a reader that has seen
# position n has missed nothing below n, whatever was still in flight. Identity values cannot promise that.
SEQUENCE_CHANGES = """
CREATE FUNCTION sequence_changes() RETURNS void LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF EXISTS (SELECT FROM change WHERE position IS NULL) THEN
        PERFORM pg_advisory_xact_lock(hashtext('sequence_changes'));
        WITH waiting AS (SELECT change_id FROM change WHERE position IS NULL ORDER BY change_id),
             numbered AS (SELECT change_id, nextval('change_position') AS position FROM waiting)
        UPDATE change SET position = numbered.position FROM numbered WHERE change.change_id = numbered.change_id;
    END IF;
END $$"""

IDEMPOTENCY = """
CREATE TABLE idempotency (
    actor text NOT NULL,
    key text NOT NULL,
    route text NOT NULL,
    body_hash bytea NOT NULL,
    status smallint,
    headers jsonb,
    body bytea,
    at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (actor, key)
)"""

UPGRADE_1 = [
    ORGANISATION_PATH,
    "CREATE INDEX ON organisation_path USING gist (path)",
    OPEN_SCOPE,
    SCOPE_PATHS,
    SCOPE_PERSON,
    NEW_ID,
    FOLD_FUNCTION,
    AUDIT,
    "CREATE INDEX ON audit (resource, key)",
    "ALTER TABLE audit ENABLE ROW LEVEL SECURITY",
    "CREATE POLICY audit_read ON audit FOR SELECT USING (" + IN_SCOPE.format(path="organisation_path") + ")",
    "CREATE POLICY audit_write ON audit FOR INSERT WITH CHECK (true)",
    CHANGE,
    "CREATE INDEX ON change (resource, position)",
    "CREATE INDEX ON change (change_id) WHERE position IS NULL",
    "CREATE SEQUENCE change_position",
    "ALTER TABLE change ENABLE ROW LEVEL SECURITY",
    "CREATE POLICY change_read ON change FOR SELECT USING (" + IN_SCOPE.format(path="organisation_path") + ")",
    "CREATE POLICY change_write ON change FOR INSERT WITH CHECK (true)",
    SEQUENCE_CHANGES,
    IDEMPOTENCY,
    "CREATE INDEX ON idempotency (at)",
    *EVENTS_UPGRADE_1,
]

DOWNGRADE_1 = [
    *EVENTS_DOWNGRADE_1,
    "DROP TABLE idempotency",
    "DROP FUNCTION sequence_changes()",
    "DROP TABLE change",
    "DROP SEQUENCE change_position",
    "DROP TABLE audit",
    "DROP FUNCTION fold(text)",
    "DROP FUNCTION new_id()",
    "DROP FUNCTION scope_person()",
    "DROP FUNCTION scope_paths()",
    "DROP FUNCTION open_scope(text[], uuid, text)",
    "DROP TABLE organisation_path",
]
