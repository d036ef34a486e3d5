"""`lienthong story`."""

import asyncio
import json
from typing import Annotated

import typer

from stack import board, places, worlds
from stack.cli_support import DataOption, JsonOption, console, fail, failures, say
from stack.processes import State

WorldOption = Annotated[
    str | None, typer.Option("--world", help="The loaded world in which it happens; the one that is loaded when left out.")
]


def story(*, world: WorldOption = None, data: DataOption = None, as_json: JsonOption = False) -> None:
    """Tell the story of a school transfer through all services; exit status 1 names what is missing."""
    with failures():
        installation = places.existing(data)
        world = worlds.chosen(installation, world)
        if not worlds.is_loaded(installation, world):
            fail(f"The world {world} is not loaded; `lienthong world load {world}` loads it.")
        from stack.story.record import Step, lines  # noqa: PLC0415 - only the story needs the services' clients
        from stack.story.tell import tell  # noqa: PLC0415 - the same

        def show(number: int, step: Step) -> None:
            if not as_json:
                for line in lines(number, step):
                    console.print(line, soft_wrap=True, markup=False, highlight=False, style="red" if step.error else None)

        told = asyncio.run(tell(installation, world, show))
        if as_json:
            say(json.dumps(told.as_json(), ensure_ascii=False, indent=2))
        elif told.missing is None:
            console.print(f"{len(told.steps)} steps in {told.seconds:.1f} s")
        if told.missing is not None:
            snapshot = board.read(installation.folder)
            away = [process["name"] for process in (snapshot.processes if snapshot else []) if process["state"] != State.READY]
            fail(f"The story ends at the step {told.missing}." + (f" Not ready: {', '.join(away)}." if away else ""))
