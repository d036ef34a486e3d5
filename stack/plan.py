"""Which processes an installation consists of, and how each is started."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

from gateway import process
from gateway.settings import GatewaySettings, Listen
from stack.installation import AUDIENCE, HOST, ROOT, SERVICES
from stack.launch import Launch
from stack.orphans import MARK
from stack.processes import Process, answers_http

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from stack.engines.engine import Engine
    from stack.installation import Installation

READY = "/health/ready"
ENVOY_READY = "/ready"


def engines(installation: Installation) -> list[Process]:
    """Return the engines: PostgreSQL, and in the full profile Kafka and Keycloak."""
    chosen: list[Engine] = [installation.postgres]
    if installation.full:
        chosen += [installation.kafka, installation.keycloak]
    return [_engine(engine) for engine in chosen]


def services(installation: Installation) -> list[Process]:
    """Return the API and the worker of every service."""
    return [one for name in SERVICES for one in (_api(installation, name), _worker(installation, name))]


def gateway_settings(installation: Installation) -> GatewaySettings:
    """Return what the gateway needs to know."""
    return GatewaySettings(
        listen=Listen(port=installation.ports["gateway"]),
        admin=Listen(port=installation.ports["envoy-admin"]),
        public_url=installation.gateway_url,
        issuer=installation.issuer,
        jwks_url=installation.jwks_url,
        audience=AUDIENCE,
        services={name: [f"{HOST}:{installation.ports[name]}"] for name in SERVICES},
        pages=[f"{HOST}:{installation.ports['gateway-pages']}"],
    )


def envoy_folder(installation: Installation) -> Path:
    """Return the folder of the rendered configuration."""
    return installation.folder / "envoy"


def settings_file(installation: Installation) -> Path:
    """Return the file that renderer and pages read."""
    return installation.folder / "gateway.json"


def python(environment: Mapping[str, str], module: str, *arguments: str) -> Launch:
    """Return how one of our own modules is started."""
    return Launch((sys.executable, "-m", module, *arguments), environment, folder=ROOT)


def _engine(engine: Engine) -> Process:
    return Process(
        engine.name,
        engine.launch,
        engine.is_ready,
        prepare=engine.prepare,
        port=engine.port,
        ready_seconds=engine.ready_seconds,
        stop_seconds=30,
        attempts=2,
    )


def _api(installation: Installation, service: str) -> Process:
    port = installation.ports[service]
    launch = python(installation.environment(service), f"services.{service}.main", "api")
    return Process(f"{service}-api", lambda: launch, answers_http(port, READY), port=port)


def _worker(installation: Installation, service: str) -> Process:
    port = installation.ports[f"{service}-worker"]
    environment = installation.environment(service) | {"LIENTHONG_WORKER_PORT": str(port)}
    if installation.full:  # a killed worker gets its partitions back at once, not after the group's session timeout
        environment["LIENTHONG_BUS_URL"] += f"?instance={service}-worker"
    launch = python(environment, f"services.{service}.main", "worker")
    return Process(f"{service}-worker", lambda: launch, answers_http(port, READY), port=port)


def pages(installation: Installation) -> Process:
    """Return the gateway's pages: documentation, merged OpenAPI, health."""
    port = installation.ports["gateway-pages"]
    environment = {
        **installation.base_environment(),
        "LIENTHONG_PORT": str(port),
        "LIENTHONG_GATEWAY_SETTINGS": str(settings_file(installation)),
    }
    launch = python(environment, "gateway.main")
    return Process("gateway-pages", lambda: launch, answers_http(port, "/health/live"), port=port)


def envoy(installation: Installation) -> Process:
    """Return Envoy. Its configuration must have been rendered."""
    command = process.command(gateway_settings(installation), envoy_folder(installation))
    environment = {MARK: str(installation.folder), "PATH": os.environ.get("PATH", os.defpath)}
    launch = Launch(tuple(command), environment, folder=installation.folder)
    ready = answers_http(installation.ports["envoy-admin"], ENVOY_READY)
    access_log = envoy_folder(installation) / "access.log"
    return Process("envoy", lambda: launch, ready, port=installation.ports["gateway"], further_logs=(access_log,))
