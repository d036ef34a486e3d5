"""The chart as a whole: it lints, its output is Kubernetes', its values are checked, and it knows every service of the repository."""

from __future__ import annotations

import json
from collections import Counter
from copy import deepcopy
from typing import TYPE_CHECKING

import pytest
import yaml

from tests.deploy.chart import CHART, PROVINCE, RELEASE, SMALLEST, Helm, HelmError, Object, named, of_kind, services

if TYPE_CHECKING:
    from pathlib import Path

    from tests.deploy.kubernetes import Validator


@pytest.mark.parametrize("values", [PROVINCE, SMALLEST], ids=["province", "smallest"])
def test_helm_lints_it(helm: Helm, values: Path) -> None:
    assert "0 chart(s) failed" in helm.run("lint", "--strict", str(CHART), "--values", str(values))


@pytest.mark.parametrize("values", ["province", "smallest"])
def test_what_it_renders_is_valid_for_the_oldest_and_the_newest_kubernetes(
    validator: Validator, values: str, request: pytest.FixtureRequest
) -> None:
    objects: list[Object] = request.getfixturevalue(values)
    assert [error for one in objects for error in validator.errors(one)] == []


def test_the_schemas_bite(validator: Validator, province: list[Object]) -> None:
    broken = deepcopy(named(province, "Deployment", "registry-api"))
    broken["spec"]["template"]["spec"]["containers"][0]["readinesProbe"] = {}
    broken["spec"]["replicas"] = "many"
    assert len(validator.errors(broken)) == 2


def test_the_resource_names_are_unique(province: list[Object]) -> None:
    names = Counter((one["kind"], one["metadata"]["name"]) for one in province)
    assert [name for name, times in names.items() if times > 1] == []
    assert all(name.startswith(RELEASE) and len(name) <= 63 for _, name in names)


def test_every_service_of_the_repository_is_in_the_values() -> None:
    values = yaml.safe_load((CHART / "values.yaml").read_text(encoding="utf-8"))
    schema = json.loads((CHART / "values.schema.json").read_text(encoding="utf-8"))
    assert sorted(values["services"]) == services()
    assert sorted(schema["properties"]["services"]["properties"]) == services()


def test_every_service_has_api_worker_migration_service_and_budgets(province: list[Object]) -> None:
    for service in services():
        api, worker = named(province, "Deployment", f"{service}-api"), named(province, "Deployment", f"{service}-worker")
        assert [one["spec"]["template"]["spec"]["containers"][0]["args"] for one in (api, worker)] == [
            [f"services.{service}.main", "api"],
            [f"services.{service}.main", "worker"],
        ]
        job = named(province, "Job", f"{service}-migrate")
        assert job["metadata"]["annotations"]["helm.sh/hook"] == "pre-install,pre-upgrade"
        assert job["spec"]["template"]["spec"]["containers"][0]["args"] == [f"services.{service}.main", "migrate"]
        assert named(province, "Service", service)
        assert named(province, "PodDisruptionBudget", f"{service}-api")
        assert named(province, "PodDisruptionBudget", f"{service}-worker")


def test_jobs_run_in_order_migrations_then_realm_then_accounts(province: list[Object]) -> None:
    order = sorted(of_kind(province, "Job"), key=lambda job: int(job["metadata"]["annotations"]["helm.sh/hook-weight"]))
    processes = [job["metadata"]["labels"]["lienthong.vn/process"] for job in order]
    assert processes == ["migrate"] * len(services()) + ["realm", "bootstrap"]


def test_jobs_before_an_installation_need_nothing_of_the_chart(province: list[Object]) -> None:
    """A hook runs before the chart's own objects exist: no ConfigMap of it may be mounted or read."""
    for job in of_kind(province, "Job"):
        assert "configMap" not in json.dumps(job["spec"])


def test_a_service_that_is_not_enabled_leaves_nothing_behind(helm: Helm) -> None:
    objects = helm.template(PROVINCE, "services.learning.enabled=false")
    assert "learning" not in json.dumps([one for one in objects if one["kind"] != "NetworkPolicy"])


def test_a_service_overrides_single_values_of_the_defaults(province: list[Object]) -> None:
    worker = named(province, "Deployment", "registry-worker")["spec"]["template"]["spec"]["containers"][0]
    assert worker["resources"] == {"requests": {"cpu": "100m", "memory": "192Mi"}, "limits": {"cpu": "1", "memory": "1Gi"}}


def test_the_notes_say_what_is_still_to_do(helm: Helm) -> None:
    text = helm.run("install", RELEASE, str(CHART), "--dry-run=client", "--values", str(SMALLEST)).partition("NOTES:")[2]
    assert "nobody can sign in yet" in text
    assert "https://lienthong.example" in text
    assert "{{" not in text


def test_the_default_values_alone_are_refused_with_the_names_of_what_is_missing(helm: Helm) -> None:
    with pytest.raises(HelmError) as refused:
        helm.run("template", RELEASE, str(CHART))
    for name in ("/publicUrl", "/kafka/bootstrap", "/keycloak/url", "/keycloak/issuer", "/networkPolicy/postgresql/to"):
        assert name in str(refused.value)


WRONG = {
    "unknown value": ("replica=3", "replica"),
    "unknown value of a service": ("services.registry.api.replica=3", "replica"),
    "unknown service": ('services.payroll={"enabled":true}', "payroll"),
    "no copies": ("services.registry.api.replicas=0", "/services/registry/api/replicas"),
    "text for a number": ('ports.api="8000"', "/ports/api"),
    "privileged port": ("ports.api=80", "/ports/api"),
    "latest": ('image.tag="latest"', "/image/tag"),
    "latest Envoy": ('gateway.envoy.image="envoyproxy/envoy:latest"', "/gateway/envoy/image"),
    "Envoy without a version": ('gateway.envoy.image="envoyproxy/envoy"', "/gateway/envoy/image"),
    "short digest": ('services.egov.digest="sha256:12"', "/services/egov/digest"),
    "slash at the end": ('publicUrl="https://lienthong.example/"', "/publicUrl"),
    "password in an address": ('keycloak.url="https://admin:secret@login.example"', "/keycloak/url"),
    "secret as text": ('services.learning.env.LIENTHONG_LEARNING_S3_SECRET_KEY="hunter2"', "'LIENTHONG_LEARNING_S3_SECRET_KEY'"),
    "common setting of a service": ('services.egov.env.LIENTHONG_DATABASE_URL="postgresql://x"', "'LIENTHONG_DATABASE_URL'"),
    "foreign variable": ('services.egov.env.PATH="/"', "'PATH'"),
    "setting without a value": ('services.learning.env.LIENTHONG_LEARNING_STORAGE=""', "services.learning.env.LIENTHONG_LEARNING_STORAGE"),
    "nowhere to find the database": ("networkPolicy.postgresql.to=[]", "/networkPolicy/postgresql/to"),
    "traces without a way out": ("networkPolicy.tracing.to=[]", "/networkPolicy/tracing/to"),
    "unknown protocol of Kafka": ('kafka.security="TLS"', "/kafka/security"),
    "certificates without TLS": ('kafka.security="SASL_PLAINTEXT"', "/kafka/caSecret"),
    "readable password": ('kafka={"security":"SASL_PLAINTEXT","caSecret":"","sasl":{"mechanism":"PLAIN"}}', "/kafka/sasl/mechanism"),
    "user of Kafka as text": ('kafka.sasl.password="hunter2"', "password"),
    "any origin": ('gateway.corsOrigins=["*"]', "/gateway/corsOrigins"),
    "limit out of bounds": ("gateway.limits.header_kib=1000", "/gateway/limits/header_kib"),
}


@pytest.mark.parametrize(("assignment", "place"), WRONG.values(), ids=WRONG)
def test_a_wrong_value_is_refused_by_its_place(helm: Helm, assignment: str, place: str) -> None:
    with pytest.raises(HelmError) as refused:
        helm.template(PROVINCE, assignment)
    assert place in str(refused.value)


def test_every_value_that_the_schema_knows_is_documented() -> None:
    """Each value of the top two levels is in values.yaml, where its comment is; Helm's own `global` is not ours."""
    values = yaml.safe_load((CHART / "values.yaml").read_text(encoding="utf-8"))
    schema = json.loads((CHART / "values.schema.json").read_text(encoding="utf-8"))
    assert set(schema["properties"]) - {"global"} == set(values)
    for name, part in schema["properties"].items():
        if part.get("additionalProperties") is False:
            assert set(part["properties"]) == set(values[name]), name
