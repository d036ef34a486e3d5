"""Identity with both schools in it: an account with a grant and a session, and a vendor's client of each."""

from uuid import UUID, uuid4

from tests.security.schools import PROVINCE, Founder, School, superuser
from tests.support.postgres import TestDatabase
from tests.support.service import plant_organisation

V1 = "/identity/v1"
SESSION = """
INSERT INTO login_session (session_id, account_id, organisation_code, organisation_path, cookie_digest, user_agent, started_at, used_at,
    expires_at)
SELECT $1, account_id, organisation_code, organisation_path, $1, $2, now(), now(), now() + interval '1 hour' FROM account
WHERE account_id = $3"""


async def fill(founder: Founder, database: TestDatabase, *schools: School) -> None:
    """Put both schools in; the token's subject of each school is an account of it."""
    province = await plant_organisation(database, uuid4(), PROVINCE, kind="province")
    for school in schools:
        commune_id, school_id = uuid4(), uuid4()
        commune = await plant_organisation(database, commune_id, school.commune, kind="commune", parent_path=province)
        await plant_organisation(database, school_id, school.code, kind="school", parent_path=commune)
        school.mark(school.word, school.code, school.commune, commune_id, school_id)
        await _account(founder, database, school)
        await _client(founder, school)


async def _account(founder: Founder, database: TestDatabase, school: School) -> None:
    username, person = f"nv.{school.word.lower()}", uuid4()
    body = {"username": username, "name": f"{school.word} Lan", "organisation_code": school.code, "person_id": str(person)}
    made = await founder.must("POST", f"{V1}/accounts", body | {"grants": [{"role": "teacher", "organisation_code": school.code}]})
    school.subject = made["account_id"]
    school.ids |= {"account_id": made["account_id"], "grant_id": made["grants"][0]["grant_id"], "session_id": str(uuid4())}
    agent = f"Trình duyệt {school.word}"
    async with superuser(database) as connection:
        await connection.execute(SESSION, school.ids["session_id"], agent, made["account_id"])
    school.mark(username, person, agent, *(UUID(school.ids[name]) for name in ("account_id", "grant_id", "session_id")))


async def _client(founder: Founder, school: School) -> None:
    client_id = f"vendor-{school.word.lower()}"
    body = {"client_id": client_id, "name": f"Phần mềm {school.word}", "organisation_code": school.code, "scopes": ["registry.read"]}
    made = await founder.must("POST", f"{V1}/clients", body | {"grants": [{"role": "integrator", "organisation_code": school.code}]})
    school.ids |= {"client_id": client_id, "client_grant_id": made["grants"][0]["grant_id"]}
    school.mark(client_id, UUID(made["grants"][0]["grant_id"]))
