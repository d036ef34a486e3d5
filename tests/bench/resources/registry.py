"""The registry's learners."""

from uuid import UUID, uuid4

from sqlmodel import select
from sqlmodel.ext.asyncio.session import AsyncSession

from services.registry.classes.tables import SchoolClass
from services.registry.learners import queries
from services.registry.learners.schemas import LearnerOut
from services.registry.learners.tables import Learner
from services.registry.people.tables import Person, PersonIdentifier
from tests.bench.resource import PLACES, SCHOOLS, Creation, Resource, bare, bare_page, code_of

PATH = "/registry/v1/learners"
FILL = (
    """CREATE TABLE bench_organisation AS
       SELECT n, new_id() AS organisation_id FROM generate_series(0, {schools}) AS n""".replace("{schools}", str(SCHOOLS)),
    """INSERT INTO organisation (organisation_id, organisation_path)
       SELECT b.organisation_id, CASE WHEN b.n = 0 THEN text2ltree(replace(p.organisation_id::text, '-', ''))
           ELSE text2ltree(replace(p.organisation_id::text, '-', '') || '.' || replace(b.organisation_id::text, '-', '')) END
       FROM bench_organisation b, bench_organisation p WHERE p.n = 0""",
    """INSERT INTO organisation_version (organisation_id, valid_from, code, name, kind, parent_id, levels, path, organisation_path)
       SELECT organisation_id, '2015-01-01', CASE WHEN n = 0 THEN 'P' ELSE 'S' || n END, 'Trường ' || n,
           CASE WHEN n = 0 THEN 'province' ELSE 'school' END, (SELECT organisation_id FROM bench_organisation WHERE n = 0 AND b.n > 0),
           '{primary}', o.organisation_path, o.organisation_path
       FROM bench_organisation b JOIN organisation o USING (organisation_id)""",
    "SELECT refresh_organisations(current_date)",
    "INSERT INTO school_year (school_year, starts_on, ends_on) VALUES ('2026-2027', '2026-09-05', '2027-05-31')",
    PLACES,
    """INSERT INTO person (person_id, full_name, family_name, middle_name, given_name, search_name, birth_date, birth_precision, sex,
           organisation_path)
       SELECT other_id, 'Lý Thị Mai ' || n, 'Lý', 'Thị', 'Mai', 'ly thi mai ' || n, date '2012-01-01' + (n % 3000), 'day', n % 2 + 1, path
       FROM bench_place""",
    """INSERT INTO person_identifier (kind, value, person_id, organisation_path)
       SELECT 'ministry_code', lpad(n::text, 10, '0'), other_id, path FROM bench_place""",
    """INSERT INTO learner (learner_id, person_id, ministry_code, school_id, grade, level, status, organisation_path)
       SELECT row_id, other_id, lpad(n::text, 10, '0'), organisation_id, 3, 'primary', '01', path FROM bench_place""",
    """INSERT INTO enrolment (enrolment_id, learner_id, school_id, school_year, grade, level, status_from, period, organisation_path)
       SELECT new_id(), row_id, organisation_id, '2026-2027', 3, 'primary', '01', daterange('2026-09-05', NULL), path
       FROM bench_place""",
)


async def naive(db: AsyncSession, key: UUID) -> LearnerOut:
    """Read objects, one after the other."""
    learner = await db.get_one(Learner, key)
    person = await db.get_one(Person, learner.person_id)
    identifiers = (await db.exec(select(PersonIdentifier).where(PersonIdentifier.person_id == learner.person_id))).all()
    group = await db.get(SchoolClass, learner.class_id) if learner.class_id else None
    return LearnerOut.model_validate(
        {
            **person.model_dump(),
            **learner.model_dump(),
            "birth_date": person.birth_date.isoformat(),
            "identifiers": [{"kind": one.kind, "value": one.value} for one in identifiers],
            "school_code": await code_of(db, learner.school_id),
            "class_name": group.name if group else None,
        }
    )


CREATION = Creation(
    PATH,
    body=lambda: {
        "full_name": "Giàng A Páo",
        "birth_date": "2017-03-04",
        "sex": 1,
        "identifiers": [{"kind": "birth_certificate", "value": uuid4().hex}],
        "enrolment": {"school_code": "S7", "school_year": "2026-2027", "level": "primary", "grade": 3, "enrolled_on": "2026-09-05"},
    },
    flat=lambda: {
        "full_name": "Giàng A Páo",
        "birth_date": "2017-03-04",
        "sex": 1,
        "school_code": "S7",
        "school_year": "2026-2027",
        "grade": 3,
    },
)
RESOURCE = Resource(
    grant="province_officer@P",
    fill=FILL,
    keys="SELECT learner_id FROM learner",
    read=PATH + "/{key}",
    page=PATH + "?school=S7",
    every=PATH,
    bare=bare(queries.LEARNER, "learner_id"),
    bare_page=bare_page(queries.LEARNERS, school="S7"),
    naive=naive,
    out=LearnerOut,
    creation=CREATION,
)
