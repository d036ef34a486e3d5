"""The merged OpenAPI document, from contracts generated anew. Neither database nor bus is needed."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import Any

from gateway import contracts
from gateway.openapi import merge
from gateway.settings import PACKAGE_ROOT
from stack.commands import CommandFailedError
from stack.installation import ROOT, SERVICES

SERVER = "http://127.0.0.1:8080"


def export() -> dict[str, Any]:
    """Write every service's contract and return the merged document. Raises CommandFailedError."""
    for service in SERVICES:
        module = f"services.{service}.main"
        done = subprocess.run(
            [sys.executable, "-m", module, "openapi"], cwd=ROOT, env=os.environ.copy(), capture_output=True, text=True, check=False
        )
        if done.returncode != 0:
            raise CommandFailedError(f"{module} openapi ended with status {done.returncode}:\n{done.stderr[-2000:]}")
    return merge(contracts.read(PACKAGE_ROOT / "services", list(SERVICES)), server=SERVER)
