"""The Java programs that the full stack needs, found or asked for in one clear sentence."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

from stack.engines.engine import EngineMissingError

OLDEST = 17
VERSION = re.compile(r'version "(?:1\.)?(\d+)')
ADVICE = "`make up` needs Java 17 or newer and Maven (on Debian: apt-get install openjdk-17-jre-headless maven); `make run` needs neither."


def find_java() -> str:
    """Return the path of a Java that is new enough, JAVA_HOME first. Raises EngineMissingError."""
    home = os.environ.get("JAVA_HOME")
    found = shutil.which("java", path=str(Path(home) / "bin")) if home else None
    java = found or shutil.which("java")
    if java is None:
        raise EngineMissingError(f"No Java is installed. {ADVICE}")
    said = subprocess.run([java, "-version"], capture_output=True, text=True, check=False)
    version = VERSION.search(said.stderr + said.stdout)
    if version is None or int(version[1]) < OLDEST:
        raise EngineMissingError(f"{java} is not Java {OLDEST} or newer. {ADVICE}")
    return java


def find_maven() -> str:
    """Return the path of Maven. Raises EngineMissingError."""
    maven = shutil.which("mvn")
    if maven is None:
        raise EngineMissingError(f"Maven is not installed. {ADVICE}")
    return maven


def java_environment() -> dict[str, str]:
    """Return a bare environment for a Java server."""
    return {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "LC_ALL", "JAVA_HOME") if name in os.environ}
