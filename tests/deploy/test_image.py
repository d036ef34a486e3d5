"""Images: what each holds is enough to start its processes, and not more; the Dockerfile keeps its promises. No container engine needed."""

from __future__ import annotations

import re
import subprocess
import sys
from importlib.metadata import packages_distributions
from typing import TYPE_CHECKING

import pytest
import yaml
from packaging.utils import canonicalize_name

from deploy.images import assemble
from tests.deploy.chart import CHART, ROOT, services

if TYPE_CHECKING:
    from pathlib import Path

DOCKERFILE = (ROOT / "deploy" / "images" / "Dockerfile").read_text(encoding="utf-8")
START = """
import importlib, sys

FOLDER = sys.argv[3]
sys.path.insert(0, FOLDER)

class Refuse:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in GONE:
            raise ModuleNotFoundError(f"{name} is not in the image", name=name)

GONE = set(sys.argv[2].split())
sys.meta_path.insert(0, Refuse())
for module in sys.argv[1].split():
    importlib.import_module(module)
import libs.common
assert libs.common.__file__.startswith(FOLDER), "the repository helped"
"""
OWN = "lienthong"
MODULES = {"gateway": "gateway.main gateway.render"}


def _gone(service: str) -> list[str]:
    """Return the top-level modules that an image lacks: those of removed distributions alone."""
    surplus = set(assemble.surplus(service)) - {OWN}
    return sorted(name for name, of in packages_distributions().items() if {canonicalize_name(one) for one in of} <= surplus)


@pytest.mark.parametrize("service", assemble.deployables())
def test_an_image_starts_with_its_own_source_and_distributions_alone(service: str, tmp_path: Path) -> None:
    assemble.copy(service, tmp_path)
    gone = _gone(service)
    assert {"pytest", "mypy", "ruff", "setuptools", "pip"} <= set(gone)
    arguments = [MODULES.get(service, f"services.{service}.main"), " ".join(gone), str(tmp_path)]
    # -P and -E, the folder first: the repository itself, which is installed in this environment, must not help.
    done = subprocess.run(
        [sys.executable, "-P", "-E", "-c", START, *arguments], cwd=tmp_path, capture_output=True, text=True, check=False, timeout=120
    )
    assert done.returncode == 0, done.stderr[-2000:]


def test_a_service_never_carries_another_one() -> None:
    for service in services():
        others = {path.parts[1] for path in assemble.contents(service) if path.parts[0] == "services"}
        assert others == {"__init__.py", service}


def test_identity_carries_the_realm_where_its_settings_look(tmp_path: Path) -> None:
    assemble.copy("identity", tmp_path)
    assert (tmp_path / "deploy" / "keycloak" / "realm.yaml").exists()


def test_the_gateway_carries_every_contract_and_no_service_code(tmp_path: Path) -> None:
    assemble.copy("gateway", tmp_path)
    contracts = sorted(path.parent.name for path in (ROOT / "services").glob("*/contract"))
    assert sorted(path.name for path in (tmp_path / "services").iterdir()) == contracts
    assert list((tmp_path / "services").rglob("*.py")) == []


def test_an_image_of_nothing_is_refused() -> None:
    with pytest.raises(assemble.AssemblyError, match="registry"):
        assemble.contents("payroll")


def test_a_distribution_that_the_lock_lacks_is_refused() -> None:
    with pytest.raises(assemble.AssemblyError, match=r"requirements\.lock"):
        assemble.needed(["lienthong-no-such-thing>=1"])


def test_the_base_is_named_by_version_and_the_lock_by_hash() -> None:
    bases = re.findall(r"^ARG PYTHON_IMAGE=(\S+)$", DOCKERFILE, re.MULTILINE)
    assert len(bases) == 1
    assert re.fullmatch(r"python:3\.\d+-slim-[a-z]+", bases[0])
    assert set(re.findall(r"^FROM (\S+)", DOCKERFILE, re.MULTILINE)) <= {"${PYTHON_IMAGE}", "locked"}
    installs = re.findall(r"pip install .*", DOCKERFILE)
    assert installs
    assert all("--require-hashes" in line for line in installs)


def test_the_user_is_the_one_of_the_chart() -> None:
    users = re.findall(r"^USER (\d+):(\d+)$", DOCKERFILE, re.MULTILINE)
    pod = (CHART / "templates" / "_pod.tpl").read_text(encoding="utf-8")
    assert users == list(zip(re.findall(r"runAsUser: (\d+)", pod), re.findall(r"runAsGroup: (\d+)", pod), strict=True))
    assert len(users) == 1
    assert DOCKERFILE.rindex("USER") > DOCKERFILE.rindex("RUN")


def test_arguments_of_the_chart_follow_the_entry_point() -> None:
    assert re.findall(r"^ENTRYPOINT (.*)$", DOCKERFILE, re.MULTILINE) == ['["python", "-m"]']
    assert re.findall(r"^HEALTHCHECK (.*)$", DOCKERFILE, re.MULTILINE) == ["NONE"]


def test_the_build_sees_only_what_an_image_can_hold() -> None:
    lines = (ROOT / "deploy" / "images" / "Dockerfile.dockerignore").read_text(encoding="utf-8").splitlines()
    rules = [line for line in lines if line and not line.startswith("#")]
    assert rules[0] == "*"
    needed = {path.parts[0] for service in assemble.deployables() for path in assemble.contents(service)}
    assert needed | {"requirements.lock", "pyproject.toml"} == {rule[1:].split("/")[0] for rule in rules if rule.startswith("!")}


def test_the_version_is_one_everywhere() -> None:
    chart = yaml.safe_load((CHART / "Chart.yaml").read_text(encoding="utf-8"))
    project = re.search(r'^version = "(.+)"$', (ROOT / "pyproject.toml").read_text(encoding="utf-8"), re.MULTILINE)
    assert project is not None
    assert chart["version"] == chart["appVersion"] == project[1]
