"""What every pod must be: findings as text, so that the rules themselves can be tested on broken pods."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from tests.deploy.chart import Object, containers

if TYPE_CHECKING:
    from collections.abc import Iterator

FIXED = re.compile(r"(:(?!(distroless-)?latest$)[\w.-]+|@sha256:[0-9a-f]{64})$")
SECRET_NAME = re.compile(r"PASSWORD|SECRET|ACCESS_KEY|DATABASE_URL|OWNER_URL")
PROBES = ("startupProbe", "livenessProbe", "readinessProbe")
SCRATCH = "/tmp"  # noqa: S108 - the mount inside the container, not a file of ours


def of_pod(pod: Object) -> Iterator[str]:
    """Yield what is wrong with a pod template."""
    spec = pod["spec"]
    context = spec.get("securityContext", {})
    if spec.get("automountServiceAccountToken") is not False:
        yield "gets a token of the cluster"
    if spec.get("enableServiceLinks") is not False:
        yield "gets other Services' names into its environment"
    if context.get("runAsNonRoot") is not True or not context.get("runAsUser"):
        yield "may run as root"
    if context.get("seccompProfile") != {"type": "RuntimeDefault"}:
        yield "has no seccomp profile"
    if any(spec.get(name) for name in ("hostNetwork", "hostPID", "hostIPC")):
        yield "shares what is the host's"
    if any("hostPath" in volume for volume in spec.get("volumes", [])):
        yield "mounts a folder of the host"
    declared = {volume["name"] for volume in spec.get("volumes", [])}
    for one in containers(pod):
        yield from (f"{one['name']} {finding}" for finding in of_container(one))
        if missing := {mount["name"] for mount in one.get("volumeMounts", [])} - declared:
            yield f"{one['name']} mounts what no volume is: {', '.join(sorted(missing))}"
    yield from (f"volume {one['name']} has no bound" for one in spec.get("volumes", []) if "emptyDir" in one and not _bounded(one))


def of_container(one: Object) -> Iterator[str]:
    """Yield what is wrong with a container."""
    context = one.get("securityContext", {})
    if context.get("allowPrivilegeEscalation") is not False or context.get("privileged"):
        yield "may gain privileges"
    if context.get("readOnlyRootFilesystem") is not True:
        yield "may write to its root"
    if context.get("capabilities") != {"drop": ["ALL"]}:
        yield "keeps capabilities"
    if context.get("runAsNonRoot") is not True or context.get("runAsUser", 1) == 0:
        yield "may run as root"
    if not FIXED.search(one["image"]):
        yield f"has an image without a version: {one['image']}"
    resources = one.get("resources", {})
    yield from (
        f"has no {part} of {unit}" for part in ("requests", "limits") for unit in ("cpu", "memory") if unit not in resources.get(part, {})
    )
    if not any(mount["mountPath"] == SCRATCH for mount in one.get("volumeMounts", [])):
        yield "has nowhere to write temporary files"
    names = [variable["name"] for variable in one.get("env", [])]
    yield from (f"sets {name} twice" for name in sorted({name for name in names if names.count(name) > 1}))
    yield from (
        f"has the secret {variable['name']} as text"
        for variable in one.get("env", [])
        if "value" in variable and SECRET_NAME.search(variable["name"])
    )


def of_server(pod: Object) -> Iterator[str]:
    """Yield what is wrong with a pod that serves: probes on a declared port, and a start that may take longer than a hang."""
    for one in pod["spec"]["containers"]:
        ports = {port["name"] for port in one.get("ports", [])}
        for name in PROBES:
            probe = one.get(name, {})
            target = probe.get("httpGet", probe.get("tcpSocket", {}))
            if target.get("port") not in ports:
                yield f"{one['name']} has no {name} on a port of its own"
    if len(pod["spec"].get("topologySpreadConstraints", [])) < 2:
        yield "is not spread"


def _bounded(volume: Object) -> bool:
    return bool((volume["emptyDir"] or {}).get("sizeLimit"))
