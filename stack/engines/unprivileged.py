"""PostgreSQL refuses to run as root: who runs it instead, and where that user can reach files."""

from __future__ import annotations

import os
import pwd
import shutil
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import Any

USER = "nobody"
REACHABLE = Path("/var/lib/lienthong")
"""Parent of what the unprivileged user must reach although project or data lie where it cannot go, for example in the home of root."""


@dataclass(frozen=True, slots=True)
class Account:
    """A user that programs are started as."""

    uid: int
    gid: int


def substitute() -> Account | None:
    """Return the account that stands in for root, or None when we are not root and simply start programs as ourselves."""
    if os.geteuid() != 0:
        return None
    entry = pwd.getpwnam(USER)
    return Account(entry.pw_uid, entry.pw_gid)


def as_user(account: Account | None) -> dict[str, Any]:
    """Return the keyword arguments of `subprocess` that start a program as the account."""
    return {} if account is None else {"user": account.uid, "group": account.gid, "extra_groups": []}


def reaches(account: Account, path: Path) -> bool:
    """Tell whether the account may pass through every folder down to `path` (permission bits; access lists are not looked at)."""
    target = path.resolve()
    folders = [*reversed(target.parents), *([target] if target.is_dir() else [])]
    return all(_may_pass(account, folder) for folder in folders if folder.exists())


def _may_pass(account: Account, folder: Path) -> bool:
    status = folder.stat()
    if status.st_uid == account.uid:
        return bool(status.st_mode & stat.S_IXUSR)
    if status.st_gid == account.gid:
        return bool(status.st_mode & stat.S_IXGRP)
    return bool(status.st_mode & stat.S_IXOTH)


def give(account: Account | None, path: Path) -> None:
    """Make a file or empty folder the account's own."""
    if account is not None:
        os.chown(path, account.uid, account.gid)


def reachable_folder(name: str) -> Path:
    """Return a folder that everybody may pass through, created when needed."""
    folder = REACHABLE / name
    folder.mkdir(mode=0o755, parents=True, exist_ok=True)
    for part in (REACHABLE, folder):
        part.chmod(0o755)  # whatever the umask took away
    return folder


def copy_once(source: Path, target: Path) -> Path:
    """Copy a tree unless it is there; a copy that was cut short is never taken for a whole one."""
    if not target.exists():
        half = target.with_name(f"{target.name}.{os.getpid()}")
        shutil.copytree(source, half, symlinks=True)
        try:
            half.rename(target)
        except OSError:
            shutil.rmtree(half)
            if not target.exists():
                raise
    return target
