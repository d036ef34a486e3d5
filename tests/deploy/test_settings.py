"""What the chart tells a process is what the process reads: names, ports, secrets, and settings that validate."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

import pytest
from pydantic_settings import BaseSettings

from gateway.main import PagesSettings
from libs.common.settings import KafkaProtocol, KafkaSettings, Settings
from tests.deploy.chart import PROVINCE, Helm, Object, containers, named, pods, services

if TYPE_CHECKING:
    from collections.abc import Iterator

SAMPLES = {"DATABASE_URL": "postgresql://app:x@db.example/x", "OWNER_URL": "postgresql://owner:x@db.example/x"}
SAMPLE = "sample"


def _classes(service: str) -> Iterator[type[BaseSettings]]:
    """Yield the settings classes that a service's processes read, once its code is imported."""
    importlib.import_module(f"services.{service}.main")
    waiting = [BaseSettings]
    while waiting:
        one = waiting.pop()
        waiting += one.__subclasses__()
        if one in {Settings, KafkaSettings} or one.__module__.startswith(f"services.{service}."):
            yield one


def _variables(kind: type[BaseSettings]) -> set[str]:
    return {f"{kind.model_config.get('env_prefix', '')}{name}".upper() for name in kind.model_fields}


def _of_service(objects: list[Object], service: str) -> list[tuple[str, Object]]:
    return [
        (name, one)
        for name, pod in pods(objects)
        if pod["metadata"]["labels"]["lienthong.vn/service"] == service
        for one in containers(pod)
    ]


def _environment(container: Object) -> dict[str, str]:
    """Return the environment as the process would see it, with samples where Secrets are."""
    return {one["name"]: one.get("value", SAMPLES.get(one["name"].removeprefix("LIENTHONG_"), SAMPLE)) for one in container.get("env", [])}


@pytest.mark.parametrize("service", services())
@pytest.mark.parametrize("values", ["province", "smallest"])
def test_a_service_knows_every_variable_it_is_given(values: str, service: str, request: pytest.FixtureRequest) -> None:
    known = {name for kind in _classes(service) for name in _variables(kind)}
    for name, container in _of_service(request.getfixturevalue(values), service):
        assert set(_environment(container)) <= known, name


@pytest.mark.parametrize("service", services())
@pytest.mark.parametrize("values", ["province", "smallest"])
def test_a_service_accepts_what_it_is_given(
    values: str, service: str, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    kinds = list(_classes(service))
    for name, container in _of_service(request.getfixturevalue(values), service):
        with monkeypatch.context() as environment:
            for variable, value in _environment(container).items():
                environment.setenv(variable, value)
            loaded = [kind() for kind in kinds]
        common = next(one for one in loaded if isinstance(one, Settings))
        assert common.profile == "production", name
        assert common.bus_url.get_secret_value().startswith("kafka://")


def test_processes_listen_where_their_probes_look(province: list[Object]) -> None:
    for service in services():
        for process, variable in (("api", "LIENTHONG_PORT"), ("worker", "LIENTHONG_WORKER_PORT")):
            container = named(province, "Deployment", f"{service}-{process}")["spec"]["template"]["spec"]["containers"][0]
            environment = _environment(container)
            assert [str(port["containerPort"]) for port in container["ports"]] == [environment[variable]]
            assert environment["LIENTHONG_HOST"] == "0.0.0.0"  # noqa: S104 - inside its own pod


def test_the_owner_of_a_database_is_known_to_its_migration_only(province: list[Object]) -> None:
    for service in services():
        given = {name for name, one in _of_service(province, service) if "LIENTHONG_OWNER_URL" in _environment(one)}
        assert given == {f"Job lienthong-{service}-migrate"}


def test_secrets_come_by_reference_and_each_service_has_its_own(province: list[Object]) -> None:
    used: dict[str, set[str]] = {}
    for service in services():
        for _, container in _of_service(province, service):
            for one in container["env"]:
                if "valueFrom" in one:
                    used.setdefault(one["valueFrom"]["secretKeyRef"]["name"], set()).add(service)
    assert all(len(of) == 1 for of in used.values()), used
    assert len(used) == 3 * len(services()) + 2  # two addresses and the bus's user of each, the realm's administrator, the file store


def test_apis_and_workers_alone_sign_in_at_kafka_and_trust_the_given_certificates(
    province: list[Object], monkeypatch: pytest.MonkeyPatch
) -> None:
    for service in services():
        for process in ("api", "worker"):
            pod = named(province, "Deployment", f"{service}-{process}")["spec"]["template"]["spec"]
            environment = _environment(pod["containers"][0])
            with monkeypatch.context() as given:
                for variable, value in environment.items():
                    given.setenv(variable, value)
                settings = KafkaSettings()
            assert settings.security is KafkaProtocol.SASL_SSL
            assert (settings.username, settings.sasl) == (SAMPLE, True)
            (mount,) = [one for one in pod["containers"][0]["volumeMounts"] if one["name"] == "kafka-ca"]
            assert f"{mount['mountPath']}/ca.crt" == str(settings.ca_file)
            (volume,) = [one for one in pod["volumes"] if one["name"] == "kafka-ca"]
            assert volume["secret"] == {"secretName": "lienthong-kafka-ca", "items": [{"key": "ca.crt", "path": "ca.crt"}]}
        migration = named(province, "Job", f"{service}-migrate")["spec"]["template"]["spec"]["containers"][0]
        assert not [name for name in _environment(migration) if name.startswith("LIENTHONG_KAFKA_")]


def test_one_user_for_all_services_is_possible(helm: Helm) -> None:
    objects = helm.template(PROVINCE, 'kafka.sasl.existingSecret="lienthong-bus"')
    named_secrets = {
        one["valueFrom"]["secretKeyRef"]["name"]
        for service in services()
        for one in named(objects, "Deployment", f"{service}-worker")["spec"]["template"]["spec"]["containers"][0]["env"]
        if one["name"] == "LIENTHONG_KAFKA_PASSWORD"
    }
    assert named_secrets == {"lienthong-bus"}


def test_the_gateway_knows_every_variable_it_is_given(province: list[Object]) -> None:
    container = named(province, "Deployment", "gateway-pages")["spec"]["template"]["spec"]["containers"][0]
    assert set(_environment(container)) == _variables(PagesSettings)


def test_egov_reaches_the_registry_inside_the_cluster(province: list[Object]) -> None:
    container = named(province, "Deployment", "egov-api")["spec"]["template"]["spec"]["containers"][0]
    service = named(province, "Service", "registry")
    host = f"{service['metadata']['name']}.{service['metadata']['namespace']}.svc.cluster.local"
    assert _environment(container)["LIENTHONG_EGOV_REGISTRY_URL"] == f"http://{host}:{service['spec']['ports'][0]['port']}"
