"""Tables and functions of the PostgreSQL bus (database `bus`); every statement can run again."""

LOG_DDL = (
    """
    CREATE TABLE IF NOT EXISTS topic (
        topic text PRIMARY KEY,
        state boolean NOT NULL,
        retention interval NOT NULL
    )
    """,
    # One row per partition is counter and lock in one: it stays locked from drawing positions until commit, so positions become visible in
    # order and without gaps, and a reader can never step over an append in flight. Not full pages: the counter is updated in place.
    """
    CREATE TABLE IF NOT EXISTS topic_partition (
        topic text NOT NULL REFERENCES topic,
        partition integer NOT NULL,
        next_position bigint NOT NULL DEFAULT 0,
        PRIMARY KEY (topic, partition)
    ) WITH (fillfactor = 25)
    """,
    # Reads go by place only. A key's records are found in its one partition, times by a walk from the end (stored_at grows with position).
    """
    CREATE TABLE IF NOT EXISTS log (
        topic text NOT NULL,
        partition integer NOT NULL,
        position bigint NOT NULL,
        key text NOT NULL,
        headers text NOT NULL,
        body bytea NOT NULL,
        stored_at timestamptz NOT NULL,
        PRIMARY KEY (topic, partition, position)
    )
    """,
    """
    CREATE TABLE IF NOT EXISTS group_offset (
        group_name text NOT NULL,
        topic text NOT NULL,
        partition integer NOT NULL,
        position bigint NOT NULL,
        PRIMARY KEY (group_name, topic, partition)
    ) WITH (fillfactor = 25)
    """,
    # Messages come sorted by place; `counts` says how many belong to each. Places are locked in the order given, which callers sort.
    """
    CREATE OR REPLACE FUNCTION bus_append(
        topics text[], partitions integer[], counts integer[], keys text[], headers text[], bodies bytea[])
    RETURNS void LANGUAGE plpgsql AS $$
    DECLARE
        last integer := 0;
        first bigint;
    BEGIN
        FOR i IN 1 .. cardinality(topics) LOOP
            UPDATE topic_partition p SET next_position = p.next_position + counts[i]
            WHERE p.topic = topics[i] AND p.partition = partitions[i]
            RETURNING p.next_position - counts[i] INTO STRICT first;
            INSERT INTO log (topic, partition, position, key, headers, body, stored_at)
            SELECT topics[i], partitions[i], first + m.n - 1, m.key, m.headers, m.body, clock_timestamp()
            FROM unnest(keys[last + 1 : last + counts[i]], headers[last + 1 : last + counts[i]], bodies[last + 1 : last + counts[i]])
                WITH ORDINALITY AS m(key, headers, body, n);
            last := last + counts[i];
        END LOOP;
        PERFORM pg_notify('bus', '');
    END $$
    """,
    # Compaction keeps the last record of each key, as Kafka does; both deletions leave holes at positions that every reader tolerates.
    """
    CREATE OR REPLACE FUNCTION bus_maintain() RETURNS bigint LANGUAGE plpgsql AS $$
    DECLARE
        removed bigint;
        compacted bigint;
    BEGIN
        IF NOT pg_try_advisory_xact_lock(7310579624212) THEN
            RETURN 0;
        END IF;
        DELETE FROM log l USING topic t WHERE t.topic = l.topic AND NOT t.state AND l.stored_at < now() - t.retention;
        GET DIAGNOSTICS removed = ROW_COUNT;
        DELETE FROM log l
        USING (SELECT r.topic, r.partition, r.key, max(r.position) AS position
               FROM log r JOIN topic t USING (topic) WHERE t.state GROUP BY r.topic, r.partition, r.key) AS newest
        WHERE l.topic = newest.topic AND l.partition = newest.partition AND l.key = newest.key AND l.position < newest.position;
        GET DIAGNOSTICS compacted = ROW_COUNT;
        RETURN removed + compacted;
    END $$
    """,
)

GRANTS = """
DO $$ BEGIN
    EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON topic, topic_partition, log, group_offset TO %I',
                   current_setting('lienthong.role'));
    EXECUTE format('GRANT EXECUTE ON FUNCTION bus_append, bus_maintain TO %I', current_setting('lienthong.role'));
END $$
"""
