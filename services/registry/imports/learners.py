"""Files of learners: one row for each spell of enrolment; a repeated code is a further spell of the same learner."""

from typing import Final

from services.registry.imports import people
from services.registry.imports.plan import Plan, feed, moved

CREATE_TYPED: Final = """
CREATE TEMP TABLE typed ON COMMIT DROP AS SELECT {person_cells},
    s.ethnicity, s.school_code, o.organisation_id AS school_id, o.path AS school_path, s.school_year,
        y.school_year IS NOT NULL AS year_known,
    s.class_name, c.class_id, coalesce(import_grade(s.grade), c.grade) AS grade, c.grade AS class_grade, c.level AS class_level,
        o.levels AS taught, s.level,
    s.studies_informatics IN ('true', 'TRUE', '1') IS TRUE AS studies_informatics,
    import_day(s.enrolled_on) AS starts_on, import_day(s.left_on) AS ends_on
FROM stage s LEFT JOIN allowed o ON o.code = s.school_code AND o.kind = 'school'
LEFT JOIN school_year y ON y.school_year = s.school_year
LEFT JOIN class c ON c.school_id = o.organisation_id AND c.school_year = s.school_year
    AND c.name = s.class_name""".replace("{person_cells}", people.PERSON_CELLS)
LOCK_LEARNERS: Final = (
    "SELECT FROM learner WHERE person_id IN (SELECT known_id FROM bearer WHERE known_id IS NOT NULL) ORDER BY learner_id FOR UPDATE"
)

# Spells after which the learner stays at the school, with a further one: they end without a leaving status.
CREATE_GOING_ON: Final = """
CREATE TEMP TABLE going_on ON COMMIT DROP AS
SELECT row_no FROM (SELECT t.row_no, t.school_id, lead(t.school_id) OVER (PARTITION BY t.code ORDER BY t.starts_on) AS next_school
                    FROM bearer b JOIN typed t USING (code) WHERE b.rows > 1) pair WHERE next_school = school_id"""

# The spell that a row means: the known one that began on the same day, or a new one. What a file leaves empty stays.
CREATE_SPELL: Final = """
CREATE TEMP TABLE spell ON COMMIT DROP AS
SELECT t.row_no, b.code, coalesce(l.learner_id, import_id(:learner_stem, b.first_row)) AS learner_id,
    coalesce(e.enrolment_id, import_id(:enrolment_stem, t.row_no)) AS enrolment_id, e.enrolment_id IS NULL AS new_spell,
    e.enrolment_id IS NULL OR (e.school_id, e.class_id, e.school_year, e.grade, e.level, e.studies_informatics, upper(e.period))
        IS DISTINCT FROM (t.school_id, coalesce(t.class_id, e.class_id), t.school_year, coalesce(t.grade, e.grade), t.level,
                          t.studies_informatics, coalesce(t.ends_on, upper(e.period))) AS changed,
    t.school_id, coalesce(t.class_id, e.class_id) AS class_id, t.school_year, coalesce(t.grade, e.grade) AS grade, t.level,
        t.studies_informatics,
    t.starts_on, coalesce(t.ends_on, upper(e.period)) AS ends_on, t.school_path,
    CASE WHEN g.row_no IS NULL THEN import_left_status(coalesce(t.ends_on, upper(e.period))) END AS left_status
FROM typed t JOIN bearer b USING (code) LEFT JOIN going_on g USING (row_no) LEFT JOIN learner l ON l.person_id = b.known_id
LEFT JOIN enrolment e ON e.learner_id = l.learner_id AND lower(e.period) = t.starts_on"""

# Gathered at once: right after a large import nothing is analysed yet, and a look per learner would read the whole table each time.
CREATE_BEGUN: Final = """
CREATE TEMP TABLE begun ON COMMIT DROP AS
SELECT e.learner_id, max(lower(e.period)) AS last_start
FROM enrolment e JOIN learner l USING (learner_id) JOIN bearer b ON b.known_id = l.person_id
WHERE lower(e.period) <= :today GROUP BY e.learner_id"""

# One row for each learner that is new or differs. `last_row`: the last spell of the file that has begun; `stays`: the registry knows a
# later one.
CREATE_TOUCHED: Final = """
CREATE TEMP TABLE touched ON COMMIT DROP AS
SELECT f.*, b.person_id, b.known_id, b.first_row, b.rows, d.person_id IS NOT NULL AS person_changed, l.learner_id IS NULL AS new_learner,
    coalesce(l.version, 0) + 1 AS version, l.organisation_path AS was, later.learner_id IS NOT NULL AS stays,
    CASE WHEN later.learner_id IS NULL THEN s.school_path ELSE l.organisation_path END AS organisation_path, s.ends_on,
    (s.ends_on <= :today) IS TRUE AS gone
FROM (SELECT learner_id, code, bool_or(changed) AS spells_changed, bool_or(new_spell) AS opened,
             max(((starts_on <= :today)::integer::bigint << 56) | ((starts_on - '1900-01-01'::date)::bigint << 32) | row_no)
                 & 4294967295 AS last_row
      FROM spell GROUP BY learner_id, code) f
JOIN bearer b USING (code) JOIN spell s ON s.row_no = f.last_row
LEFT JOIN learner l ON l.person_id = b.known_id LEFT JOIN differing d ON d.person_id = b.known_id
LEFT JOIN begun later ON later.learner_id = l.learner_id AND later.last_start > s.starts_on
WHERE l.learner_id IS NULL OR f.spells_changed OR d.person_id IS NOT NULL"""

REFERENCES: Final = """
INSERT INTO fault
SELECT row_no, 'school_code', 'unknown_organisation', school_code, '' FROM typed WHERE school_code IS NOT NULL AND school_id IS NULL
UNION ALL SELECT row_no, 'school_year', 'unknown_school_year', school_year, '' FROM typed WHERE school_year ~ '^20\\d{2}-20\\d{2}$'
    AND NOT year_known
UNION ALL SELECT row_no, 'class_name', 'unknown_class', class_name, '' FROM typed
    WHERE class_name IS NOT NULL AND class_id IS NULL AND school_id IS NOT NULL AND year_known
UNION ALL SELECT row_no, 'grade', 'grade_of_level', grade::text, '' FROM typed WHERE NOT import_grade_fits(level, grade)
UNION ALL SELECT row_no, 'level', 'level_not_taught', level, '' FROM typed WHERE taught IS NOT NULL AND level <> ALL (taught)
    AND level IN ('preschool', 'primary', 'lower_secondary', 'upper_secondary', 'continuing')
UNION ALL SELECT row_no, 'level', 'class_level', class_name, '' FROM typed WHERE class_level <> level
UNION ALL SELECT row_no, 'grade', 'class_grade', class_name, class_grade::text FROM typed WHERE class_grade <> grade
    AND class_level = level"""

# Spells of one learner against each other: each with the one that begins before it.
OVERLAP: Final = """
INSERT INTO fault SELECT row_no, 'enrolled_on', CASE WHEN starts_on = earlier_start THEN 'duplicate_row' ELSE 'overlap' END,
    starts_on::text, earlier_row::text
FROM (SELECT t.row_no, t.starts_on, lag(t.row_no) OVER w AS earlier_row, lag(t.starts_on) OVER w AS earlier_start,
    lag(t.ends_on) OVER w AS earlier_end
      FROM bearer b JOIN typed t USING (code) WHERE b.rows > 1 AND t.starts_on IS NOT NULL
      WINDOW w AS (PARTITION BY t.code ORDER BY t.starts_on, t.row_no)) pair
WHERE earlier_row IS NOT NULL AND (earlier_end IS NULL OR earlier_end > starts_on)"""

# And against the registry's spells that the file does not speak of.
OVERLAP_REGISTRY: Final = """
INSERT INTO fault SELECT s.row_no, 'enrolled_on', 'overlap_registry', s.starts_on::text, e.period::text
FROM bearer b JOIN spell s USING (code) JOIN enrolment e ON e.learner_id = s.learner_id
WHERE b.known_id IS NOT NULL AND e.organisation_path <@ ANY (:sender_paths::text[]::ltree[])
  AND s.starts_on < coalesce(s.ends_on, 'infinity')
  AND e.period && daterange(s.starts_on, greatest(coalesce(s.ends_on, 'infinity'), s.starts_on))
  AND NOT EXISTS (SELECT FROM spell o WHERE o.learner_id = e.learner_id AND o.starts_on = lower(e.period))"""

COUNT: Final = """
SELECT count(*) FILTER (WHERE new_learner) AS created, count(*) FILTER (WHERE NOT new_learner) AS changed,
       (SELECT count(*) FROM bearer) - count(*) AS unchanged FROM touched"""

INSERT_LEARNERS: Final = """
INSERT INTO learner (learner_id, person_id, ministry_code, school_id, class_id, grade, level, status, organisation_path)
SELECT x.learner_id, x.person_id, CASE WHEN x.code NOT LIKE 'TEMP-%' THEN x.code END, CASE WHEN x.gone THEN NULL ELSE s.school_id END,
    CASE WHEN x.gone THEN NULL ELSE s.class_id END, s.grade, s.level, coalesce(s.left_status, '01'), x.organisation_path
FROM touched x JOIN spell s ON s.row_no = x.last_row WHERE x.new_learner ORDER BY x.first_row"""

UPDATE_LEARNERS: Final = """
UPDATE learner l SET version = x.version, updated_at = now(), organisation_path = x.organisation_path,
    ministry_code = coalesce(CASE WHEN x.code NOT LIKE 'TEMP-%' THEN x.code END, l.ministry_code),
    school_id = CASE WHEN x.stays THEN l.school_id WHEN NOT x.gone THEN s.school_id END, class_id = CASE WHEN x.stays
        THEN l.class_id WHEN NOT x.gone THEN s.class_id END,
    grade = CASE WHEN x.stays THEN l.grade ELSE s.grade END, level = CASE WHEN x.stays THEN l.level ELSE s.level END,
    status = CASE WHEN x.stays THEN l.status WHEN s.ends_on IS NOT NULL THEN coalesce(s.left_status, '01') WHEN s.new_spell
        THEN '01' ELSE l.status END
FROM touched x JOIN spell s ON s.row_no = x.last_row WHERE l.learner_id = x.learner_id AND NOT x.new_learner"""

# Known spells first: one that is shortened makes room for the next.
UPDATE_SPELLS: Final = """
UPDATE enrolment e SET school_id = s.school_id, class_id = s.class_id, school_year = s.school_year, grade = s.grade, level = s.level,
    studies_informatics = s.studies_informatics, period = daterange(s.starts_on, s.ends_on),
    status_to = CASE WHEN s.ends_on IS NOT NULL THEN coalesce(e.status_to, s.left_status) END
FROM spell s WHERE e.enrolment_id = s.enrolment_id AND s.changed AND NOT s.new_spell"""
INSERT_SPELLS: Final = """
INSERT INTO enrolment (enrolment_id, learner_id, school_id, class_id, school_year, grade, level, studies_informatics, status_from,
    status_to,
    period, organisation_path)
SELECT s.enrolment_id, s.learner_id, s.school_id, s.class_id, s.school_year, s.grade, s.level, s.studies_informatics, '01',
    s.left_status, daterange(s.starts_on, s.ends_on), x.organisation_path
FROM spell s JOIN touched x USING (learner_id) WHERE s.new_spell ORDER BY s.row_no"""

# Who moved inside the sender's scope takes along what stands where the learner stands; the feed tells the old place.
MOVED: Final = (
    *(moved(table, "person_id") for table in ("person", "person_identifier")),
    *(moved(table, "learner_id") for table in ("enrolment", "guardian")),
)
FEED_LEFT: Final = """
INSERT INTO change (resource, key, kind, version, organisation_path)
SELECT 'learner', learner_id::text, 'deleted', version, was FROM touched WHERE was <> organisation_path"""

# Every text in the body is of a checked form (ids, codes, years), so that nothing needs escaping.
SPELL_JSON: Final = """
    '{"enrolment_id":"' || s.enrolment_id || '","school_id":"' || s.school_id
        || '","class_id":' || coalesce('"' || s.class_id || '"', 'null') || ',"school_year":"' || s.school_year
        || '","grade":' || coalesce(s.grade::text, 'null') || ',"level":"' || s.level
        || '","studies_informatics":' || s.studies_informatics::text || ',"valid_from":"' || s.starts_on || '","valid_to":'
        || coalesce('"' || s.ends_on || '"', 'null') || '}'"""
# Nearly every learner has one row: those are joined, only the others are gathered.
OUTBOX: Final = """
INSERT INTO outbox (shard, topic, key, event_id, type, sequence, occurred_at, traceparent, body)
SELECT outbox_shard(x.learner_id::text), 'registry.learner', x.learner_id::text, import_id(:event_stem, x.first_row),
    CASE WHEN x.new_learner THEN 'vn.lienthong.registry.learner.registered.v1'
         WHEN x.opened THEN 'vn.lienthong.registry.learner.enrolled.v1'
         WHEN x.spells_changed AND x.ends_on IS NOT NULL AND NOT x.stays THEN 'vn.lienthong.registry.learner.left.v1'
         ELSE 'vn.lienthong.registry.learner.changed.v1' END,
    x.version, now(), :traceparent::text,
    '{"learner_id":"' || x.learner_id || '","birth_year":' || date_part('year', t.birth_date) || ',"sex":' || t.sex
        || ',"enrolments":[' || coalesce({spell}, m.spells, '') || '],"version":' || x.version || '}'
FROM touched x JOIN typed t ON t.row_no = x.first_row LEFT JOIN spell s ON s.row_no = x.first_row AND x.rows = 1 AND s.changed
LEFT JOIN (SELECT s.learner_id, string_agg({spell}, ',' ORDER BY s.starts_on) AS spells
           FROM bearer b JOIN spell s USING (code) WHERE b.rows > 1 AND s.changed GROUP BY s.learner_id) m
    ON m.learner_id = x.learner_id""".replace("{spell}", SPELL_JSON)

# Without statistics the joins below are guessed at thousands of millions of rows, and their hash tables cut into as many files.
PLAN: Final = Plan(
    prepare=(
        CREATE_TYPED,
        people.CREATE_BEARER,
        "ANALYZE bearer",
        people.LOCK_PEOPLE,
        LOCK_LEARNERS,
        CREATE_GOING_ON,
        CREATE_SPELL,
        "ANALYZE spell",
        people.CREATE_DIFFERING,
        CREATE_BEGUN,
        CREATE_TOUCHED,
    ),
    checks=(
        people.BIRTH,
        people.period_of_row("enrolled_on", "left_on"),
        REFERENCES,
        people.PERSON_DIFFERS,
        people.NUMBER_SHARED,
        people.NUMBER_TAKEN,
        people.PERSON_ELSEWHERE,
        people.role_elsewhere("learner"),
        OVERLAP,
        OVERLAP_REGISTRY,
    ),
    count=COUNT,
    apply=(
        people.INSERT_PEOPLE,
        people.UPDATE_PEOPLE,
        people.DROP_TEMPORARY,
        people.INSERT_IDENTIFIERS,
        INSERT_LEARNERS,
        UPDATE_LEARNERS,
        UPDATE_SPELLS,
        INSERT_SPELLS,
        *MOVED,
        FEED_LEFT,
        feed("learner", "learner_id", "touched"),
        OUTBOX,
    ),
)
