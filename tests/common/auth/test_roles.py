"""What roles.yaml says of every permission that a route names: who needs it, and nobody else."""

import pytest

from libs.common.auth.permissions import roles
from tests.contract.operations import operations

SECTOR = "platform_admin province_officer integrator"
ABOVE = "platform_admin province_officer commune_officer"
SCHOOL = ABOVE + " school_admin"
OFFICE = SCHOOL + " clerk integrator"
READERS = OFFICE + " auditor"
STAFF_ROOM = READERS + " teacher"
EVERYBODY = STAFF_ROOM + " guardian learner"
# `role~`: only for rows that concern the person.
HOLDERS = {
    "assets.asset.change": OFFICE,
    "assets.asset.import": OFFICE,
    "assets.asset.read": STAFF_ROOM,
    "assets.asset.record": OFFICE,
    "assets.asset.retire": OFFICE,
    "assets.import.read": STAFF_ROOM,
    "assets.need.read": STAFF_ROOM,
    "assets.norm.read": STAFF_ROOM,
    "assets.norm.set": SECTOR,
    "assets.rule_set.add": SECTOR,
    "assets.rule_set.read": STAFF_ROOM,
    "assets.wear.read": STAFF_ROOM,
    "assets.wear.run": OFFICE,
    "egov.agency.set": SCHOOL + " integrator",
    "egov.document.count": OFFICE,
    "egov.document.read": READERS,
    "egov.dossier.decide": SCHOOL,
    "egov.dossier.file": OFFICE + " guardian~",
    "egov.dossier.handle": OFFICE,
    "egov.dossier.read": READERS + " guardian~ learner~",
    "egov.dossier.release": SCHOOL,
    "egov.procedure.offer": OFFICE,
    "egov.procedure.read": EVERYBODY,
    "identity.account.change": ABOVE,
    "identity.account.create": SCHOOL,
    "identity.account.disable": ABOVE,
    "identity.account.enable": ABOVE,
    "identity.account.read": SCHOOL + " auditor",
    "identity.client.admit": "platform_admin province_officer",
    "identity.client.change": "platform_admin province_officer",
    "identity.client.read": "platform_admin province_officer auditor",
    "identity.grant.give": SCHOOL,
    "identity.grant.withdraw": SCHOOL,
    "identity.session.read": SCHOOL + " auditor",
    "identity.session.revoke": SCHOOL,
    "insight.figure.read": STAFF_ROOM,
    "insight.freshness.read": READERS,
    "insight.plan.read": STAFF_ROOM,
    "learning.content.read": EVERYBODY,
    "learning.content.review": SCHOOL,
    "learning.content.submit": SCHOOL + " teacher integrator",
    "learning.curriculum.change": SECTOR,
    "learning.curriculum.read": EVERYBODY,
    "registry.class.change": OFFICE,
    "registry.class.open": OFFICE,
    "registry.class.read": STAFF_ROOM,
    "registry.guardian.add": OFFICE,
    "registry.guardian.read": READERS + " guardian~ school_admin~",
    "registry.import.read": READERS,
    "registry.import.run": OFFICE,
    "registry.learner.change": OFFICE,
    "registry.learner.match": OFFICE,
    "registry.learner.read": READERS + " teacher~ guardian~ learner~",
    "registry.learner.register": OFFICE,
    "registry.organisation.change": SECTOR,
    "registry.organisation.create": SECTOR,
    "registry.organisation.read": EVERYBODY,
    "registry.school_year.read": EVERYBODY,
    "registry.school_year.set": SECTOR,
    "registry.staff.change": SCHOOL + " integrator",
    "registry.staff.read": READERS + " teacher~",
    "registry.staff.register": SCHOOL + " integrator",
}
# Every signed-in caller may; what they reach is bound to the token's own id.
OWN = {"identity.me.read", "identity.me.end"}


def test_every_permission_of_a_route_is_written_down_here() -> None:
    assert {operation.permission for operation in operations() if operation.permission} == HOLDERS.keys() | OWN


@pytest.mark.parametrize("permission", HOLDERS)
def test_who_holds_a_permission(permission: str) -> None:
    whole = {name for name, role in roles().items() if role.reaches_organisation(permission)}
    related = {name + "~" for name, role in roles().items() if role.reaches_relation(permission)}
    assert whole | related == set(HOLDERS[permission].split())


def test_no_role_names_what_no_route_asks_for() -> None:
    asked = HOLDERS.keys() | OWN
    for name, role in roles().items():
        for pattern in (*role.organisation, *role.relation):
            one = type(role)(name, (pattern,), ())
            assert any(one.reaches_organisation(permission) for permission in asked), (name, pattern)
