"""The identity service's tables: accounts, grants, clients, sessions and what the sandbox issuer keeps."""

from libs.common.db import foundation, policies
from libs.common.db.migrate import execute
from services.identity.accounts.tables import Account
from services.identity.clients.tables import Client
from services.identity.grants.tables import RoleGrant
from services.identity.sessions.tables import LoginSession

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

TABLES = [
    """
    CREATE TABLE account (
        account_id uuid PRIMARY KEY,
        username text NOT NULL CONSTRAINT account_username UNIQUE CHECK (username = lower(username) AND username <> ''),
        name text NOT NULL,
        person_id uuid,
        organisation_code text NOT NULL,
        organisation_path ltree NOT NULL,
        disabled_at timestamptz,
        version bigint NOT NULL,
        created_at timestamptz NOT NULL,
        updated_at timestamptz NOT NULL
    )""",
    "CREATE INDEX account_in_scope ON account USING gist (organisation_path)",
    "CREATE INDEX account_organisation ON account (organisation_code)",
    "CREATE INDEX account_person ON account (person_id)",
    """
    CREATE TABLE client (
        client_id text PRIMARY KEY CHECK (client_id ~ '^[a-z][a-z0-9-]{2,62}$'),
        name text NOT NULL,
        kind text NOT NULL CHECK (kind IN ('vendor', 'public')),
        subject uuid NOT NULL UNIQUE,
        scopes text[] NOT NULL,
        redirect_uris text[] NOT NULL,
        logout_uris text[] NOT NULL,
        backchannel_logout_uri text,
        organisation_code text NOT NULL,
        organisation_path ltree NOT NULL,
        disabled_at timestamptz,
        version bigint NOT NULL,
        created_at timestamptz NOT NULL,
        updated_at timestamptz NOT NULL
    )""",
    """
    CREATE TABLE role_grant (
        grant_id uuid PRIMARY KEY,
        account_id uuid REFERENCES account,
        client_id text REFERENCES client,
        role text NOT NULL,
        organisation_code text NOT NULL,
        organisation_path ltree NOT NULL,
        granted_by text NOT NULL,
        granted_at timestamptz NOT NULL,
        CHECK (num_nonnulls(account_id, client_id) = 1),
        CONSTRAINT role_grant_once UNIQUE NULLS NOT DISTINCT (account_id, client_id, role, organisation_code)
    )""",
    "CREATE INDEX role_grant_client ON role_grant (client_id)",
    "CREATE INDEX role_grant_organisation ON role_grant (organisation_code)",
    """
    CREATE TABLE login_session (
        session_id text PRIMARY KEY,
        account_id uuid NOT NULL REFERENCES account,
        organisation_code text NOT NULL,
        organisation_path ltree NOT NULL,
        cookie_digest text NOT NULL UNIQUE,
        user_agent text NOT NULL,
        started_at timestamptz NOT NULL,
        used_at timestamptz NOT NULL,
        expires_at timestamptz NOT NULL,
        ended_at timestamptz,
        ended_because text
    )""",
    "CREATE INDEX login_session_account ON login_session (account_id, started_at)",
    "CREATE INDEX login_session_organisation ON login_session (organisation_code)",
    """
    CREATE TABLE account_password (
        account_id uuid PRIMARY KEY REFERENCES account,
        password_hash text NOT NULL,
        changed_at timestamptz NOT NULL
    )""",
    """
    CREATE TABLE client_secret (
        client_id text PRIMARY KEY REFERENCES client,
        secret_hash text NOT NULL,
        changed_at timestamptz NOT NULL
    )""",
    """
    CREATE TABLE signing_key (
        key_id text PRIMARY KEY,
        jwk jsonb NOT NULL,
        created_at timestamptz NOT NULL,
        signs_from timestamptz NOT NULL UNIQUE
    )""",
    """
    CREATE TABLE login_attempt (
        attempt_digest text PRIMARY KEY,
        browser_digest text NOT NULL,
        request jsonb NOT NULL,
        expires_at timestamptz NOT NULL
    )""",
    """
    CREATE TABLE authorization_code (
        code_digest text PRIMARY KEY,
        session_id text NOT NULL REFERENCES login_session ON DELETE CASCADE,
        client_id text NOT NULL REFERENCES client,
        redirect_uri text NOT NULL,
        scope text NOT NULL,
        challenge text NOT NULL,
        nonce text,
        expires_at timestamptz NOT NULL,
        used_at timestamptz
    )""",
    "CREATE INDEX authorization_code_session ON authorization_code (session_id)",
    """
    CREATE TABLE refresh_token (
        token_digest text PRIMARY KEY,
        session_id text NOT NULL REFERENCES login_session ON DELETE CASCADE,
        client_id text NOT NULL REFERENCES client,
        scope text NOT NULL,
        expires_at timestamptz NOT NULL,
        used_at timestamptz
    )""",
    "CREATE INDEX refresh_token_session ON refresh_token (session_id)",
    """
    CREATE TABLE login_failure (
        name text PRIMARY KEY,
        failures integer NOT NULL,
        failed_at timestamptz NOT NULL,
        locked_until timestamptz
    )""",
]

# An account may be made before its organisation arrives on the bus, and an organisation may move: the rows that name its code follow it.
# An ended organisation's code is marked `#…`; its rows follow it to its successor, unless a living organisation has taken the code.
FOLLOW_ORGANISATION = """
CREATE FUNCTION follow_organisation() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    named text := split_part(NEW.code, '#', 1);
BEGIN
    IF named <> NEW.code AND EXISTS (SELECT FROM organisation_path o WHERE o.code = named) THEN
        RETURN NULL;
    END IF;
    UPDATE account SET organisation_path = NEW.path WHERE organisation_code = named AND organisation_path <> NEW.path;
    UPDATE client SET organisation_path = NEW.path WHERE organisation_code = named AND organisation_path <> NEW.path;
    UPDATE role_grant SET organisation_path = NEW.path WHERE organisation_code = named AND organisation_path <> NEW.path;
    UPDATE login_session SET organisation_path = NEW.path WHERE organisation_code = named AND organisation_path <> NEW.path;
    RETURN NULL;
END $$"""

FOLLOW_TRIGGER = """
CREATE TRIGGER follow_organisation AFTER INSERT OR UPDATE OF code, path ON organisation_path
FOR EACH ROW EXECUTE FUNCTION follow_organisation()"""

# All grants of an account, also those outside the caller's scope: who manages an account must hold all of them, and the provider gets all.
GRANTS_OF_ACCOUNT = """
CREATE FUNCTION grants_of_account(account uuid) RETURNS TABLE (role text, organisation_code text, path text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT g.role, g.organisation_code, g.organisation_path::text FROM role_grant g WHERE g.account_id = account
$$"""

GRANTS_OF_CLIENT = """
CREATE FUNCTION grants_of_client(client text) RETURNS TABLE (role text, organisation_code text, path text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT g.role, g.organisation_code, g.organisation_path::text FROM role_grant g WHERE g.client_id = client
$$"""

DROPPED = (
    "login_failure",
    "refresh_token",
    "authorization_code",
    "login_attempt",
    "signing_key",
    "client_secret",
    "account_password",
    "login_session",
    "role_grant",
    "client",
    "account",
)


def upgrade() -> None:
    execute(["CREATE EXTENSION IF NOT EXISTS ltree", *foundation.UPGRADE_1, *TABLES])
    for table in (Account, Client, RoleGrant, LoginSession):
        execute(policies.statements(table))
    execute([FOLLOW_ORGANISATION, FOLLOW_TRIGGER, GRANTS_OF_ACCOUNT, GRANTS_OF_CLIENT])


def downgrade() -> None:
    execute(["DROP TRIGGER follow_organisation ON organisation_path", "DROP FUNCTION follow_organisation()"])
    execute(["DROP FUNCTION grants_of_account(uuid)", "DROP FUNCTION grants_of_client(text)"])
    execute(f"DROP TABLE {name}" for name in DROPPED)
    execute(foundation.DOWNGRADE_1)
