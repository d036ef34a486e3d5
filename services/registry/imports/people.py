"""Set-based steps that files of learners and of staff share: the person behind a row, found by code or personal number, or new.

Named parameters are those of `run.parameters`.
"""

from typing import Final

# Cells of the person, cast without ever failing: a wrong one is reported by the cell checks and never used.
PERSON_CELLS: Final = """
    s.row_no, s.ministry_code AS code,
    CASE WHEN s.ministry_code LIKE 'TEMP-%' THEN 'temporary_code' ELSE 'ministry_code' END AS code_kind,
    s.personal_number, tidy_name(s.full_name) AS full_name, import_day(s.birth_date) AS birth_date,
    CASE length(s.birth_date) WHEN 4 THEN 'year' WHEN 7 THEN 'month' ELSE 'day' END AS birth_precision,
    (ascii(s.sex) - 48)::smallint AS sex"""

# One row for each code (10 digits, or TEMP- and 12): its first row speaks for the person.
CREATE_BEARER: Final = """
CREATE TEMP TABLE bearer ON COMMIT DROP AS
SELECT f.*, coalesce(a.person_id, b.person_id) AS known_id, a.person_id AS by_code, b.person_id AS by_number,
       coalesce(a.person_id, b.person_id, import_id(:person_stem, f.first_row)) AS person_id
FROM (SELECT code, min(row_no) AS first_row, count(*) AS rows, max(personal_number) AS personal_number, max(code_kind) AS code_kind
      FROM typed WHERE length(code) IN (10, 17) GROUP BY code) f
LEFT JOIN person_identifier a ON a.kind = f.code_kind AND a.value = f.code
LEFT JOIN person_identifier b ON b.kind = 'personal_number' AND b.value = f.personal_number"""

LOCK_PEOPLE: Final = (
    "SELECT FROM person WHERE person_id IN (SELECT known_id FROM bearer WHERE known_id IS NOT NULL) ORDER BY person_id FOR UPDATE"
)

BIRTH: Final = """
INSERT INTO fault SELECT t.row_no, 'birth_date',
    CASE WHEN t.birth_date IS NULL THEN 'impossible_date' WHEN t.birth_date < '1900-01-01' THEN 'too_early' ELSE 'future_date' END,
        s.birth_date, ''
FROM typed t JOIN stage s USING (row_no)
WHERE s.birth_date IS NOT NULL AND (t.birth_date IS NULL OR t.birth_date NOT BETWEEN '1900-01-01'
    AND (now() AT TIME ZONE 'Asia/Ho_Chi_Minh')::date)
  AND s.birth_date ~ '^(\\d{4}(-\\d{2}){0,2}|\\d{1,2}/\\d{1,2}/\\d{4})$'"""

PERSON_DIFFERS: Final = """
INSERT INTO fault SELECT t.row_no, 'full_name', 'person_differs', t.full_name, b.first_row::text
FROM bearer b JOIN typed f ON f.row_no = b.first_row JOIN typed t ON t.code = b.code AND t.row_no <> b.first_row
WHERE b.rows > 1 AND ((t.full_name, t.birth_date, t.sex) IS DISTINCT FROM (f.full_name, f.birth_date, f.sex)
                      OR t.personal_number <> b.personal_number)"""

NUMBER_SHARED: Final = """
INSERT INTO fault SELECT b.first_row, 'personal_number', 'identifier_shared', b.personal_number, twice.first_row::text
FROM (SELECT personal_number, min(first_row) AS first_row FROM bearer WHERE personal_number IS NOT NULL
      GROUP BY personal_number HAVING count(*) > 1) twice
JOIN bearer b USING (personal_number) WHERE b.first_row <> twice.first_row"""

# Two identifiers of one row lead to two people, or the person bears another identifier of that kind already.
NUMBER_TAKEN: Final = """
INSERT INTO fault SELECT b.first_row, 'personal_number', 'identifier_taken', b.personal_number, ''
FROM bearer b WHERE b.by_code <> b.by_number
UNION ALL
SELECT b.first_row, i.kind, 'identifier_taken', CASE i.kind WHEN 'personal_number' THEN b.personal_number ELSE b.code END, ''
FROM bearer b JOIN person_identifier i ON i.person_id = b.known_id
WHERE (i.kind = 'personal_number' AND i.value <> b.personal_number) OR (i.kind = 'ministry_code' AND b.by_code IS NULL
    AND i.value <> b.code)"""

PERSON_ELSEWHERE: Final = """
INSERT INTO fault SELECT b.first_row, 'ministry_code', 'person_elsewhere', b.code, ''
FROM bearer b JOIN person p ON p.person_id = b.known_id WHERE NOT p.organisation_path <@ ANY (:sender_paths::text[]::ltree[])"""

# The same for the role, where it stands elsewhere than the person does.
_ROLE_ELSEWHERE: Final = """
INSERT INTO fault SELECT b.first_row, 'ministry_code', 'person_elsewhere', b.code, ''
FROM bearer b JOIN person p ON p.person_id = b.known_id JOIN {table} r ON r.person_id = b.known_id
WHERE p.organisation_path <@ ANY (:sender_paths::text[]::ltree[]) AND NOT r.organisation_path <@ ANY (:sender_paths::text[]::ltree[])"""

_PERIOD_OF_ROW: Final = """
INSERT INTO fault SELECT t.row_no, d.col, CASE WHEN d.day IS NULL THEN 'impossible_date' WHEN d.day < '1900-01-01' THEN 'too_early'
    ELSE 'period_order' END,
    d.given, ''
FROM typed t JOIN stage s USING (row_no) CROSS JOIN LATERAL (VALUES
    ('{starts}', s.{starts}, t.starts_on, t.starts_on >= '1900-01-01'), ('{ends}', s.{ends}, t.ends_on,
        t.ends_on > t.starts_on)) d (col, given, day, fine)
WHERE (t.starts_on IS NULL OR t.starts_on < '1900-01-01' OR (s.{ends} IS NOT NULL AND (t.ends_on > t.starts_on) IS NOT TRUE))
  AND d.given ~ '^(\\d{4}-\\d{2}-\\d{2}|\\d{1,2}/\\d{1,2}/\\d{4})$' AND d.fine IS NOT TRUE AND (d.day IS NULL
      OR t.starts_on IS NOT NULL)"""


def role_elsewhere(table: str) -> str:
    """Return the check that a known learner or staff member stands in the sender's scope."""
    return _ROLE_ELSEWHERE.replace("{table}", table)


def period_of_row(starts: str, ends: str) -> str:
    """Return the check of a row's period, for the columns that hold it."""
    return _PERIOD_OF_ROW.replace("{starts}", starts).replace("{ends}", ends)


# Digit 4 of a personal number holds century and sex, digits 5 and 6 the birth year: a disagreement is a warning, never a refusal.
WARNINGS: Final = """
    CASE WHEN b.personal_number IS NULL THEN '{}'::text[] ELSE array_remove(ARRAY[
        CASE WHEN 1900 + 100 * ((ascii(substr(b.personal_number, 4, 1)) - 48) / 2) + substr(b.personal_number, 5, 2)::integer
                  <> date_part('year', t.birth_date) THEN 'personal_number_birth_year' END,
        CASE WHEN t.sex <> 0 AND (t.sex = 2) <> ((ascii(substr(b.personal_number, 4, 1)) - 48) % 2 = 1)
            THEN 'personal_number_sex' END], NULL) END"""

NAME_PARTS: Final = """
    CASE WHEN t.full_name LIKE '% %' THEN split_part(t.full_name, ' ', 1) ELSE '' END,
    CASE WHEN t.full_name LIKE '% % %' THEN substr(t.full_name, length(split_part(t.full_name, ' ', 1)) + 2,
        length(t.full_name) - length(split_part(t.full_name, ' ', 1)) - length(split_part(t.full_name, ' ', -1)) - 2) ELSE '' END,
    split_part(t.full_name, ' ', -1)"""

# A known person who differs from the file, or gains an identifier. What the file leaves empty stays.
CREATE_DIFFERING: Final = """
CREATE TEMP TABLE differing ON COMMIT DROP AS
SELECT b.person_id FROM bearer b JOIN person p ON p.person_id = b.known_id JOIN typed t ON t.row_no = b.first_row
WHERE (p.full_name, p.birth_date, p.birth_precision, p.sex) IS DISTINCT FROM (t.full_name, t.birth_date, t.birth_precision, t.sex)
   OR p.ethnicity IS DISTINCT FROM coalesce(t.ethnicity, p.ethnicity)
   OR b.by_code IS NULL OR (b.personal_number IS NOT NULL AND b.by_number IS NULL)"""

INSERT_PEOPLE: Final = """
INSERT INTO person (person_id, full_name, family_name, middle_name, given_name, search_name, birth_date, birth_precision, sex, ethnicity,
    warnings, organisation_path)
SELECT b.person_id, t.full_name,{name_parts}, fold(t.full_name), t.birth_date, t.birth_precision, t.sex, t.ethnicity,{warnings},
    x.organisation_path
FROM touched x JOIN bearer b USING (code) JOIN typed t ON t.row_no = b.first_row
    WHERE b.known_id IS NULL ORDER BY b.first_row""".replace("{name_parts}", NAME_PARTS).replace("{warnings}", WARNINGS)
UPDATE_PEOPLE: Final = """
UPDATE person p SET (full_name, family_name, middle_name, given_name, search_name, birth_date, birth_precision, sex, ethnicity,
    warnings, version,
    updated_at) = (SELECT t.full_name,{name_parts}, fold(t.full_name), t.birth_date, t.birth_precision, t.sex,
        coalesce(t.ethnicity, p.ethnicity),{warnings}, p.version + 1, now() FROM typed t WHERE t.row_no = b.first_row)
FROM differing d JOIN bearer b USING (person_id) WHERE p.person_id = d.person_id""".replace("{name_parts}", NAME_PARTS).replace(
    "{warnings}", WARNINGS
)
# The ministry's code takes the place of a temporary one: never a second person.
DROP_TEMPORARY: Final = """
DELETE FROM person_identifier i USING bearer b
WHERE i.person_id = b.known_id AND i.kind = 'temporary_code' AND b.code_kind = 'ministry_code' AND b.by_code IS NULL"""
INSERT_IDENTIFIERS: Final = """
INSERT INTO person_identifier (kind, value, person_id, organisation_path)
SELECT i.kind, i.value, x.person_id, x.organisation_path FROM touched x JOIN bearer b USING (code) CROSS JOIN LATERAL (VALUES
    (b.code_kind, CASE WHEN b.by_code IS NULL THEN b.code END),
    ('personal_number', CASE WHEN b.by_number IS NULL THEN b.personal_number END)) i (kind, value)
WHERE i.value IS NOT NULL ORDER BY b.first_row"""
