"""Every pod is locked down, and the rules that say so catch a pod that is not."""

from __future__ import annotations

from copy import deepcopy
from typing import TYPE_CHECKING

import pytest

from tests.deploy import hardening
from tests.deploy.chart import Object, named, of_kind, pods

if TYPE_CHECKING:
    from collections.abc import Callable


@pytest.mark.parametrize("values", ["province", "smallest"])
def test_every_pod_is_locked_down(values: str, request: pytest.FixtureRequest) -> None:
    objects: list[Object] = request.getfixturevalue(values)
    found = [f"{name}: {finding}" for name, pod in pods(objects) for finding in hardening.of_pod(pod)]
    found += [
        f"{one['metadata']['name']}: {finding}"
        for one in of_kind(objects, "Deployment")
        for finding in hardening.of_server(one["spec"]["template"])
    ]
    assert found == []


def _container(pod: Object) -> Object:
    container: Object = pod["spec"]["containers"][0]
    return container


MUTANTS: dict[str, tuple[Callable[[Object], object], str]] = {
    "token": (lambda pod: pod["spec"].pop("automountServiceAccountToken"), "token"),
    "links": (lambda pod: pod["spec"].pop("enableServiceLinks"), "other Services"),
    "root": (lambda pod: pod["spec"]["securityContext"].update(runAsUser=0), "root"),
    "seccomp": (lambda pod: pod["spec"]["securityContext"].pop("seccompProfile"), "seccomp"),
    "host network": (lambda pod: pod["spec"].update(hostNetwork=True), "host's"),
    "host path": (lambda pod: pod["spec"]["volumes"].append({"name": "h", "hostPath": {"path": "/"}}), "folder of the host"),
    "unbounded": (lambda pod: pod["spec"]["volumes"].append({"name": "u", "emptyDir": {}}), "no bound"),
    "missing volume": (lambda pod: pod["spec"]["volumes"].clear(), "no volume"),
    "escalation": (lambda pod: _container(pod)["securityContext"].pop("allowPrivilegeEscalation"), "privileges"),
    "writable root": (lambda pod: _container(pod)["securityContext"].update(readOnlyRootFilesystem=False), "its root"),
    "capabilities": (lambda pod: _container(pod)["securityContext"].update(capabilities={"drop": ["NET_RAW"]}), "capabilities"),
    "latest": (lambda pod: _container(pod).update(image="x/y:latest"), "without a version"),
    "no tag": (lambda pod: _container(pod).update(image="host:5000/y"), "without a version"),
    "no limit": (lambda pod: _container(pod)["resources"]["limits"].pop("memory"), "limits of memory"),
    "no scratch": (lambda pod: _container(pod)["volumeMounts"].clear(), "temporary"),
    "twice": (lambda pod: _container(pod)["env"].append({"name": "LIENTHONG_HOST", "value": "::"}), "twice"),
    "secret": (lambda pod: _container(pod)["env"].append({"name": "X_PASSWORD", "value": "hunter2"}), "as text"),
    "probe": (lambda pod: _container(pod).pop("readinessProbe"), "readinessProbe"),
    "probe elsewhere": (lambda pod: _container(pod)["livenessProbe"]["httpGet"].update(port="admin"), "livenessProbe"),
    "not spread": (lambda pod: pod["spec"].pop("topologySpreadConstraints"), "spread"),
}


@pytest.mark.parametrize(("spoil", "finding"), MUTANTS.values(), ids=MUTANTS)
def test_a_pod_that_is_not_locked_down_is_found(province: list[Object], spoil: Callable[[Object], object], finding: str) -> None:
    pod = deepcopy(named(province, "Deployment", "registry-api")["spec"]["template"])
    spoil(pod)
    assert any(finding in one for one in [*hardening.of_pod(pod), *hardening.of_server(pod)])


def test_selectors_match_their_pods_and_nothing_else(province: list[Object]) -> None:
    templates = [one["spec"]["template"]["metadata"]["labels"] for one in of_kind(province, "Deployment", "Job")]

    def chosen(selector: Object) -> int:
        return sum(selector.items() <= labels.items() for labels in templates)

    for one in of_kind(province, "Deployment", "PodDisruptionBudget"):
        assert chosen(one["spec"]["selector"]["matchLabels"]) == 1, one["metadata"]["name"]
    for one in of_kind(province, "Service"):
        assert chosen(one["spec"]["selector"]) == 1, one["metadata"]["name"]
    for one in of_kind(province, "Deployment"):
        assert one["spec"]["selector"]["matchLabels"].items() <= one["spec"]["template"]["metadata"]["labels"].items()


def test_services_lead_to_ports_that_are_open(province: list[Object]) -> None:
    for service in of_kind(province, "Service"):
        selector = service["spec"]["selector"].items()
        pod = next(pod for _, pod in pods(province) if selector <= pod["metadata"]["labels"].items())
        names = {port["name"] for one in pod["spec"]["containers"] for port in one["ports"]}
        assert {port["targetPort"] for port in service["spec"]["ports"]} <= names


def test_a_pod_has_left_the_gateway_before_it_ends(province: list[Object]) -> None:
    """The pause covers DNS; what is left of the grace covers uvicorn's own 10 seconds."""
    for one in of_kind(province, "Deployment"):
        pod = one["spec"]["template"]["spec"]
        pause = sum(each.get("lifecycle", {}).get("preStop", {}).get("sleep", {}).get("seconds", 0) for each in pod["containers"])
        assert pod["terminationGracePeriodSeconds"] >= pause + 15
        assert pause >= 10 or one["metadata"]["labels"]["lienthong.vn/process"] == "worker"
