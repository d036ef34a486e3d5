"""`lienthong world …` and `lienthong realm …`."""

import asyncio
from typing import Annotated

import typer

from stack import places, worlds
from stack.cli_support import DataOption, JsonOption, console, fail, failures, say
from stack.commands import run_shown
from stack.people import bootstrap

world_app = typer.Typer(no_args_is_help=True, help="Demonstration data of a running platform.")
realm_app = typer.Typer(no_args_is_help=True, help="The realm as code, on a running Keycloak.")

NameArgument = Annotated[str, typer.Argument(help="The world.")]
LoadedArgument = Annotated[str | None, typer.Argument(help="The world; the one that is loaded when left out.")]


@world_app.command("load")
def world_load(name: NameArgument = worlds.DEFAULT, *, data: DataOption = None) -> None:
    """Load a world through the gateway; repeating it changes nothing."""
    with failures():
        installation = places.existing(data)
        report = asyncio.run(worlds.load(installation, name, _line))
        asyncio.run(bootstrap(installation))
        console.print(
            f"{report.world}: {', '.join(f'{count} {kind}' for kind, count in report.rows.items())} in {report.seconds} s", soft_wrap=True
        )


@world_app.command("verify")
def world_verify(name: LoadedArgument = None, *, data: DataOption = None, as_json: JsonOption = False) -> None:
    """Compare every printed figure with the computed one; exit status 1 on an unexplained difference."""
    with failures():
        installation = places.existing(data)
        verification = asyncio.run(worlds.verify(installation, worlds.chosen(installation, name)))
        if as_json:
            say(verification.to_json())
        else:
            console.print(verification.told())
        raise typer.Exit(verification.exit_code)


@realm_app.command("plan")
def realm_plan(*, data: DataOption = None, as_json: JsonOption = False) -> None:
    """Show what differs from deploy/keycloak/realm.yaml; exit status 2 when something does."""
    _realm("plan", data, as_json=as_json)


@realm_app.command("apply")
def realm_apply(*, data: DataOption = None, as_json: JsonOption = False) -> None:
    """Make the realm as deploy/keycloak/realm.yaml says."""
    _realm("apply", data, as_json=as_json)


def _realm(action: str, data: DataOption, *, as_json: bool) -> None:
    with failures():
        installation = places.existing(data)
        if not installation.full:
            fail("The sandbox has no Keycloak; start the platform with `lienthong up`.")
        options = ["--json"] if as_json else []
        raise typer.Exit(run_shown(installation.environment("identity", owner=True), "services.identity.main", "realm", action, *options))


def _line(step: str, done: int, total: int) -> None:
    """Tell the end of each step; the steps between would flood a log."""
    if done == total:
        console.print(f"{step}: {done}")
