"""A province's worth of learners, written straight into the registry's tables for the benchmarks: 200,866 in 300 schools."""

import asyncpg

LEARNERS = 200_866
SCHOOLS = 300
# One transaction with checks of foreign keys off: the rows are consistent by construction.
STATEMENTS = (
    "SET session_replication_role = replica",
    """CREATE TABLE bench_organisation AS
       SELECT n, new_id() AS organisation_id FROM generate_series(0, {schools}) AS n""",
    """INSERT INTO organisation (organisation_id, organisation_path)
       SELECT b.organisation_id, CASE WHEN b.n = 0 THEN text2ltree(replace(p.organisation_id::text, '-', ''))
           ELSE text2ltree(replace(p.organisation_id::text, '-', '') || '.' || replace(b.organisation_id::text, '-', '')) END
       FROM bench_organisation b, bench_organisation p WHERE p.n = 0""",
    """INSERT INTO organisation_version (organisation_id, valid_from, code, name, kind, parent_id, levels, path, organisation_path)
       SELECT organisation_id, '2015-01-01', CASE WHEN n = 0 THEN 'P' ELSE 'S' || n END, 'Trường ' || n,
           CASE WHEN n = 0 THEN 'province' ELSE 'school' END, (SELECT organisation_id FROM bench_organisation WHERE n = 0 AND b.n > 0),
           '{{primary}}', o.organisation_path, o.organisation_path
       FROM bench_organisation b JOIN organisation o USING (organisation_id)""",
    "SELECT refresh_organisations(current_date)",
    "INSERT INTO school_year (school_year, starts_on, ends_on) VALUES ('2026-2027', '2026-09-05', '2027-05-31')",
    """CREATE TABLE bench_learner_id AS
       SELECT g.n, new_id() AS person_id, new_id() AS learner_id, o.organisation_id, o.path
       FROM generate_series(0, {learners} - 1) AS g(n)
       JOIN bench_organisation b ON b.n = 1 + CASE WHEN g.n < {learners} / 2 THEN 0 ELSE g.n % {schools} END
       JOIN organisation_path o USING (organisation_id)""",
    """INSERT INTO person (person_id, full_name, family_name, middle_name, given_name, search_name, birth_date, birth_precision, sex,
           organisation_path)
       SELECT person_id, 'Lý Thị Mai ' || n, 'Lý', 'Thị', 'Mai', 'ly thi mai ' || n, date '2012-01-01' + (n % 3000), 'day', n % 2 + 1, path
       FROM bench_learner_id""",
    """INSERT INTO person_identifier (kind, value, person_id, organisation_path)
       SELECT 'ministry_code', lpad(n::text, 10, '0'), person_id, path FROM bench_learner_id""",
    """INSERT INTO learner (learner_id, person_id, ministry_code, school_id, grade, level, status, organisation_path)
       SELECT learner_id, person_id, lpad(n::text, 10, '0'), organisation_id, 3, 'primary', '01', path FROM bench_learner_id""",
    """INSERT INTO enrolment (enrolment_id, learner_id, school_id, school_year, grade, level, status_from, period, organisation_path)
       SELECT new_id(), learner_id, organisation_id, '2026-2027', 3, 'primary', '01', daterange('2026-09-05', NULL), path
       FROM bench_learner_id""",
    """CREATE TABLE bench_learner (learner_id uuid PRIMARY KEY, full_name text NOT NULL, birth_date text NOT NULL, sex int NOT NULL,
       school_code text NOT NULL, school_year text NOT NULL, grade int NOT NULL)""",
    "RESET session_replication_role",
    "ANALYZE",
)


async def fill(superuser_url: str, learners: int = LEARNERS) -> list[str]:
    """Write the rows and return some learner ids; half of the learners are in school S1, so that its list is a deep one."""
    connection = await asyncpg.connect(superuser_url)
    try:
        for statement in STATEMENTS:
            await connection.execute(statement.format(learners=learners, schools=SCHOOLS))
        rows = await connection.fetch("SELECT learner_id FROM bench_learner_id WHERE n % 100 = 7")
        return [str(row["learner_id"]) for row in rows]
    finally:
        await connection.close()
