"""Tables of the event machinery in every service's database; the common migration runs these statements as the owner.

What the application role needs (granted by the migration's default privileges): SELECT, INSERT, UPDATE and DELETE on outbox, inbox and
dead_letter, USAGE on their sequences, EXECUTE on outbox_shard. None of the three holds rows that people read, so none has row security.
"""

UPGRADE_1 = [
    # The shard comes from the key's last character: uniform for UUIDs, as cheap in SQL as in Python (outbox.shard_of), and inlined.
    """
    CREATE FUNCTION outbox_shard(key text) RETURNS smallint LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    RETURN (ascii(right(key, 1)) & 7)::smallint
    """,
    # The relay asks for its shards' lowest ids and for nothing else, so the primary key in that order is the only index. The size limit
    # refuses an event that no bus would take, in the transaction that makes it, where it harms nobody else.
    """
    CREATE TABLE outbox (
        outbox_id bigint GENERATED ALWAYS AS IDENTITY (CACHE 1),
        shard smallint NOT NULL CHECK (shard BETWEEN 0 AND 7),
        topic text NOT NULL,
        key text NOT NULL CHECK (key <> ''),
        event_id uuid NOT NULL,
        type text NOT NULL,
        sequence bigint NOT NULL CHECK (sequence >= 0),
        occurred_at timestamptz NOT NULL,
        traceparent text,
        body text NOT NULL CHECK (octet_length(body) <= 262144),
        PRIMARY KEY (shard, outbox_id)
    )
    """,
    # A queue is all dead rows soon after it was full: vacuum by count, not by share, or the relay walks over them.
    """
    ALTER TABLE outbox SET (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 2000, autovacuum_vacuum_cost_delay = 0,
                            autovacuum_vacuum_insert_threshold = -1, autovacuum_analyze_threshold = 1000000)
    """,
    "COMMENT ON TABLE outbox IS 'Events of committed transactions that are not on the bus yet; the relay sends and deletes them in order'",
    # The primary key answers "is this event new to this consumer". Rows arrive in time order, so a block-range index is enough to prune.
    """
    CREATE TABLE inbox (
        consumer text NOT NULL,
        event_id uuid NOT NULL,
        received_at timestamptz NOT NULL DEFAULT now(),
        PRIMARY KEY (consumer, event_id)
    )
    """,
    "CREATE INDEX inbox_received ON inbox USING brin (received_at) WITH (autosummarize = on)",
    "COMMENT ON TABLE inbox IS 'Events that a consumer has applied, kept longer than the bus keeps events, so that none is applied twice'",
    # One row per place on the bus: a crash between dead letter and bus offset repeats the insert, and must not double the letter.
    """
    CREATE TABLE dead_letter (
        dead_letter_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        consumer text NOT NULL,
        topic text NOT NULL,
        partition integer NOT NULL,
        position bigint NOT NULL,
        key text NOT NULL,
        event_id uuid,
        type text,
        headers jsonb NOT NULL,
        body bytea NOT NULL,
        stored_at timestamptz NOT NULL,
        reason text NOT NULL,
        attempts integer NOT NULL DEFAULT 1,
        failed_at timestamptz NOT NULL DEFAULT now(),
        replay_requested_at timestamptz,
        forced boolean NOT NULL DEFAULT false,
        replayed_at timestamptz,
        UNIQUE (consumer, topic, partition, position)
    )
    """,
    # Letters are rare and replayed ones stay as a record: each consumer looks every second for what was asked for, and only for that.
    """
    CREATE INDEX dead_letter_requested ON dead_letter (consumer, dead_letter_id)
    WHERE replay_requested_at IS NOT NULL AND replayed_at IS NULL
    """,
    "CREATE INDEX dead_letter_open ON dead_letter (consumer) WHERE replayed_at IS NULL",
    "COMMENT ON TABLE dead_letter IS 'Events a consumer could not apply, with bytes and reason, or that are to be applied again'",
]

DOWNGRADE_1 = ["DROP TABLE dead_letter", "DROP TABLE inbox", "DROP TABLE outbox", "DROP FUNCTION outbox_shard(text)"]
