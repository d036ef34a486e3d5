"""The set-based queries behind a ledger. Parameters: $1 organisations (or a code), $2 the day. Row security holds in all of them."""

# The topmost organisation above one ($1) that is at or under the codes ($2) at which a caller may read figures.
TOPMOST = """
SELECT g.organisation_id
FROM organisation_path r JOIN organisation_path g ON r.path <@ g.path
WHERE r.organisation_id = $1 AND ('*' = ANY ($2::text[]) OR g.code = ANY ($2::text[]))
ORDER BY nlevel(g.path) LIMIT 1"""

KNOWN = "SELECT true FROM organisation_version v WHERE v.code = $1 LIMIT 1"

# The tree under a code: under who held it on the day, else under its latest holder. The root comes first. $3 are the codes at which a
# caller may see people.
TREE = """
SELECT u.* FROM (
    SELECT v.organisation_id FROM organisation_version v WHERE v.code = $1
    ORDER BY (v.valid_from <= $2 AND (v.valid_to IS NULL OR $2 < v.valid_to)) DESC, v.valid_from DESC
    LIMIT 1
) h CROSS JOIN LATERAL organisations_under(h.organisation_id, $2, $3) u
ORDER BY u.organisation_id <> h.organisation_id"""
TREE_OF = "SELECT u.* FROM organisations_under($1, $2, '{}') u ORDER BY u.organisation_id <> $1"

COMPUTER_NORMS = "SELECT level, value, valid_from, valid_to, legal_basis, certainty FROM norm WHERE norm = 'learners_per_computer'"

# A school whose sites have all closed has zero sites; one that never told of any is not measured.
SITE_HOLDERS = """
SELECT DISTINCT v.parent_id AS organisation_id
FROM organisation_version v JOIN unnest($1::uuid[]) AS o(organisation_id) ON o.organisation_id = v.parent_id
WHERE v.kind = 'site' AND v.valid_from <= $2"""

# The school year of a day is the latest that has begun: the summer belongs to the year that ended.
CLASSES = """
SELECT c.school_id AS organisation_id, c.level, count(*) FILTER (WHERE y.is_current) AS classes,
    count(*) FILTER (WHERE y.is_current AND c.studies_informatics) AS classes_with_informatics
FROM class c
JOIN unnest($1::uuid[]) AS o(organisation_id) ON o.organisation_id = c.school_id
JOIN (SELECT school_year, starts_on = max(starts_on) OVER () AS is_current FROM school_year WHERE starts_on <= $2) y USING (school_year)
GROUP BY c.school_id, c.level"""

# The largest table. The array is hashed, where a join with it would sort two hundred thousand rows; so would a day in WHERE, for which the
# planner expects few.
LEARNERS = """
SELECT s.school_id AS organisation_id, s.level, count(*) FILTER (WHERE i.is_current) AS learners,
    count(*) FILTER (WHERE i.is_current AND s.studies_informatics) AS learners_with_informatics,
    count(*) FILTER (WHERE i.is_current AND s.class_id IS NOT NULL) AS learners_in_class,
    count(*) FILTER (WHERE i.is_current AND s.grade >= 3) AS learners_grade3_up,
    count(*) FILTER (WHERE i.is_current AND s.grade >= 3 AND s.studies_informatics) AS learners_grade3_up_informatics
FROM spell s
CROSS JOIN LATERAL (SELECT s.valid_from <= $2 AND (s.valid_to IS NULL OR $2 < s.valid_to) AS is_current) i
WHERE s.school_id = ANY ($1::uuid[])
GROUP BY s.school_id, s.level
HAVING min(s.valid_from) <= $2"""

# Somebody with several posts counts once at each organisation, in the post held longest there: so what organisations count adds up to the
# same number whatever is asked for, and nobody stands in two parts of the staff.
STAFF = """
WITH held AS (
    SELECT DISTINCT ON (p.organisation_id, p.staff_id) p.*, p.role = 'teacher' AS teaches,
        p.role = 'teacher' AND p.subject IS NOT DISTINCT FROM 'informatics' AS teaches_informatics,
        EXISTS (SELECT FROM certificate c WHERE c.staff_id = p.staff_id AND c.kind = 'it' AND c.issued_on <= $2) AS certified
    FROM post p JOIN unnest($1::uuid[]) AS o(organisation_id) USING (organisation_id)
    WHERE p.valid_from <= $2 AND (p.valid_to IS NULL OR $2 < p.valid_to)
    ORDER BY p.organisation_id, p.staff_id, p.valid_from, p.post_id
)
SELECT h.organisation_id, m.measure, count(*) AS count
FROM held h CROSS JOIN LATERAL (VALUES
    ('staff', true),
    ('teachers', h.teaches),
    ('managers', h.role IN ('principal', 'vice_principal')),
    ('technicians', h.role = 'technician'),
    ('informatics_teachers', h.teaches_informatics),
    ('teachers_university', h.teaches_informatics AND h.degree IN ('university', 'master')),
    ('teachers_college', h.teaches_informatics AND h.degree = 'college'),
    ('teachers_intermediate', h.teaches_informatics AND h.degree = 'intermediate'),
    ('staff_it_certificate', h.certified),
    ('teachers_it_certificate', h.teaches AND h.certified),
    ('teachers_using_it', h.teaches AND h.uses_it),
    ('teachers_elearning', h.teaches AND h.makes_elearning)
) AS m(measure, holds)
WHERE m.holds
GROUP BY h.organisation_id, m.measure"""

STAFF_HOLDERS = """
SELECT DISTINCT p.organisation_id
FROM post p JOIN unnest($1::uuid[]) AS o(organisation_id) USING (organisation_id)
WHERE p.valid_from <= $2"""

ASSETS = """
SELECT a.organisation_id, a.kind, a.class_code, a.provider, a.level,
    coalesce(sum(a.quantity) FILTER (WHERE i.is_current), 0) AS quantity,
    coalesce(sum(a.quantity) FILTER (
        WHERE i.is_current AND coalesce(a.first_used_on, a.valid_from) <= $2::date - interval '3 years'), 0) AS old,
    coalesce(sum(a.quantity) FILTER (WHERE i.is_current AND a.online), 0) AS online,
    coalesce(sum(a.quantity) FILTER (WHERE i.is_current AND a.online IS NOT NULL), 0) AS told_online
FROM asset a
JOIN unnest($1::uuid[]) AS o(organisation_id) USING (organisation_id)
CROSS JOIN LATERAL (SELECT a.valid_to IS NULL OR $2 < a.valid_to AS is_current) i
WHERE a.valid_from <= $2
GROUP BY a.organisation_id, a.kind, a.class_code, a.provider, a.level"""

# A procedure offered by several organisations in scope counts once: where its level is highest, and highest up in the tree.
PROCEDURES = """
WITH held AS (
    SELECT DISTINCT ON (p.procedure_code) p.organisation_id, p.online_level,
        bool_or(p.one_stop) OVER (PARTITION BY p.procedure_code) AS one_stop
    FROM offer p
    JOIN unnest($1::uuid[]) AS o(organisation_id) USING (organisation_id)
    JOIN organisation_path t USING (organisation_id)
    WHERE p.valid_from <= $2 AND (p.valid_to IS NULL OR $2 < p.valid_to)
    ORDER BY p.procedure_code, p.online_level DESC, nlevel(t.path), t.code
)
SELECT h.organisation_id, m.measure, count(*) AS count
FROM held h CROSS JOIN LATERAL (VALUES
    ('procedures', true),
    ('procedures_one_stop', h.one_stop),
    ('procedures_level_3', h.online_level = 3),
    ('procedures_level_4', h.online_level = 4),
    ('procedures_online', h.online_level >= 3)
) AS m(measure, holds)
WHERE m.holds
GROUP BY h.organisation_id, m.measure"""

PROCEDURE_HOLDERS = """
SELECT DISTINCT p.organisation_id
FROM offer p JOIN unnest($1::uuid[]) AS o(organisation_id) USING (organisation_id)
WHERE p.valid_from <= $2"""

# What flows is counted over the twelve months that end with the day.
DOCUMENTS = """
SELECT d.organisation_id,
    coalesce(sum(d.incoming) FILTER (WHERE i.is_recent), 0) AS incoming,
    coalesce(sum(d.incoming_scanned) FILTER (WHERE i.is_recent), 0) AS incoming_scanned,
    coalesce(sum(d.outgoing) FILTER (WHERE i.is_recent), 0) AS outgoing,
    coalesce(sum(d.outgoing_scanned) FILTER (WHERE i.is_recent), 0) AS outgoing_scanned
FROM document_count d
JOIN unnest($1::uuid[]) AS o(organisation_id) USING (organisation_id)
CROSS JOIN LATERAL (SELECT d.period_end > $2::date - interval '1 year' AS is_recent) i
WHERE d.period_end <= $2
GROUP BY d.organisation_id"""

DOSSIERS = """
SELECT d.organisation_id,
    count(*) FILTER (WHERE i.is_recent) AS dossiers,
    count(*) FILTER (WHERE i.is_recent AND (d.online OR d.full_online)) AS dossiers_online,
    count(*) FILTER (WHERE i.is_recent AND d.full_online) AS dossiers_full_online,
    count(*) FILTER (WHERE i.is_finished) AS dossiers_finished,
    count(*) FILTER (WHERE i.is_finished AND d.on_time) AS dossiers_on_time
FROM dossier d
JOIN unnest($1::uuid[]) AS o(organisation_id) USING (organisation_id)
CROSS JOIN LATERAL (
    SELECT d.received_on > $2::date - interval '1 year' AS is_recent,
        d.finished_on <= $2 AND d.finished_on > $2::date - interval '1 year' AS is_finished
) i
WHERE d.received_on <= $2
GROUP BY d.organisation_id"""

CONTENTS = """
WITH standing AS (
    SELECT DISTINCT ON (c.content_id) c.organisation_id, c.level, c.grade, c.subject, c.state, c.since
    FROM content_state c JOIN unnest($1::uuid[]) AS o(organisation_id) USING (organisation_id)
    WHERE c.since <= $2
    ORDER BY c.content_id, c.version DESC
)
SELECT s.organisation_id, s.level, s.grade, s.subject, count(*) FILTER (WHERE s.state = 'approved') AS contents_approved
FROM standing s
GROUP BY s.organisation_id, s.level, s.grade, s.subject
ORDER BY min(s.since) FILTER (WHERE s.state = 'approved'), s.organisation_id"""
