"""Who reaches whom: the matrix that the policies make, read from what was rendered."""

from __future__ import annotations

import pytest

from tests.deploy.chart import PROVINCE, Helm, Object, of_kind, pods, services
from tests.deploy.network import Network

DATABASE = {"ipBlock": {"cidr": "192.0.2.16/28"}}
BROKERS = {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "kafka"}}}
LOGIN = {"ipBlock": {"cidr": "192.0.2.32/32"}}
FILES = {"ipBlock": {"cidr": "192.0.2.64/32"}}
NAMES = {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "kube-system"}}}
MONITORING = {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "monitoring"}}}
INGRESS = {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "ingress"}}}


@pytest.fixture(scope="module")
def network(province: list[Object]) -> Network:
    return Network(province)


def test_every_pod_is_closed_in_both_directions(network: Network, province: list[Object]) -> None:
    assert [name for name, pod in pods(province) if not network.closed(pod)] == []


def test_services_reach_each_other_only_as_named(network: Network) -> None:
    reached = {
        (f"{source}-{process}", target)
        for source in services()
        for process in ("api", "worker", "migrate")
        for target in services()
        if network.reaches(network.pod(source, process), network.pod(target, "api"))
    }
    assert reached == {("egov-api", "registry")}


def test_the_gateway_and_its_pages_reach_every_api_and_no_worker(network: Network) -> None:
    for process in ("envoy", "pages"):
        own = network.pod("gateway", process)
        assert all(network.reaches(own, network.pod(service, "api")) for service in services())
        assert not any(network.reaches(own, network.pod(service, "worker")) for service in services())
    assert network.reaches(network.pod("gateway", "envoy"), network.pod("gateway", "pages"))
    assert not network.reaches(network.pod("gateway", "pages"), network.pod("gateway", "envoy"))


@pytest.mark.parametrize("process", ["api", "worker", "migrate"])
def test_every_process_of_a_service_reaches_its_engines(network: Network, process: str) -> None:
    for service in services():
        pod = network.pod(service, process)
        assert network.leaves(pod, DATABASE, 5432)
        assert network.leaves(pod, BROKERS, 9093)
        assert network.leaves(pod, LOGIN, 443)
        assert network.leaves(pod, NAMES, 53)
        assert network.leaves(pod, FILES, 443) == (service == "learning")


def test_jobs_of_identity_reach_keycloak_and_the_database(network: Network) -> None:
    for process in ("realm", "bootstrap"):
        assert network.leaves(network.pod("identity", process), LOGIN, 443)
        assert network.leaves(network.pod("identity", process), DATABASE, 5432)


def test_the_gateway_reaches_the_issuer_and_no_database(network: Network) -> None:
    envoy = network.pod("gateway", "envoy")
    assert network.leaves(envoy, LOGIN, 443)
    assert not network.leaves(envoy, DATABASE, 5432)
    assert not network.leaves(network.pod("gateway", "pages"), LOGIN, 443)


def test_only_the_gateway_is_reached_from_outside(network: Network, province: list[Object]) -> None:
    open_to = [name for name, pod in pods(province) if network.admits(pod, INGRESS)]
    assert open_to == ["Deployment lienthong-gateway"]
    watched = {pod["metadata"]["labels"]["lienthong.vn/process"] for _, pod in pods(province) if network.admits(pod, MONITORING)}
    assert watched == {"api", "worker"}


def test_policies_can_be_left_to_the_cluster(helm: Helm) -> None:
    assert of_kind(helm.template(PROVINCE, "networkPolicy.enabled=false", "networkPolicy.kafka.to=[]"), "NetworkPolicy") == []
