"""What people see: the summary of a ready run, and the table of `lienthong status`. Both fit 80 columns."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from rich import box
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

if TYPE_CHECKING:
    from rich.console import Console

    from stack.installation import Installation

WIDTH = 80
STATE_STYLES = {"ready": "green", "starting": "yellow", "not ready": "yellow", "waiting to restart": "red", "stopped": "dim"}
MINUTE, HOUR, DAY = 60, 3600, 86_400


def print_summary(console: Console, outcome: dict[str, Any], installation: Installation) -> None:
    """Print addresses, demonstration accounts, and the comparison with the plan."""
    console.print()
    console.print(Text("Liên Thông sẵn sàng · Liên Thông is ready", style="bold green"))
    console.print(Padding(_pairs(outcome["addresses"]), (0, 0, 1, 2)))
    console.print(Text("Tài khoản dùng thử · demonstration accounts", style="bold"))
    console.print(Padding(_accounts(outcome["accounts"]), (0, 0, 0, 2)))
    console.print(f"  mật khẩu · password: {installation.secrets.demo_password}", soft_wrap=True)
    console.print(f"  lienthong token --as {outcome['accounts'][0]['username']}    (an access token, valid for 5 minutes)", soft_wrap=True)
    if outcome["comparison"]:
        console.print()
        from stack.world.verify import Verification  # noqa: PLC0415 - what does not load a world needs none of it

        console.print(Verification.of(outcome["comparison"]).told())


def status_table(processes: list[dict[str, Any]], now: float) -> Table:
    """Return the table of processes."""
    table = Table(box=box.SIMPLE_HEAD, width=WIDTH, padding=(0, 1))
    table.add_column("process", ratio=1, no_wrap=True)
    table.add_column("state", no_wrap=True, width=18)
    table.add_column("for", justify="right", no_wrap=True, width=6)
    table.add_column("port", justify="right", no_wrap=True, width=5)
    table.add_column("pid", justify="right", no_wrap=True, width=8)
    table.add_column("restarts", justify="right", no_wrap=True, width=8)
    for process in processes:
        state = str(process["state"])
        cells = (_span(now - float(process["since"])), _cell(process["port"]), _cell(process["pid"]), str(process["restarts"]))
        table.add_row(str(process["name"]), Text(state, style=STATE_STYLES.get(state, "")), *cells)
    return table


def _pairs(pairs: dict[str, str]) -> Table:
    table = Table.grid(padding=(0, 2))
    for name, value in pairs.items():
        table.add_row(name, Text(value, style="cyan", no_wrap=True))
    return table


def _accounts(accounts: list[dict[str, Any]]) -> Table:
    table = Table.grid(padding=(0, 2))
    for account in accounts:
        table.add_row(
            Text(account["username"], style="cyan"), account["name"], Text(", ".join(account["grants"]), style="dim", overflow="fold")
        )
    return table


def _cell(value: Any) -> str:
    return "–" if value is None else str(value)


def _span(seconds: float) -> str:
    """Return a length of time in one unit."""
    if seconds < MINUTE:
        return f"{max(0, int(seconds))} s"
    if seconds < HOUR:
        return f"{int(seconds // MINUTE)} min"
    return f"{int(seconds // HOUR)} h" if seconds < DAY else f"{int(seconds // DAY)} d"


def now() -> float:
    """Return the present Unix time in seconds."""
    return time.time()
