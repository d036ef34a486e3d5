"""Files of organisations: new ones (parents in the registry or in the same file) and dated changes of name, levels, type, attributes.

Moves, ends and changes of the past are single operations: they reach into the timelines of others, and a file cannot say how.
"""

from collections.abc import Sequence
from typing import Final

from libs.common.imports.faults import Fault
from services.registry.imports.plan import Connection, Plan
from services.registry.organisations import units

CREATE_TYPED: Final = """
CREATE TEMP TABLE typed ON COMMIT DROP AS
SELECT s.row_no, s.code, s.name, s.kind, s.parent_code, coalesce(string_to_array(s.levels, ';'), '{}') AS levels,
    s.levels IS NOT NULL AS levels_given,
    s.school_type, s.administrative_unit_code, s.has_website,
    CASE WHEN s.has_website IS NULL THEN '{}'::jsonb ELSE jsonb_build_object('has_website', s.has_website IN ('true', 'TRUE',
        '1')) END AS attributes,
    import_day(s.valid_from) AS starts_on, import_day(s.valid_to) AS ends_on, k.organisation_id AS known_id,
    coalesce(k.organisation_id, import_id(:organisation_stem, s.row_no)) AS organisation_id, a.organisation_id IS NOT NULL AS mine
FROM stage s LEFT JOIN organisation_path k ON k.code = s.code LEFT JOIN allowed a ON a.organisation_id = k.organisation_id"""
LOCK_TREE: Final = "SELECT pg_advisory_xact_lock(hashtext('organisation tree'))"
LOCK: Final = """
SELECT FROM organisation WHERE organisation_id IN (SELECT known_id FROM typed WHERE known_id IS NOT NULL)
ORDER BY organisation_id FOR UPDATE"""

# Where each row stands: known ones where they are, new ones below what is allowed, level by level; who is not reached has no path.
CREATE_PLACED: Final = """
CREATE TEMP TABLE placed ON COMMIT DROP AS
WITH RECURSIVE tree AS (
    SELECT t.row_no, NULL::uuid AS parent_id, NULL::text AS parent_kind, text2ltree(replace(t.organisation_id::text, '-', '')) AS path
    FROM typed t WHERE t.known_id IS NULL AND t.parent_code IS NULL AND '' = ANY (:sender_paths::text[])
    UNION ALL
    SELECT t.row_no, a.organisation_id, a.kind, a.path || replace(t.organisation_id::text, '-', '')
    FROM typed t JOIN allowed a ON a.code = t.parent_code WHERE t.known_id IS NULL
    UNION ALL
    SELECT t.row_no, above.organisation_id, above.kind, tree.path || replace(t.organisation_id::text, '-', '')
    FROM tree JOIN typed above ON above.row_no = tree.row_no JOIN typed t ON t.parent_code = above.code AND t.known_id IS NULL
)
SELECT DISTINCT ON (row_no) * FROM tree"""
CREATE_NOW: Final = """
CREATE TEMP TABLE standing ON COMMIT DROP AS
SELECT t.row_no, v.*, p.code AS parent_code,
    EXISTS (SELECT FROM organisation_version l WHERE l.organisation_id = v.organisation_id AND l.valid_from > v.valid_from) AS superseded
FROM typed t JOIN organisation_version v ON v.organisation_id = t.known_id AND v.valid_from <= t.starts_on
    AND (v.valid_to IS NULL OR v.valid_to > t.starts_on)
LEFT JOIN organisation_path p ON p.organisation_id = v.parent_id"""

# What the row makes of the version in force on its first day; what the file leaves empty stays.
CREATE_TOUCHED: Final = """
CREATE TEMP TABLE touched ON COMMIT DROP AS
SELECT t.row_no, t.organisation_id, t.known_id IS NULL AS is_new, coalesce(o.version, 0) + 1 AS version, t.code, t.name, t.kind,
    coalesce(s.parent_id, p.parent_id) AS parent_id, t.parent_code, CASE WHEN t.levels_given OR s.row_no IS NULL THEN t.levels
        ELSE s.levels END AS levels,
    coalesce(t.school_type, s.school_type) AS school_type, coalesce(t.administrative_unit_code,
        s.administrative_unit_code) AS administrative_unit_code,
    coalesce(s.attributes, '{}') || t.attributes AS attributes, s.legal_basis, t.starts_on, coalesce(t.ends_on, s.valid_to) AS ends_on,
    s.valid_from AS cut, coalesce(s.path, p.path) AS path, coalesce(o.organisation_path, p.path) AS organisation_path
FROM typed t LEFT JOIN placed p USING (row_no) LEFT JOIN standing s USING (row_no)
    LEFT JOIN organisation o ON o.organisation_id = t.known_id
WHERE t.known_id IS NULL OR s.row_no IS NULL OR s.name <> t.name OR (t.levels_given AND s.levels <> t.levels)
   OR s.school_type IS DISTINCT FROM coalesce(t.school_type, s.school_type)
   OR s.administrative_unit_code IS DISTINCT FROM coalesce(t.administrative_unit_code, s.administrative_unit_code)
   OR NOT s.attributes @> t.attributes"""

REFERENCES: Final = """
INSERT INTO fault
SELECT t.row_no, 'code', 'unknown_organisation', t.code, '' FROM typed t WHERE t.known_id IS NOT NULL AND NOT t.mine
UNION ALL SELECT t.row_no, 'parent_code', 'unknown_organisation', coalesce(t.parent_code, ''), '' FROM typed t
    LEFT JOIN placed p USING (row_no)
    WHERE t.known_id IS NULL AND p.row_no IS NULL
UNION ALL SELECT t.row_no, 'parent_code', 'parent_kind', coalesce(t.parent_code, ''), '' FROM typed t JOIN placed p USING (row_no)
    WHERE NOT CASE t.kind WHEN 'province' THEN p.parent_kind IS NULL WHEN 'department' THEN p.parent_kind IN ('province', 'department')
        WHEN 'commune' THEN p.parent_kind IN ('province', 'department') WHEN 'school' THEN p.parent_kind IN ('province',
            'department', 'commune')
        WHEN 'site' THEN p.parent_kind = 'school' ELSE true END IS TRUE
UNION ALL SELECT row_no, 'levels', 'required', '', '' FROM typed WHERE kind = 'school' AND known_id IS NULL AND NOT levels_given
UNION ALL SELECT row_no, 'levels', 'repeated_level', array_to_string(levels, ';'), '' FROM typed
    WHERE cardinality(levels) > (SELECT count(DISTINCT l) FROM unnest(levels) l)
UNION ALL SELECT row_no, 'has_website', 'attribute_of_kind', has_website, '' FROM typed WHERE kind = 'site' AND has_website IS NOT NULL"""
# A new organisation stands under one and the same place during its whole period.
PARENT_PERIOD: Final = """
INSERT INTO fault SELECT t.row_no, 'parent_code', 'parent_period', t.parent_code, ''
FROM typed t JOIN placed p USING (row_no) WHERE p.parent_id IS NOT NULL AND t.starts_on IS NOT NULL AND NOT EXISTS (
    SELECT FROM organisation_version v WHERE v.organisation_id = p.parent_id AND v.valid_from <= t.starts_on
        AND v.path = subpath(p.path, 0, nlevel(p.path) - 1)
        AND (v.valid_to IS NULL OR v.valid_to >= t.ends_on OR EXISTS (SELECT FROM organisation_version n
            WHERE n.organisation_id = v.organisation_id
            AND n.valid_from >= v.valid_to AND n.path = v.path AND n.valid_to IS NULL)))
AND NOT EXISTS (SELECT FROM typed above WHERE above.organisation_id = p.parent_id AND above.known_id IS NULL
    AND above.starts_on <= t.starts_on
    AND (above.ends_on IS NULL OR above.ends_on >= t.ends_on))"""
HISTORY: Final = """
INSERT INTO fault
SELECT t.row_no, 'kind', 'kind_fixed', t.kind, '' FROM typed t JOIN standing s USING (row_no) WHERE t.mine AND s.kind <> t.kind
UNION ALL SELECT t.row_no, 'valid_from', 'dated_history', t.starts_on::text, '' FROM typed t LEFT JOIN standing s USING (row_no)
    WHERE t.mine AND t.starts_on IS NOT NULL AND (s.row_no IS NULL OR s.parent_code IS DISTINCT FROM t.parent_code
        OR (t.ends_on IS NOT NULL AND s.valid_to IS DISTINCT FROM t.ends_on)
        OR (s.superseded AND EXISTS (SELECT FROM touched x WHERE x.row_no = t.row_no)))
UNION ALL SELECT t.row_no, d.col, CASE WHEN d.day IS NULL THEN 'impossible_date' ELSE 'period_order' END, d.given, ''
    FROM typed t JOIN stage g USING (row_no) CROSS JOIN LATERAL (VALUES ('valid_from', g.valid_from, t.starts_on), ('valid_to',
        g.valid_to, t.ends_on))
        d (col, given, day)
    WHERE d.given ~ '^(\\d{4}-\\d{2}-\\d{2}|\\d{1,2}/\\d{1,2}/\\d{4})$' AND (d.day IS NULL OR (d.col = 'valid_to'
        AND d.day <= t.starts_on))"""
DUPLICATES: Final = """
INSERT INTO fault SELECT t.row_no, 'code', 'duplicate_row', t.code, f.first_row::text
FROM typed t JOIN (SELECT code, min(row_no) AS first_row FROM typed GROUP BY code HAVING count(*) > 1) f USING (code)
    WHERE t.row_no <> f.first_row
UNION ALL SELECT t.row_no, 'code', 'identifier_taken', t.code, '' FROM typed t JOIN organisation_version v USING (code)
    WHERE t.known_id IS NULL AND daterange(v.valid_from, v.valid_to) && daterange(t.starts_on, greatest(coalesce(t.ends_on,
        'infinity'), t.starts_on))"""

COUNT: Final = """
SELECT count(*) FILTER (WHERE is_new) AS created, count(*) FILTER (WHERE NOT is_new) AS changed, (SELECT count(*)
    FROM typed) - count(*) AS unchanged
FROM touched"""

INSERT_ROOTS: Final = """
INSERT INTO organisation (organisation_id, organisation_path, closed_on)
SELECT organisation_id, organisation_path, ends_on FROM touched WHERE is_new"""
UPDATE_ROOTS: Final = """
UPDATE organisation o SET version = x.version, updated_at = now() FROM touched x WHERE o.organisation_id = x.organisation_id
    AND NOT x.is_new"""
# A change on the first day of a version corrects it in place; a later one cuts it.
CORRECT: Final = """
UPDATE organisation_version v SET name = x.name, levels = x.levels, school_type = x.school_type,
    administrative_unit_code = x.administrative_unit_code, attributes = x.attributes
FROM touched x WHERE v.organisation_id = x.organisation_id AND v.valid_from = x.cut AND x.cut = x.starts_on"""
CUT: Final = """
UPDATE organisation_version v SET valid_to = x.starts_on FROM touched x
WHERE v.organisation_id = x.organisation_id AND v.valid_from = x.cut AND x.cut < x.starts_on"""
INSERT_VERSIONS: Final = """
INSERT INTO organisation_version (organisation_id, valid_from, valid_to, code, name, kind, parent_id, levels, school_type,
    administrative_unit_code,
    attributes, legal_basis, path, organisation_path)
SELECT organisation_id, starts_on, ends_on, code, name, kind, parent_id, levels, school_type, administrative_unit_code, attributes,
    legal_basis, path,
    organisation_path
FROM touched WHERE is_new OR cut < starts_on"""
# The current tree follows, as after each single change.
REFRESH: Final = "SELECT refresh_organisations(:today)"
FEED: Final = """
INSERT INTO change (resource, key, kind, version, organisation_path)
SELECT 'organisation', organisation_id::text, 'changed', version, organisation_path FROM touched"""
OUTBOX: Final = """
INSERT INTO outbox (shard, topic, key, event_id, type, sequence, occurred_at, traceparent, body)
SELECT outbox_shard(x.organisation_id::text), e.topic, x.organisation_id::text, e.event_id, e.type, x.version, now(),
    :traceparent::text, e.body::text
FROM touched x
LEFT JOIN organisation_path p ON p.organisation_id = x.parent_id
LEFT JOIN LATERAL (SELECT coalesce(json_agg(json_build_object('organisation_id', successor_id, 'change_date', change_date, 'kind',
    kind)), '[]') AS list
    FROM organisation_successor WHERE predecessor_id = x.organisation_id) s ON true
LEFT JOIN LATERAL (SELECT json_agg(json_build_object('code', code, 'name', name, 'kind', kind, 'parent_id', parent_id, 'path',
    path::text, 'levels', levels,
        'school_type', school_type, 'administrative_unit_code', administrative_unit_code, 'attributes', attributes, 'valid_from',
            valid_from,
        'valid_to', valid_to) ORDER BY valid_from) AS list FROM organisation_version WHERE organisation_id = x.organisation_id) v ON true
CROSS JOIN LATERAL (VALUES
    ('registry.organisation', import_id(:event_stem, x.row_no), CASE WHEN x.is_new THEN 'vn.lienthong.registry.organisation.created.v1'
        ELSE 'vn.lienthong.registry.organisation.changed.v1' END,
     json_build_object('organisation_id', x.organisation_id, 'code', x.code, 'name', x.name, 'kind', x.kind, 'parent_id', x.parent_id,
        'parent_code', coalesce(p.code, x.parent_code), 'path', x.path::text, 'levels', x.levels, 'school_type', x.school_type,
        'administrative_unit_code', x.administrative_unit_code, 'attributes', x.attributes, 'valid_from', x.starts_on, 'valid_to',
            x.ends_on,
        'legal_basis', x.legal_basis, 'successors', s.list, 'version', x.version)),
    ('registry.organisation.state', import_id(:state_stem, x.row_no), 'vn.lienthong.registry.organisation.state.v1',
     json_build_object('organisation_id', x.organisation_id, 'versions', v.list, 'successors', s.list, 'version',
         x.version))) e (topic, event_id, type, body)
ORDER BY nlevel(x.path), x.row_no"""

UNITS: Final = """
SELECT administrative_unit_code AS code, starts_on, array_agg(row_no) AS rows FROM typed
WHERE administrative_unit_code IS NOT NULL AND starts_on IS NOT NULL GROUP BY 1, 2"""


async def unit_faults(connection: Connection) -> Sequence[Fault]:
    """Find administrative unit codes that mean nothing on their day; what our lists cannot know passes."""
    faults: list[Fault] = []
    for code, day, rows in await connection.fetch(UNITS):
        if units.find(code, day) is None and units.is_verifiable(code, day):
            near = units.suggest(code, day)
            hint = f"{near.code} ({near.full_name})?" if near else ""
            faults += [(row, "administrative_unit_code", "unknown_unit", code, hint) for row in rows]
    return faults


PLAN: Final = Plan(
    prepare=(LOCK_TREE, CREATE_TYPED, LOCK, CREATE_PLACED, CREATE_NOW, CREATE_TOUCHED),
    checks=(REFERENCES, PARENT_PERIOD, HISTORY, DUPLICATES),
    count=COUNT,
    apply=(INSERT_ROOTS, UPDATE_ROOTS, CORRECT, CUT, INSERT_VERSIONS, REFRESH, FEED, OUTBOX),
    inspect=unit_faults,
)
