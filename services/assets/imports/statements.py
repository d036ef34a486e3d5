"""The set-based statements of an import, in their order: references, rules, count, write."""

from typing import Final

# Locked against a move of the organisation; ordered, so that two imports wait for each other instead of deadlocking.
LOCK_ORGANISATIONS: Final = """
SELECT FROM organisation_path WHERE code IN (SELECT organisation_code FROM stage) AND path <@ ANY ((SELECT scope_paths())::ltree[])
ORDER BY organisation_id FOR SHARE"""
# A cell that cannot be cast is NULL here: its own fault is noted already.
CREATE_TYPED: Final = """
CREATE TEMP TABLE typed ON COMMIT DROP AS
SELECT s.row_no, s.organisation_code, o.organisation_id, o.path AS organisation_path, s.asset_code, k.kind, s.class_code, s.name,
    CASE WHEN pg_input_is_valid(s.quantity, 'integer') THEN s.quantity::integer END AS quantity, s.provider, s.level,
    CASE WHEN pg_input_is_valid(s.online, 'boolean') THEN s.online::boolean END AS online,
    CASE WHEN pg_input_is_valid(s.cost, 'bigint') THEN s.cost::bigint END AS cost,
    import_day(s.first_used_on) AS first_used_on,
    CASE WHEN pg_input_is_valid(s.second_hand_years, 'integer') THEN s.second_hand_years::integer END AS second_hand_years,
    CASE WHEN pg_input_is_valid(s.opening_year, 'integer') THEN s.opening_year::integer END AS opening_year,
    CASE WHEN pg_input_is_valid(s.opening_accumulated, 'bigint') THEN s.opening_accumulated::bigint END AS opening_accumulated,
    s.wear_class, s.no_wear, import_day(s.valid_from) AS valid_from, import_day(s.valid_to) AS valid_to
FROM stage s LEFT JOIN organisation_path o ON o.code = s.organisation_code AND o.path <@ ANY ((SELECT scope_paths())::ltree[])
LEFT JOIN unnest($1::text[], $2::text[]) AS k(class_code, kind) ON k.class_code = s.class_code"""
ANALYSE: Final = "ANALYZE typed"
LOCK_ASSETS: Final = """
SELECT FROM asset a WHERE (a.organisation_id, a.asset_code) IN (SELECT organisation_id, asset_code FROM typed)
ORDER BY a.asset_id FOR UPDATE"""

REFERENCES: Final = """
INSERT INTO fault
SELECT row_no, 'organisation_code', 'unknown_organisation', organisation_code, '' FROM typed
    WHERE organisation_id IS NULL AND organisation_code IS NOT NULL
UNION ALL SELECT row_no, 'wear_class', 'unknown_wear_class', wear_class, '' FROM typed WHERE wear_class <> ALL ($1::text[])
UNION ALL SELECT t.row_no, 'asset_code', 'duplicate_row', t.asset_code, f.first_row::text
    FROM typed t JOIN (SELECT organisation_code, asset_code, min(row_no) AS first_row FROM typed GROUP BY 1, 2 HAVING count(*) > 1) f
        USING (organisation_code, asset_code) WHERE t.row_no <> f.first_row"""
# What the file leaves empty stays.
CREATE_MERGED: Final = """
CREATE TEMP TABLE merged ON COMMIT DROP AS
SELECT t.row_no, t.organisation_id, t.organisation_path, t.asset_code, t.kind, t.class_code, m.*, t.valid_from,
    coalesce(a.asset_id, new_id()) AS asset_id, a.asset_id IS NULL AS is_new, coalesce(a.version, 0) + 1 AS version,
    a.cost AS cost_before, a.valid_to AS valid_to_before,
    a.asset_id IS NULL OR (t.class_code, m.name, m.quantity, m.provider, m.level, m.online, m.cost, m.first_used_on, m.second_hand_years,
            m.opening_year, m.opening_accumulated, m.wear_class, m.no_wear, t.valid_from, m.valid_to)
        IS DISTINCT FROM (a.class_code, a.name, a.quantity, a.provider, a.level, a.online, a.cost, a.first_used_on, a.second_hand_years,
            a.opening_year, a.opening_accumulated, a.wear_class, a.no_wear, a.valid_from, a.valid_to) AS differs
FROM typed t LEFT JOIN asset a USING (organisation_id, asset_code) CROSS JOIN LATERAL (
    SELECT coalesce(t.name, a.name) AS name, coalesce(t.quantity, a.quantity, 1) AS quantity, coalesce(t.provider, a.provider) AS provider,
        coalesce(t.level, a.level) AS level, coalesce(t.online, a.online) AS online, coalesce(t.cost, a.cost) AS cost,
        coalesce(t.first_used_on, a.first_used_on) AS first_used_on,
        coalesce(t.second_hand_years, a.second_hand_years, 0) AS second_hand_years,
        coalesce(t.opening_year, a.opening_year) AS opening_year,
        coalesce(t.opening_accumulated, a.opening_accumulated) AS opening_accumulated, coalesce(t.wear_class, a.wear_class) AS wear_class,
        coalesce(t.no_wear, a.no_wear) AS no_wear, coalesce(t.valid_to, a.valid_to) AS valid_to
) m"""
RULES: Final = """
INSERT INTO fault
SELECT t.row_no, d.col, 'impossible_date', d.cell, '' FROM typed t JOIN stage s USING (row_no) CROSS JOIN LATERAL (VALUES
    ('valid_from', s.valid_from, t.valid_from), ('valid_to', s.valid_to, t.valid_to), ('first_used_on', s.first_used_on, t.first_used_on)
    ) d(col, cell, day) WHERE d.day IS NULL AND d.cell ~ $1
UNION ALL SELECT row_no, 'valid_to', 'period_order', '', '' FROM merged WHERE valid_to <= valid_from
UNION ALL SELECT row_no, 'first_used_on', 'used_before_held', '', '' FROM merged WHERE first_used_on > valid_from
UNION ALL SELECT row_no, 'provider', 'provider_of_line', provider, '' FROM merged WHERE provider IS NOT NULL AND kind <> 'line'
UNION ALL SELECT row_no, 'online', 'online_of_line', '', '' FROM merged WHERE online IS NOT NULL AND kind = 'line'
UNION ALL SELECT row_no, 'opening_accumulated', 'opening_whole', '', '' FROM merged
    WHERE (opening_year IS NULL) <> (opening_accumulated IS NULL)
UNION ALL SELECT row_no, 'opening_accumulated', 'opening_cost', '', '' FROM merged
    WHERE opening_year IS NOT NULL AND (cost IS NULL OR opening_accumulated > cost)
UNION ALL SELECT row_no, 'opening_year', 'opening_before_use', '', '' FROM merged
    WHERE opening_year < date_part('year', coalesce(first_used_on, valid_from))"""

# Only what differs from the record is touched: the same rows again write nothing.
CREATE_TOUCHED: Final = "CREATE TEMP TABLE touched ON COMMIT DROP AS SELECT * FROM merged WHERE differs"
AGAINST_RECORD: Final = """
INSERT INTO fault
SELECT row_no, 'asset_code', 'asset_retired', asset_code, '' FROM touched WHERE valid_to_before IS NOT NULL
UNION ALL SELECT row_no, 'cost', 'cost_fixed', '', '' FROM touched WHERE NOT is_new AND cost_before IS NOT NULL
    AND cost IS DISTINCT FROM cost_before"""
COUNT: Final = """
SELECT count(*) FILTER (WHERE is_new) AS created, count(*) FILTER (WHERE NOT is_new) AS changed,
    (SELECT count(*) FROM typed) - count(*) AS unchanged FROM touched"""

INSERT: Final = """
INSERT INTO asset (asset_id, organisation_id, asset_code, kind, class_code, name, quantity, provider, level, online, cost, first_used_on,
    second_hand_years, opening_year, opening_accumulated, wear_class, no_wear, valid_from, valid_to, organisation_path)
SELECT asset_id, organisation_id, asset_code, kind, class_code, name, quantity, provider, level, online, cost, first_used_on,
    second_hand_years, opening_year, opening_accumulated, wear_class, no_wear, valid_from, valid_to, organisation_path
FROM touched WHERE is_new"""
UPDATE: Final = """
UPDATE asset a SET kind = t.kind, class_code = t.class_code, name = t.name, quantity = t.quantity, provider = t.provider, level = t.level,
    online = t.online, cost = t.cost, first_used_on = t.first_used_on, second_hand_years = t.second_hand_years,
    opening_year = t.opening_year, opening_accumulated = t.opening_accumulated, wear_class = t.wear_class, no_wear = t.no_wear,
    valid_from = t.valid_from, valid_to = t.valid_to, version = t.version, updated_at = now()
FROM touched t WHERE a.asset_id = t.asset_id AND NOT t.is_new"""
FEED: Final = """
INSERT INTO change (resource, key, kind, version, organisation_path)
SELECT 'asset', asset_id::text, 'changed', version, organisation_path FROM touched"""
OUTBOX: Final = """
INSERT INTO outbox (shard, topic, key, event_id, type, sequence, occurred_at, traceparent, body)
SELECT outbox_shard(asset_id::text), 'assets.asset', asset_id::text, new_id(),
    CASE WHEN is_new THEN 'vn.lienthong.assets.asset.recorded.v1' WHEN valid_to IS NOT NULL THEN 'vn.lienthong.assets.asset.retired.v1'
        ELSE 'vn.lienthong.assets.asset.changed.v1' END, version, now(), $1::text,
    json_build_object('asset_id', asset_id, 'organisation_id', organisation_id, 'kind', kind, 'class_code', class_code,
        'quantity', quantity, 'provider', provider, 'level', level, 'first_used_on', first_used_on,
        'valid_from', valid_from, 'valid_to', valid_to, 'online', online, 'version', version)::text
FROM touched ORDER BY row_no"""

# The same file by the same account is one import: a second one, even a simultaneous one, waits here and finds the first.
BEGIN_RUN: Final = """
INSERT INTO import_run (import_id, dry_run, actor, media, file_sha256, file_bytes, rows, state)
VALUES ($1, $2, $3, $4, $5, $6, 0, 'applied')
ON CONFLICT (actor, file_sha256) WHERE state = 'applied' AND NOT dry_run DO NOTHING RETURNING import_id"""
KNOWN_RUN: Final = "SELECT import_id FROM import_run WHERE actor = $1 AND file_sha256 = $2 AND state = 'applied' AND NOT dry_run"
FINISH_RUN: Final = """
UPDATE import_run SET state = $2, rows = $3, errors = $4, created = $5, changed = $6, unchanged = $7, finished_at = clock_timestamp()
WHERE import_id = $1"""
