"""Files of classes: one row for each class of a school in a year; the key is (school, year, name)."""

from typing import Final

from services.registry.imports.plan import Plan, feed

CREATE_TYPED: Final = """
CREATE TEMP TABLE typed ON COMMIT DROP AS
SELECT s.row_no, s.school_code, o.organisation_id AS school_id, o.path AS organisation_path, o.levels AS taught, s.school_year,
    y.school_year IS NOT NULL AS year_known,
    s.name, import_grade(s.grade) AS grade, s.level, s.studies_informatics IS NOT NULL AS informatics_given,
    s.studies_informatics IN ('true', 'TRUE', '1') IS TRUE AS studies_informatics, s.site_code, i.organisation_id AS site_id
FROM stage s LEFT JOIN allowed o ON o.code = s.school_code AND o.kind = 'school'
LEFT JOIN school_year y ON y.school_year = s.school_year
LEFT JOIN allowed i ON i.code = s.site_code AND i.kind = 'site' AND i.path <@ o.path"""
LOCK: Final = """
SELECT FROM class c WHERE (c.school_id, c.school_year, c.name) IN (SELECT school_id, school_year, name FROM typed)
    ORDER BY class_id FOR UPDATE"""

# What the file leaves empty stays.
CREATE_TOUCHED: Final = """
CREATE TEMP TABLE touched ON COMMIT DROP AS
SELECT t.row_no, coalesce(c.class_id, import_id(:class_stem, t.row_no)) AS class_id, c.class_id IS NULL AS is_new,
    coalesce(c.version, 0) + 1 AS version,
    t.school_id, t.school_year, t.name, coalesce(t.grade, c.grade) AS grade, t.level, coalesce(t.site_id, c.site_id) AS site_id,
    CASE WHEN t.informatics_given OR c.class_id IS NULL THEN t.studies_informatics ELSE c.studies_informatics END AS studies_informatics,
    t.organisation_path
FROM typed t LEFT JOIN class c ON c.school_id = t.school_id AND c.school_year = t.school_year AND c.name = t.name
WHERE c.class_id IS NULL OR (c.level, c.grade, c.site_id) IS DISTINCT FROM (t.level, coalesce(t.grade, c.grade),
    coalesce(t.site_id, c.site_id))
   OR (t.informatics_given AND c.studies_informatics <> t.studies_informatics)"""

REFERENCES: Final = """
INSERT INTO fault
SELECT row_no, 'school_code', 'unknown_organisation', school_code, '' FROM typed WHERE school_code IS NOT NULL AND school_id IS NULL
UNION ALL SELECT row_no, 'site_code', 'unknown_organisation', site_code, '' FROM typed
    WHERE site_code IS NOT NULL AND site_id IS NULL AND school_id IS NOT NULL
UNION ALL SELECT row_no, 'school_year', 'unknown_school_year', school_year, '' FROM typed WHERE school_year ~ '^20\\d{2}-20\\d{2}$'
    AND NOT year_known
UNION ALL SELECT row_no, 'grade', 'grade_of_level', grade::text, '' FROM typed WHERE NOT import_grade_fits(level, grade)
UNION ALL SELECT row_no, 'level', 'level_not_taught', level, '' FROM typed WHERE taught IS NOT NULL AND level <> ALL (taught)
    AND level IN ('preschool', 'primary', 'lower_secondary', 'upper_secondary', 'continuing')"""

DUPLICATES: Final = """
INSERT INTO fault SELECT t.row_no, 'name', 'duplicate_row', t.name, f.first_row::text
FROM typed t JOIN (SELECT school_code, school_year, name, min(row_no) AS first_row FROM typed GROUP BY 1, 2, 3 HAVING count(*) > 1) f
    USING (school_code, school_year, name) WHERE t.row_no <> f.first_row"""

COUNT: Final = """
SELECT count(*) FILTER (WHERE is_new) AS created, count(*) FILTER (WHERE NOT is_new) AS changed, (SELECT count(*)
    FROM typed) - count(*) AS unchanged
FROM touched"""

INSERT: Final = """
INSERT INTO class (class_id, school_id, school_year, grade, level, name, studies_informatics, site_id, organisation_path)
SELECT class_id, school_id, school_year, grade, level, name, studies_informatics, site_id, organisation_path FROM touched WHERE is_new"""
UPDATE: Final = """
UPDATE class c SET grade = x.grade, level = x.level, studies_informatics = x.studies_informatics, site_id = x.site_id,
    version = x.version,
    updated_at = now()
FROM touched x WHERE c.class_id = x.class_id AND NOT x.is_new"""
OUTBOX: Final = """
INSERT INTO outbox (shard, topic, key, event_id, type, sequence, occurred_at, traceparent, body)
SELECT outbox_shard(class_id::text), 'registry.class', class_id::text, import_id(:event_stem, row_no),
    CASE WHEN is_new THEN 'vn.lienthong.registry.class.opened.v1' ELSE 'vn.lienthong.registry.class.changed.v1' END, version,
        now(), :traceparent::text,
    json_build_object('class_id', class_id, 'school_id', school_id, 'school_year', school_year, 'grade', grade, 'level', level,
        'studies_informatics', studies_informatics, 'name', name, 'site_id', site_id, 'version', version)::text
FROM touched"""

PLAN: Final = Plan(
    prepare=(CREATE_TYPED, LOCK, CREATE_TOUCHED),
    checks=(REFERENCES, DUPLICATES),
    count=COUNT,
    apply=(INSERT, UPDATE, feed("class", "class_id", "touched"), OUTBOX),
)
