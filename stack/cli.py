"""The command line `lienthong`."""

import asyncio
import json
import sys
from pathlib import Path
from typing import Annotated

import typer

from libs.common.settings import Profile
from stack import board, detached, lock, places, worlds
from stack.boot import Wish
from stack.boot import run as run_platform
from stack.cli_data import realm_app, world_app
from stack.cli_events import events_app
from stack.cli_story import story
from stack.cli_support import DataOption, JsonOption, console, fail, failures, say
from stack.commands import migrate as migrate_service
from stack.console import RunView, terminal
from stack.installation import SERVICES, find
from stack.openapi import export
from stack.orphans import end_orphans
from stack.ports import parse
from stack.prepared import mark
from stack.summary import now, print_summary, status_table
from stack.tokens import access_token

app = typer.Typer(no_args_is_help=True, add_completion=False, help="Liên Thông on one machine.", pretty_exceptions_show_locals=False)
app.add_typer(world_app, name="world")
app.add_typer(realm_app, name="realm")
app.add_typer(events_app, name="events")
openapi_app = typer.Typer(no_args_is_help=True, help="The merged OpenAPI document.")
app.add_typer(openapi_app, name="openapi")
app.command()(story)

WorldOption = Annotated[str, typer.Option("--world", help="Demonstration data: phong-dong, lao-cai, or none.")]
PortOption = Annotated[list[str] | None, typer.Option("--port", help="Port of the gateway, or NAME=PORT for another process; repeatable.")]
DetachOption = Annotated[bool, typer.Option("--detach", help="Return when the platform is ready; `lienthong stop` ends it.")]


@app.command()
def run(
    *,
    world: WorldOption = worlds.DEFAULT,
    data: DataOption = None,
    profile: Annotated[Profile | None, typer.Option("--profile", help="sandbox: embedded engines; full: Kafka and Keycloak.")] = None,
    port: PortOption = None,
    detach: DetachOption = False,
    background: Annotated[bool, typer.Option("--background", hidden=True, help="Leave the summary to the caller.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Start everything, load the world, and print where it is. Ctrl-C ends it."""
    with failures():
        wish = Wish(places.for_run(data, profile), profile, world, parse(port or []))
        if wish.profile is Profile.PRODUCTION:
            fail("The production profile is deployed by the Helm chart, not started here.")
        if detach:
            _run_detached(wish, port or [], as_json=as_json)
        else:
            raise typer.Exit(_run_here(wish, told=background, as_json=as_json))


@app.command()
def up(
    *,
    world: WorldOption = worlds.DEFAULT,
    data: DataOption = None,
    port: PortOption = None,
    detach: DetachOption = False,
    as_json: JsonOption = False,
) -> None:
    """Start everything with Kafka and Keycloak: `run --profile full`."""
    run(world=world, data=data, profile=Profile.FULL, port=port, detach=detach, as_json=as_json)


@app.command()
def status(*, data: DataOption = None, as_json: JsonOption = False) -> None:
    """Show the processes. Exit status: 0 ready, 1 not running, 2 running but not ready."""
    with failures():
        installation = places.existing(data)
        running = lock.holder(installation.folder) is not None
        snapshot = board.read(installation.folder) or board.Snapshot()
        ready = running and snapshot.ready and all(process["state"] == "ready" for process in snapshot.processes)
        if as_json:
            known = {"data": str(installation.folder), "profile": installation.profile.value, "gateway": installation.gateway_url}
            processes = snapshot.processes if running else []
            say(json.dumps({**known, "running": running, "ready": ready, "error": snapshot.error, "processes": processes}, indent=2))
        elif running:
            console.print(status_table(snapshot.processes, now()))
            console.print(f"{installation.gateway_url}  ·  {installation.folder}", soft_wrap=True)
        else:
            console.print(f"Not running: {installation.folder}", soft_wrap=True)
        raise typer.Exit(0 if ready else 2 if running else 1)


@app.command()
def stop(*, data: DataOption = None) -> None:
    """End the platform; its data stay."""
    with failures():
        folder = places.existing(data).folder
        if detached.stop(folder):
            console.print("Stopped.")
            return
        left = end_orphans(folder / "run", str(folder))
        console.print(f"Ended what was left: {', '.join(left)}." if left else "It was not running.")


@app.command()
def migrate(
    service: Annotated[str | None, typer.Argument(help="One service; all when left out.")] = None,
    *,
    down: Annotated[bool, typer.Option("--down", help="Take every revision down: all data of the service are lost.")] = False,
    data: DataOption = None,
) -> None:
    """Bring the databases of the running platform to their newest revision."""
    with failures():
        installation = places.existing(data)
        if service is not None and service not in SERVICES:
            fail(f"No service is called {service}; known: {', '.join(SERVICES)}.")
        if down and service is None:
            fail("Name the service whose data shall be taken down.")
        asyncio.run(mark(installation.postgres, ""))
        for name in [service] if service else SERVICES:
            asyncio.run(migrate_service(installation, name, down=down))
            console.print(f"{name}: {'taken down' if down else 'up to date'}")


@app.command()
def token(
    *,
    account: Annotated[str, typer.Option("--as", help="User name of a demonstration account, or a vendor's client id.")],
    data: DataOption = None,
) -> None:
    """Print an access token, got from the issuer as a person or a vendor would."""
    with failures():
        say(asyncio.run(access_token(places.existing(data), account)))


@openapi_app.command("export")
def openapi_export(*, out: Annotated[Path | None, typer.Option("--out", help="File; standard output when left out.")] = None) -> None:
    """Generate every service's contract anew and write the merged document."""
    with failures():
        document = json.dumps(export(), ensure_ascii=False, indent=2) + "\n"
        if out is None:
            sys.stdout.write(document)
        else:
            out.write_text(document, encoding="utf-8")


def _run_here(wish: Wish, *, told: bool, as_json: bool) -> int:
    with RunView(terminal(quiet=as_json)) as view:

        def show(snapshot: board.Snapshot) -> None:
            nonlocal told
            view.show(snapshot)
            if snapshot.outcome is not None and not told:
                told = True
                _tell(wish.folder, snapshot.outcome, as_json=as_json)
                if not as_json:
                    console.print("\nCtrl-C dừng lại · Ctrl-C ends it")
            if snapshot.error is not None and not told:
                told = True
                console.print(snapshot.error, style="red", soft_wrap=True)

        return asyncio.run(run_platform(wish, show))


def _run_detached(wish: Wish, port: list[str], *, as_json: bool) -> None:
    profile = ["--profile", wish.profile.value] if wish.profile else []
    ports = [argument for option in port for argument in ("--port", option)]
    arguments = ["run", "--background", "--data", str(wish.folder), "--world", wish.world, *profile, *ports]
    with RunView(terminal(quiet=as_json)) as view:
        snapshot = detached.start(wish, arguments, view.show)
    _tell(wish.folder, snapshot.outcome or {}, as_json=as_json)


def _tell(folder: Path, outcome: dict[str, object], *, as_json: bool) -> None:
    installation = find(folder)
    if as_json or installation is None:
        say(json.dumps(outcome, ensure_ascii=False, indent=2))
    else:
        print_summary(console, outcome, installation)


def main() -> None:
    """Run the command line."""
    app()
