"""The rendered configuration, apart from a running Envoy."""

import json
import re
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest
import yaml
from pydantic import ValidationError

from gateway.contracts import Operation, operations, path_pattern
from gateway.process import command
from gateway.render import render, write
from gateway.routes import special_routes
from gateway.settings import GatewaySettings, load
from tests.gateway.contracts import BOTH, REGISTRY
from tests.gateway.harness import write_contracts

FILES = ["cds.yaml", "envoy.yaml", "lds.yaml", "rds.yaml"]


def settings(folder: Path, **changes: Any) -> GatewaySettings:
    write_contracts(folder / "contracts", BOTH)
    services = {"registry": ["127.0.0.1:8102"], "identity": ["127.0.0.1:8101"]}
    base = {"issuer": "http://iss", "jwks_url": "https://iss.test/jwks", "services": services, "contracts": str(folder / "contracts")}
    return GatewaySettings.model_validate({**base, **changes})


def test_command_line(tmp_path: Path) -> None:
    """The command renders every file, and Envoy finds them in order."""
    document = tmp_path / "gateway.json"
    document.write_text(settings(tmp_path).model_dump_json(), encoding="utf-8")
    out = tmp_path / "envoy"
    arguments = [sys.executable, "-m", "gateway.render", "--settings-json", str(document), "--out", str(out)]
    assert "lds.yaml" in subprocess.run(arguments, check=True, capture_output=True, text=True).stdout
    assert sorted(path.name for path in out.iterdir()) == FILES
    checked = subprocess.run([*command(load(document), out), "--mode", "validate"], check=True, capture_output=True, text=True)
    assert "OK" in checked.stdout + checked.stderr
    assert "nothing" in subprocess.run(arguments, check=True, capture_output=True, text=True).stdout


def test_only_what_changed_is_written(tmp_path: Path) -> None:
    """A changed limit touches the routes only: connections stay as they are."""
    out = tmp_path / "envoy"
    assert sorted(render(settings(tmp_path), out)) == FILES
    assert render(settings(tmp_path), out) == []
    assert render(settings(tmp_path, limits={"client": {"requests": 1, "window_seconds": 1}}), out) == ["rds.yaml"]
    assert render(settings(tmp_path, limits={"client": {"requests": 1, "window_seconds": 1}}, pages=["127.0.0.1:9"]), out) == ["cds.yaml"]


def test_files_appear_whole(tmp_path: Path) -> None:
    """A reader never sees half a file."""
    path = tmp_path / "file.yaml"
    write(path, {"values": [0] * 1000})
    stop = threading.Event()
    sizes: set[int] = set()

    def read() -> None:
        while not stop.is_set():
            sizes.add(len(yaml.safe_load(path.read_text(encoding="utf-8"))["values"]))

    reader = threading.Thread(target=read)
    reader.start()
    for turn in range(5):
        write(path, {"values": [turn % 2] * 1000})
    stop.set()
    reader.join()
    assert sizes == {1000}
    assert [entry.name for entry in tmp_path.iterdir()] == ["file.yaml"]


def test_hsts_with_tls_only(tmp_path: Path) -> None:
    render(settings(tmp_path), tmp_path / "plain")
    render(settings(tmp_path, tls=True), tmp_path / "tls")
    assert "strict-transport-security" not in (tmp_path / "plain" / "lds.yaml").read_text(encoding="utf-8")
    assert "strict-transport-security" in (tmp_path / "tls" / "lds.yaml").read_text(encoding="utf-8")


def test_forwarded_headers_behind_a_proxy(tmp_path: Path) -> None:
    """Behind trusted proxies their X-Forwarded-For is kept; the other platform headers are not."""
    render(settings(tmp_path, trusted_hops=1), tmp_path / "behind")
    text = (tmp_path / "behind" / "lds.yaml").read_text(encoding="utf-8")
    assert "prefix: x-forwarded-" not in text
    assert "prefix: x-lienthong-" in text


def test_missing_contract_is_named(tmp_path: Path) -> None:
    made = settings(tmp_path, services={"assets": ["127.0.0.1:1"]})
    with pytest.raises(FileNotFoundError, match="assets"):
        render(made, tmp_path / "envoy")


@pytest.mark.parametrize(
    "wrong",
    [
        {"services": {}},
        {"services": {"registry": ["no-port"]}},
        {"jwks_url": "file:///etc/passwd"},
        {"unknown": 1},
        {"limits": {"body_bytes": 0}},
        {"drain_seconds": 1},
    ],
)
def test_wrong_settings_refused(tmp_path: Path, wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        settings(tmp_path, **wrong)


@pytest.mark.parametrize(
    ("template", "fits", "not_fits"),
    [
        ("/a/{b}", ["/a/x", "/a/x-1"], ["/a/", "/a/x/y", "/a"]),
        ("/a/{b}/c.d", ["/a/x/c.d"], ["/a/x/cxd"]),
        ("/a-b/{c:path}", ["/a-b/x", "/a-b/x/y"], ["/a-b/"]),
    ],
)
def test_path_pattern(template: str, fits: list[str], not_fits: list[str]) -> None:
    pattern = path_pattern(template)
    assert all(re.fullmatch(pattern, path) for path in fits)
    assert not any(re.fullmatch(pattern, path) for path in not_fits)


@pytest.mark.parametrize(
    ("one", "other", "overlap"),
    [
        ("/a/{b}", "/a/{c}", True),
        ("/a/{b}", "/a/x", True),
        ("/{a}/x", "/b/{c}", True),
        ("/a/{b}", "/a/{b}/c", False),
        ("/a/{b}/x", "/a/{b}/y", False),
        ("/a/{b:path}", "/a/x/y", True),
        ("/a/{b:path}", "/c/x/y", False),
    ],
)
def test_overlap(one: str, other: str, *, overlap: bool) -> None:
    first, second = (Operation("s", path, "GET", public=True, takes_file=False, gives_file=False) for path in (one, other))
    assert first.overlaps(second) is second.overlaps(first) is overlap


def test_operations_read_from_the_contract() -> None:
    found = {(operation.method, operation.path): operation for operation in operations("registry", REGISTRY)}
    assert ("GET", "/health/live") not in found
    assert found["GET", "/registry/v1/public/{code}"].public
    assert not found["GET", "/registry/v1/learners"].public
    assert found["POST", "/registry/v1/imports"].takes_file
    assert found["GET", "/registry/v1/export"].gives_file


def test_files_get_more_time(tmp_path: Path) -> None:
    made = settings(tmp_path)
    routes = special_routes(made, list(operations("registry", REGISTRY)))
    times = {json.dumps(route["match"]): route["route"]["timeout"] for route in routes}
    assert {time for match, time in times.items() if "import" in match or "export" in match} == {"300s"}
    assert {time for match, time in times.items() if "public" in match} == {"15s"}
