"""What a data folder keeps: the lock, the secrets, ports and profile, the state of the run."""

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from libs.common.settings import Profile
from stack import board, credentials, worlds
from stack.detached import stop
from stack.engines.engine import free_port
from stack.installation import WrongProfileError, create, find, write_state
from stack.lock import AlreadyRunningError, hold, holder
from stack.logs import rotate
from stack.people import with_secrets
from stack.places import NoInstallationError, existing, for_run
from tests.stack.support import TOY, eventually

HOLD = """
import sys, time
from pathlib import Path
from stack.lock import hold
with hold(Path(sys.argv[1])):
    Path(sys.argv[1], "held").touch()
    time.sleep(600)
"""


def another_holder(folder: Path) -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, "-c", HOLD, str(folder)], env={**os.environ, "PYTHONPATH": str(TOY.parents[2])})


def mode(file: Path) -> int:
    return stat.S_IMODE(file.stat().st_mode)


def test_a_second_holder_is_refused_and_told_who_holds(tmp_path: Path) -> None:
    with hold(tmp_path):
        assert holder(tmp_path) == os.getpid()
        with pytest.raises(AlreadyRunningError, match=f"already runs on {tmp_path} .process {os.getpid()}"), hold(tmp_path):
            pass
    assert holder(tmp_path) is None
    with hold(tmp_path):
        pass


async def test_kill_9_gives_the_lock_back(tmp_path: Path) -> None:
    other = another_holder(tmp_path)
    await eventually((tmp_path / "held").exists)
    assert holder(tmp_path) == other.pid
    other.kill()
    other.wait()
    assert holder(tmp_path) is None


async def test_stop_ends_the_holder(tmp_path: Path) -> None:
    assert not stop(tmp_path)
    other = another_holder(tmp_path)
    await eventually((tmp_path / "held").exists)
    assert stop(tmp_path)
    other.wait(10)


def test_secrets_are_made_once_and_only_we_can_read_them(tmp_path: Path) -> None:
    first = credentials.load(tmp_path)
    assert credentials.load(tmp_path) == first
    assert mode(tmp_path / credentials.FILE) == 0o600
    other = credentials.load(tmp_path / "other")
    assert not {first.database, first.clients, first.demo_password, first.keycloak_admin} & {
        other.database,
        other.clients,
        other.demo_password,
    }
    assert first.client_secret("a") != first.client_secret("b")
    assert first.database not in repr(first)


def test_an_installation_keeps_ports_and_profile(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    gateway, keycloak = free_port(), free_port()
    made = create(folder, Profile.FULL, {"gateway": gateway, "keycloak": keycloak})
    assert mode(folder) & 0o077 == 0o011  # the database's user may pass through, nobody may look around
    again = find(folder)
    assert again is not None
    assert (again.ports, again.profile, again.secrets) == (made.ports, Profile.FULL, made.secrets)
    assert again.issuer == f"http://127.0.0.1:{keycloak}/realms/lienthong"
    assert create(folder, None, {}).ports["gateway"] == gateway
    with pytest.raises(WrongProfileError, match="profile full"):
        create(folder, Profile.SANDBOX, {})


def test_the_application_never_gets_the_owners_role(tmp_path: Path) -> None:
    made = create(tmp_path, Profile.SANDBOX, {})
    environment = made.environment("registry")
    assert "registry_app:" in environment["LIENTHONG_DATABASE_URL"]
    assert "LIENTHONG_OWNER_URL" not in environment
    assert "registry_owner:" in made.environment("registry", owner=True)["LIENTHONG_OWNER_URL"]
    assert environment["LIENTHONG_BUS_URL"].startswith("postgresql://bus_app:")
    assert environment["LIENTHONG_ISSUER"] == f"{made.gateway_url}/identity/oidc"
    assert environment["LIENTHONG_JWKS_URL"] == f"http://127.0.0.1:{made.ports['identity']}/identity/oidc/jwks"


def test_accounts_get_this_installations_secrets(tmp_path: Path) -> None:
    made = create(tmp_path, Profile.SANDBOX, {})
    demo = {
        "accounts": [{"username": "a", "name": "A", "grants": [], "person_id": None}],
        "clients": [{"client_id": "c", "kind": "vendor", "scopes": ["registry.read"], "grants": []}],
    }
    document = with_secrets(made, demo)
    assert document["accounts"] == [{"username": "a", "name": "A", "grants": [], "password": made.secrets.demo_password}]
    assert document["clients"] == [{"client_id": "c", "scopes": ["registry.read"], "grants": [], "secret": made.secrets.client_secret("c")}]


def test_which_folder_a_command_means(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("LIENTHONG_DATA", raising=False)
    assert for_run(None, None) == tmp_path / "data" / "sandbox"
    assert for_run(None, Profile.FULL) == tmp_path / "data" / "full"
    with pytest.raises(NoInstallationError, match="No installation is here"):
        existing(None)
    create(for_run(None, None), Profile.SANDBOX, {})
    assert existing(None).profile is Profile.SANDBOX
    create(for_run(None, Profile.FULL), Profile.FULL, {})
    with pytest.raises(NoInstallationError, match="choose with --data"):
        existing(None)
    with hold(tmp_path / "data" / "full"):
        assert existing(None).profile is Profile.FULL
    monkeypatch.setenv("LIENTHONG_DATA", str(tmp_path / "elsewhere"))
    assert for_run(None, None) == tmp_path / "elsewhere"
    with pytest.raises(NoInstallationError, match="elsewhere"):
        existing(None)


def test_the_board_tells_how_far_a_run_is(tmp_path: Path) -> None:
    shown: list[int] = []
    run = board.Board(tmp_path, lambda snapshot: shown.append(len(snapshot.phases)))
    with run.phase("engines"):
        run.progress("learners", 3, 684)
        during = board.read(tmp_path)
    with pytest.raises(ValueError, match="no"), run.phase("migrate"):
        raise ValueError("no")
    run.note("a note")
    run.fail("no")
    after = board.read(tmp_path)
    assert during is not None
    assert during.phases[0].detail == "learners 3/684"
    assert after is not None
    assert [(phase.name, phase.mark) for phase in after.phases] == [("engines", "done"), ("migrate", "failed")]
    assert (after.error, after.notes, after.ready, after.pid) == ("no", ["a note"], False, os.getpid())
    assert shown[-1] == 2
    assert mode(tmp_path / board.FILE) == 0o600


def test_a_grown_log_is_moved_aside_while_its_writer_goes_on(tmp_path: Path) -> None:
    log = tmp_path / "api.log"
    with log.open("ab", buffering=0) as writer:
        writer.write(b"x" * 100)
        assert not rotate(log, 100)
        writer.write(b"y")
        assert rotate(log, 100)
        writer.write(b"new")
    assert log.read_bytes() == b"new"
    assert (tmp_path / "api.log.1").read_bytes() == b"x" * 100 + b"y"


def test_the_world_loaded_last_is_the_one_that_is_meant(tmp_path: Path) -> None:
    installation = create(tmp_path, Profile.SANDBOX, {})
    assert worlds.chosen(installation, None) == worlds.DEFAULT
    write_state(tmp_path, worlds={"phong-dong": {}, "lao-cai": {}})
    assert worlds.chosen(installation, None) == "lao-cai"
    assert worlds.chosen(installation, "phong-dong") == "phong-dong"
