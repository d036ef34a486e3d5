"""Files of staff: one row for each post; a repeated code is a further post of the same person."""

from typing import Final

from services.registry.imports import people
from services.registry.imports.plan import Plan, feed, moved

CREATE_TYPED: Final = """
CREATE TEMP TABLE typed ON COMMIT DROP AS SELECT {person_cells},
    NULL::text AS ethnicity, s.school_code, o.organisation_id, o.path AS organisation_path, s.role, s.subject, s.degree,
    s.uses_it IN ('true', 'TRUE', '1') IS TRUE AS uses_it, s.makes_elearning IN ('true', 'TRUE', '1') IS TRUE AS makes_elearning,
    import_day(s.started_on) AS starts_on, import_day(s.ended_on) AS ends_on, import_day(s.it_certificate_on) AS certified_on
FROM stage s LEFT JOIN allowed o ON o.code = s.school_code AND o.kind <> 'site'""".replace("{person_cells}", people.PERSON_CELLS)
LOCK_STAFF: Final = (
    "SELECT FROM staff WHERE person_id IN (SELECT known_id FROM bearer WHERE known_id IS NOT NULL) ORDER BY staff_id FOR UPDATE"
)

# The post that a row means: the known one of the same place, role and subject that began on the same day, or a new one.
CREATE_HELD: Final = """
CREATE TEMP TABLE held ON COMMIT DROP AS
SELECT t.row_no, b.code, coalesce(f.staff_id, import_id(:staff_stem, b.first_row)) AS staff_id,
    coalesce(p.post_id, import_id(:post_stem, t.row_no)) AS post_id, p.post_id IS NULL AS new_post,
    p.post_id IS NULL OR (p.degree, p.uses_it, p.makes_elearning, upper(p.period))
        IS DISTINCT FROM (coalesce(t.degree, p.degree), t.uses_it, t.makes_elearning, coalesce(t.ends_on, upper(p.period))) AS changed,
    t.organisation_id, t.role, t.subject, coalesce(t.degree, p.degree) AS degree, t.uses_it, t.makes_elearning, t.starts_on,
    coalesce(t.ends_on, upper(p.period)) AS ends_on, t.organisation_path
FROM typed t JOIN bearer b USING (code) LEFT JOIN staff f ON f.person_id = b.known_id
LEFT JOIN post p ON p.staff_id = f.staff_id AND p.organisation_id = t.organisation_id AND p.role = t.role
    AND p.subject IS NOT DISTINCT FROM t.subject AND lower(p.period) = t.starts_on"""
CREATE_CERTIFIED: Final = """
CREATE TEMP TABLE certified ON COMMIT DROP AS
SELECT h.staff_id, max(t.certified_on) AS issued_on FROM typed t JOIN held h USING (row_no) WHERE t.certified_on IS NOT NULL
GROUP BY h.staff_id
EXCEPT SELECT c.staff_id, c.issued_on FROM staff_certificate c WHERE c.kind = 'it'"""

# One row for each staff member that is new or differs. The main post is the first one of the file still held, unless the known main post
# goes on (`stays`).
CREATE_TOUCHED: Final = """
CREATE TEMP TABLE touched ON COMMIT DROP AS
SELECT f.*, b.person_id, b.known_id, b.first_row, d.person_id IS NOT NULL AS person_changed, s.staff_id IS NULL AS is_new,
    coalesce(s.version, 0) + 1 AS version, s.organisation_path AS was, c.staff_id IS NOT NULL AS certified,
    CASE WHEN stays.found THEN s.organisation_path ELSE h.organisation_path END AS organisation_path,
    CASE WHEN stays.found THEN s.school_id ELSE h.organisation_id END AS school_id, CASE WHEN stays.found THEN s.role
        ELSE h.role END AS role
FROM (SELECT staff_id, code, bool_or(changed) AS posts_changed,
             min(((ends_on IS NOT NULL)::integer::bigint << 32) | row_no) & 4294967295 AS main_row
      FROM held GROUP BY staff_id, code) f
JOIN bearer b USING (code) JOIN held h ON h.row_no = f.main_row
LEFT JOIN staff s ON s.person_id = b.known_id LEFT JOIN differing d ON d.person_id = b.known_id
LEFT JOIN certified c ON c.staff_id = f.staff_id
LEFT JOIN LATERAL (SELECT true AS found FROM post p LEFT JOIN held k USING (post_id) WHERE p.staff_id = s.staff_id
    AND p.organisation_id = s.school_id AND p.role = s.role AND CASE WHEN k.post_id IS NULL THEN upper(p.period)
        ELSE k.ends_on END IS NULL
    LIMIT 1) stays ON true
WHERE s.staff_id IS NULL OR f.posts_changed OR d.person_id IS NOT NULL OR c.staff_id IS NOT NULL"""

REFERENCES: Final = """
INSERT INTO fault
SELECT row_no, 'school_code', 'unknown_organisation', school_code, '' FROM typed WHERE school_code IS NOT NULL AND organisation_id IS NULL
UNION ALL SELECT t.row_no, 'it_certificate_on', 'impossible_date', s.it_certificate_on, '' FROM typed t JOIN stage s USING (row_no)
    WHERE t.certified_on IS NULL AND s.it_certificate_on ~ '^(\\d{4}-\\d{2}-\\d{2}|\\d{1,2}/\\d{1,2}/\\d{4})$'"""
DUPLICATES: Final = """
INSERT INTO fault SELECT t.row_no, 'started_on', 'duplicate_row', t.starts_on::text, f.first_row::text
FROM (SELECT code, school_code, role, coalesce(subject, '') AS subject, starts_on, min(row_no) AS first_row FROM typed
      GROUP BY 1, 2, 3, 4, 5 HAVING count(*) > 1) f
JOIN typed t ON (t.code, t.school_code, t.role, coalesce(t.subject, ''), t.starts_on) = (f.code, f.school_code, f.role, f.subject,
    f.starts_on)
WHERE t.row_no <> f.first_row"""

COUNT: Final = """
SELECT count(*) FILTER (WHERE is_new) AS created, count(*) FILTER (WHERE NOT is_new) AS changed, (SELECT count(*)
    FROM bearer) - count(*) AS unchanged
FROM touched"""

INSERT_STAFF: Final = """
INSERT INTO staff (staff_id, person_id, ministry_code, school_id, role, organisation_path)
SELECT staff_id, person_id, CASE WHEN code NOT LIKE 'TEMP-%' THEN code END, school_id, role, organisation_path FROM touched
    WHERE is_new"""
UPDATE_STAFF: Final = """
UPDATE staff s SET version = x.version, updated_at = now(), organisation_path = x.organisation_path, school_id = x.school_id,
    role = x.role,
    ministry_code = coalesce(CASE WHEN x.code NOT LIKE 'TEMP-%' THEN x.code END, s.ministry_code)
FROM touched x WHERE s.staff_id = x.staff_id AND NOT x.is_new"""
UPDATE_POSTS: Final = """
UPDATE post p SET degree = h.degree, uses_it = h.uses_it, makes_elearning = h.makes_elearning, period = daterange(h.starts_on, h.ends_on)
FROM held h WHERE p.post_id = h.post_id AND h.changed AND NOT h.new_post"""
INSERT_POSTS: Final = """
INSERT INTO post (post_id, staff_id, organisation_id, role, subject, degree, uses_it, makes_elearning, period, organisation_path)
SELECT h.post_id, h.staff_id, h.organisation_id, h.role, h.subject, h.degree, h.uses_it, h.makes_elearning, daterange(h.starts_on,
    h.ends_on),
    h.organisation_path
FROM held h JOIN touched x USING (staff_id) WHERE h.new_post"""
UPSERT_CERTIFICATES: Final = """
INSERT INTO staff_certificate (staff_id, kind, name, issued_on, organisation_path)
SELECT c.staff_id, 'it', 'Chứng chỉ tin học', c.issued_on, x.organisation_path FROM certified c JOIN touched x USING (staff_id)
ON CONFLICT (staff_id, kind, name) DO UPDATE SET issued_on = excluded.issued_on"""
MOVED: Final = (
    *(moved(table, "person_id") for table in ("person", "person_identifier")),
    moved("staff_certificate", "staff_id"),
)
FEED_LEFT: Final = """
INSERT INTO change (resource, key, kind, version, organisation_path)
SELECT 'staff', staff_id::text, 'deleted', version, was FROM touched WHERE was <> organisation_path"""
# Each event carries the whole present state, read back after the rows are written.
OUTBOX: Final = """
INSERT INTO outbox (shard, topic, key, event_id, type, sequence, occurred_at, traceparent, body)
SELECT outbox_shard(x.staff_id::text), 'registry.staff', x.staff_id::text, import_id(:event_stem, x.first_row),
    CASE WHEN x.is_new THEN 'vn.lienthong.registry.staff.registered.v1' WHEN x.certified AND NOT x.posts_changed AND NOT x.person_changed
         THEN 'vn.lienthong.registry.staff.certified.v1' WHEN x.posts_changed AND NOT EXISTS (SELECT FROM post o
             WHERE o.staff_id = x.staff_id AND upper_inf(o.period)) THEN 'vn.lienthong.registry.staff.left.v1'
         ELSE 'vn.lienthong.registry.staff.changed.v1' END,
    x.version, now(), :traceparent::text,
    json_build_object('staff_id', x.staff_id, 'posts', coalesce(p.posts, '[]'), 'certificates', coalesce(c.certificates, '[]'),
        'version', x.version)::text
FROM touched x
LEFT JOIN LATERAL (SELECT json_agg(json_build_object('post_id', post_id, 'organisation_id', organisation_id, 'role', role,
    'subject', subject,
    'degree', degree, 'uses_it', uses_it, 'makes_elearning', makes_elearning, 'valid_from', lower(period), 'valid_to', upper(period))
    ORDER BY lower(period)) AS posts FROM post WHERE staff_id = x.staff_id) p ON true
LEFT JOIN LATERAL (SELECT json_agg(json_build_object('kind', kind, 'issued_on', issued_on) ORDER BY issued_on) AS certificates
    FROM staff_certificate WHERE staff_id = x.staff_id) c ON true"""

PLAN: Final = Plan(
    prepare=(
        CREATE_TYPED,
        people.CREATE_BEARER,
        people.LOCK_PEOPLE,
        LOCK_STAFF,
        CREATE_HELD,
        CREATE_CERTIFIED,
        people.CREATE_DIFFERING,
        CREATE_TOUCHED,
    ),
    checks=(
        people.BIRTH,
        people.period_of_row("started_on", "ended_on"),
        REFERENCES,
        people.PERSON_DIFFERS,
        people.NUMBER_SHARED,
        people.NUMBER_TAKEN,
        people.PERSON_ELSEWHERE,
        people.role_elsewhere("staff"),
        DUPLICATES,
    ),
    count=COUNT,
    apply=(
        people.INSERT_PEOPLE,
        people.UPDATE_PEOPLE,
        people.DROP_TEMPORARY,
        people.INSERT_IDENTIFIERS,
        INSERT_STAFF,
        UPDATE_STAFF,
        UPDATE_POSTS,
        INSERT_POSTS,
        UPSERT_CERTIFICATES,
        *MOVED,
        FEED_LEFT,
        feed("staff", "staff_id", "touched"),
        OUTBOX,
    ),
)
