"""Kafka and Keycloak as Maven artefacts, fetched once into a cache outside every data folder; deploy/local/pom.xml names the versions."""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
import zipfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

from stack.engines.engine import EngineError
from stack.engines.java import find_java, find_maven, java_environment

if TYPE_CHECKING:
    from collections.abc import Iterator

POM = Path(__file__).resolve().parents[2] / "deploy" / "local" / "pom.xml"
NAMESPACE = {"m": "http://maven.apache.org/POM/4.0.0"}
CACHE = "LIENTHONG_ENGINES"
SHOWN = 2000
COPY = "org.apache.maven.plugins:maven-dependency-plugin:copy-dependencies"


def cache() -> Path:
    """Return the folder of fetched engines: LIENTHONG_ENGINES, or below the user's cache folder."""
    given = os.environ.get(CACHE)
    base = os.environ.get("XDG_CACHE_HOME")
    return Path(given) if given else (Path(base) if base else Path.home() / ".cache") / "lienthong" / "engines"


def version(engine: str) -> str:
    """Return the version of an engine that deploy/local/pom.xml names."""
    root = ET.parse(POM).getroot()  # noqa: S314 - our own file
    found = root.findtext(f"m:properties/m:{engine}.version", namespaces=NAMESPACE)
    if found is None:
        raise EngineError(f"{POM} names no version of {engine}.")
    return found


def kafka_jars() -> Path:
    """Return the folder of Kafka's jars, fetched at the first call. Raises EngineError."""
    target = cache() / f"kafka-{version('kafka')}"
    with _alone(target) as half:
        if half is not None:
            _fetch("kafka", half)
    return target


def keycloak_distribution() -> Path:
    """Return Keycloak's folder, fetched, unpacked and built (`kc build`) at the first call. Raises EngineError."""
    target = cache() / f"keycloak-{version('keycloak')}"
    with _alone(target) as half:
        if half is not None:
            archives = half / "archives"
            _fetch("keycloak", archives)
            with zipfile.ZipFile(next(archives.glob("*.zip"))) as archive:
                archive.extractall(archives)
            unpacked = next(folder for folder in archives.iterdir() if folder.is_dir())
            for item in unpacked.iterdir():
                item.rename(half / item.name)
            shutil.rmtree(archives)
            _build(half)
    return target


def keycloak_java(java: str, home: Path, distribution: Path, heap: str) -> list[str]:
    """Return the command line of Keycloak's server up to its own arguments; `home` holds its data, `distribution` its code.

    What bin/kc.sh would run, without the shell in between: it would keep signals from reaching the server.
    """
    opened = ("java.util", "java.util.concurrent", "java.security", "java.lang")
    return [
        java,
        "-Xms64m",
        f"-Xmx{heap}",
        "-XX:MaxMetaspaceSize=256m",
        "-XX:+UseSerialGC",
        "-XX:TieredStopAtLevel=1",  # starts in half the time; the throughput of the second compiler is not needed here
        "-XX:+ExitOnOutOfMemoryError",
        "-Dfile.encoding=UTF-8",
        "-Duser.language=en",
        "-Duser.country=US",
        *(f"--add-opens=java.base/{package}=ALL-UNNAMED" for package in opened),
        "-Djava.util.concurrent.ForkJoinPool.common.threadFactory=io.quarkus.bootstrap.forkjoin.QuarkusForkJoinWorkerThreadFactory",
        "-Djava.util.logging.manager=org.jboss.logmanager.LogManager",
        f"-Dkc.home.dir={home}",
        f"-Djboss.server.config.dir={home / 'conf'}",
        "-cp",
        str(distribution / "lib" / "quarkus-run.jar"),
        "io.quarkus.bootstrap.runner.QuarkusEntryPoint",
    ]


def _build(distribution: Path) -> None:
    """Let Keycloak optimise itself for the options that are fixed here, so that every later start is short."""
    command = [*keycloak_java(find_java(), distribution, distribution, "512m"), "build", "--db=dev-file", "--cache=local"]
    _run(command, "Keycloak could not be built", folder=distribution)


@contextmanager
def _alone(target: Path) -> Iterator[Path | None]:
    """Give an empty folder that becomes `target` when all went well, or None when it exists; one process at a time does the work."""
    target.parent.mkdir(parents=True, exist_ok=True)
    with target.with_name(f".{target.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if target.exists():
            yield None
            return
        half = target.with_name(f"{target.name}.new")
        shutil.rmtree(half, ignore_errors=True)
        half.mkdir()
        yield half
        half.rename(target)


def _fetch(profile: str, folder: Path) -> None:
    command = [find_maven(), "-q", "-B", "-f", str(POM), f"-P{profile}", COPY, "-DincludeScope=runtime", f"-DoutputDirectory={folder}"]
    _run(command, f"Maven could not fetch {profile}", folder=None)


def _run(command: list[str], failure: str, *, folder: Path | None) -> None:
    done = subprocess.run(command, env=java_environment(), cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise EngineError(f"{failure}: {(done.stdout + done.stderr)[-SHOWN:].strip()}")
