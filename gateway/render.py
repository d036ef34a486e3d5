"""Render the Envoy configuration: `python -m gateway.render --settings-json FILE --out DIR`.

`envoy.yaml` is read once at the start; `cds.yaml`, `rds.yaml` and `lds.yaml` are followed while they change. Run it again to reload.
"""

import argparse
import os
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from gateway import contracts
from gateway.clusters import clusters
from gateway.listener import listener, socket_address, watched
from gateway.routes import route_configuration
from gateway.settings import GatewaySettings, load

Config = dict[str, Any]

DOWNSTREAM_CONNECTIONS = "type.googleapis.com/envoy.extensions.resource_monitors.downstream_connections.v3.DownstreamConnectionsConfig"


def bootstrap(settings: GatewaySettings, folder: Path) -> Config:
    """Return the part that a running Envoy does not read again."""
    return {
        "node": {"id": "gateway", "cluster": "lienthong"},
        "admin": {"address": socket_address(settings.admin)},
        "dynamic_resources": {"lds_config": watched("lds.yaml", folder), "cds_config": watched("cds.yaml", folder)},
        "overload_manager": {
            "resource_monitors": [
                {
                    "name": "envoy.resource_monitors.global_downstream_max_connections",
                    "typed_config": {
                        "@type": DOWNSTREAM_CONNECTIONS,
                        "max_active_downstream_connections": settings.limits.connections,
                    },
                }
            ]
        },
    }


def documents(settings: GatewaySettings, folder: Path, found: Mapping[str, contracts.Document]) -> dict[str, Config]:
    """Return each file's content by its name, in the order in which the files must appear (a route never names an unknown cluster)."""
    operations = [operation for service, document in found.items() for operation in contracts.operations(service, document)]
    return {
        "cds.yaml": {"resources": clusters(settings)},
        "rds.yaml": {"resources": [route_configuration(settings, operations)]},
        "lds.yaml": {"resources": [listener(settings, folder)]},
        "envoy.yaml": bootstrap(settings, folder),
    }


def write(path: Path, content: Config) -> bool:
    """Write one file in one step (a reader sees the old or the new one, whole). Return False, and touch nothing, when it is already so."""
    text = yaml.safe_dump(content, sort_keys=False, allow_unicode=True, width=140)
    if path.exists() and path.read_text(encoding="utf-8") == text:
        return False
    with tempfile.NamedTemporaryFile("w", encoding="utf-8", dir=path.parent, prefix=".", delete=False) as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    Path(file.name).replace(path)
    return True


def render(settings: GatewaySettings, folder: Path) -> list[str]:
    """Write the configuration into `folder` and return the names of the files that changed."""
    target = folder.resolve()
    target.mkdir(parents=True, exist_ok=True)
    found = contracts.read(settings.contracts, list(settings.services))
    return [name for name, content in documents(settings, target, found).items() if write(target / name, content)]


def main() -> None:
    """Run the command."""
    parser = argparse.ArgumentParser(prog="gateway.render", description=__doc__)
    parser.add_argument("--settings-json", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    arguments = parser.parse_args()
    changed = render(load(arguments.settings_json), arguments.out)
    print("changed:", ", ".join(changed) or "nothing")  # noqa: T201 - the command's answer


if __name__ == "__main__":
    main()
