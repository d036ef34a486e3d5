"""The set-based queries behind a ledger. Parameters: $1 organisations (or a code), $2 the day. Row security holds in all of them."""

# The code as it was in force on the day, else its latest holder as it was on the day.
ROOT = """
WITH holder AS (
    SELECT v.organisation_id FROM organisation_version v WHERE v.code = $1
    ORDER BY (v.valid_from <= $2 AND (v.valid_to IS NULL OR $2 < v.valid_to)) DESC, v.valid_from DESC
    LIMIT 1
)
SELECT h.organisation_id, v.path::text AS path
FROM holder h LEFT JOIN organisation_version v
    ON v.organisation_id = h.organisation_id AND v.valid_from <= $2 AND (v.valid_to IS NULL OR $2 < v.valid_to)"""

TREE = """
SELECT v.organisation_id, v.code, v.name, v.kind, v.parent_id, v.levels, (v.attributes ->> 'has_website')::boolean AS has_website
FROM organisation_version v
WHERE v.path <@ text2ltree($1) AND v.valid_from <= $2 AND (v.valid_to IS NULL OR $2 < v.valid_to)"""

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

LEARNERS = """
SELECT s.school_id AS organisation_id, s.level, count(*) FILTER (WHERE i.is_current) AS learners,
    count(*) FILTER (WHERE i.is_current AND s.studies_informatics) AS learners_with_informatics
FROM spell s
JOIN unnest($1::uuid[]) AS o(organisation_id) ON o.organisation_id = s.school_id
CROSS JOIN LATERAL (SELECT s.valid_to IS NULL OR $2 < s.valid_to AS is_current) i
WHERE s.valid_from <= $2
GROUP BY s.school_id, s.level"""

# Somebody with several posts in scope counts once for each measure, at the post held longest.
STAFF = """
WITH held AS (
    SELECT p.*, EXISTS (SELECT FROM certificate c WHERE c.staff_id = p.staff_id AND c.kind = 'it' AND c.issued_on <= $2) AS certified,
        p.role = 'teacher' AS teaches, p.role = 'teacher' AND p.subject IS NOT DISTINCT FROM 'informatics' AS teaches_informatics
    FROM post p JOIN unnest($1::uuid[]) AS o(organisation_id) USING (organisation_id)
    WHERE p.valid_from <= $2 AND (p.valid_to IS NULL OR $2 < p.valid_to)
), counted AS (
    SELECT DISTINCT ON (m.measure, h.staff_id) m.measure, h.organisation_id
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
        ('teachers_using_it', h.teaches AND h.uses_it),
        ('teachers_elearning', h.teaches AND h.makes_elearning)
    ) AS m(measure, holds)
    WHERE m.holds
    ORDER BY m.measure, h.staff_id, h.valid_from, h.post_id
)
SELECT organisation_id, measure, count(*) AS count FROM counted GROUP BY organisation_id, measure"""

STAFF_HOLDERS = """
SELECT DISTINCT p.organisation_id
FROM post p JOIN unnest($1::uuid[]) AS o(organisation_id) USING (organisation_id)
WHERE p.valid_from <= $2"""
