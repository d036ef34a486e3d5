"""The platform's own contracts: they merge into a valid document, every link of their reference holds, and Envoy takes them."""

import json
from collections.abc import Iterator

import httpx
import jsonschema_rs
import pytest
from schemathesis.specs.openapi.definitions import OPENAPI_31

from gateway.main import application, document_of
from gateway.openapi import references
from gateway.settings import PACKAGE_ROOT, GatewaySettings
from tests.gateway.harness import Gateway, run, served

CONTRACTS = {path.parts[-3]: path for path in sorted(PACKAGE_ROOT.glob("services/*/contract/openapi.json"))}
# Operations that are open by contract, method and path. One that turns up without being named here is a hole.
OPEN: set[tuple[str, str]] = {("GET", "/egov/v1/tracking/{code}")}


@pytest.fixture(scope="module")
def gateway(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    documents = {name: json.loads(path.read_bytes()) for name, path in CONTRACTS.items()}
    with run(tmp_path_factory.mktemp("platform"), documents) as running:
        yield running


def settings() -> GatewaySettings:
    services = {name: ["127.0.0.1:1"] for name in CONTRACTS}
    return GatewaySettings.model_validate({"issuer": "http://iss", "jwks_url": "http://iss/jwks", "services": services})


def test_merged() -> None:
    """The merged document is valid OpenAPI 3.1 and refers to nothing that is not there."""
    merged = document_of(settings())
    jsonschema_rs.validator_for(OPENAPI_31).validate(merged)
    for section, name in references(merged):
        assert name in merged["components"][section]


@pytest.mark.parametrize("service", CONTRACTS)
def test_every_operation_needs_a_token(gateway: Gateway, service: str) -> None:
    """Through the real gateway, without a token, nothing of a service answers but what its contract opens."""
    for path, item in json.loads(CONTRACTS[service].read_bytes())["paths"].items():
        for method, operation in item.items():
            target = path.replace("{", "").replace("}", "")
            if not path.startswith(f"/{service}/") or path.startswith("/identity/oidc/") or operation.get("security") == []:
                continue
            assert gateway.request(method.upper(), target, token="").status_code == 401, (method, path)
    assert gateway.services[service][0].seen == []


def test_what_is_open_is_known() -> None:
    merged = document_of(settings())
    found = {(method.upper(), path) for path, item in merged["paths"].items() for method, one in item.items() if one["security"] == []}
    assert found == OPEN


def test_what_is_open_passes_without_a_token_and_what_overlaps_does_not(gateway: Gateway) -> None:
    seen = gateway.services["egov"][0].seen
    assert gateway.request("GET", "/egov/v1/tracking/H38-261109-0001?key=K7", token="").status_code != 401
    assert [one.target for one in seen] == ["/egov/v1/tracking/H38-261109-0001?key=K7"]
    for method, path in (("POST", "/egov/v1/tracking/H38-261109-0001"), ("GET", "/egov/v1/tracking/a/b"), ("GET", "/egov/v1/tracking")):
        assert gateway.request(method, path, token="").status_code == 401
    seen.clear()


def test_pages_of_the_platform() -> None:
    """Every operation and every schema of the platform has its page."""
    made = settings()
    document = document_of(made)
    with served(application(made)) as url, httpx.Client(base_url=url) as client:
        for tag in document["tags"]:
            assert client.get(f"/docs/{tag['name']}").status_code == 200
        for name in document["components"]["schemas"]:
            assert client.get(f"/docs/schemas/{name}").status_code == 200
