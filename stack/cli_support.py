"""What the commands share: options, the console, and how a failure is told."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, NoReturn

import httpx
import typer

from stack.console import terminal
from stack.engines.engine import EngineError
from stack.ports import PortOptionError

DataOption = Annotated[
    Path | None, typer.Option("--data", envvar="LIENTHONG_DATA", help="Data folder; default data/<profile>, or the one that runs.")
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON instead of text.")]

console = terminal(quiet=False)
errors = terminal(quiet=True)


def say(text: str) -> None:
    """Print for a program or a pipe: neither wrapped nor coloured."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def fail(message: str) -> NoReturn:
    """Say why, and end with status 1."""
    errors.print(message, style="red", soft_wrap=True, markup=False)
    raise typer.Exit(1)


@contextmanager
def failures() -> Iterator[None]:
    """Turn the failures that we know into one sentence; anything else is a bug and keeps its traceback."""
    try:
        yield
    except (EngineError, PortOptionError, RuntimeError, LookupError) as error:
        if isinstance(error, typer.Exit):
            raise
        fail(str(error))
    except httpx.TransportError as error:
        fail(f"The platform does not answer ({error!r}). `lienthong status` tells more.")
    except OSError as error:
        fail(str(error))
