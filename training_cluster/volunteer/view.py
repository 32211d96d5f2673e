"""The live terminal view of `status`: each device, the owner's limits, what the platform says."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.panel import Panel
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from training_cluster.folder import is_worked_in
from training_cluster.volunteer.guard import paused_until
from training_cluster.volunteer.guest import State, read_state
from training_cluster.volunteer.limits import load_limits
from training_cluster.volunteer.tidings import refused_words
from training_cluster.volunteer.traffic import GIB, Meter

LOOK_SECONDS = 1.0
ASK_SECONDS = 15.0
TEAL, OCHRE = "#1b7f79", "#b36b00"


@dataclass(frozen=True, slots=True)
class Told:
    """A device's folder with the platform's last word about it."""

    folder: Path
    platform: dict[str, Any]


def device_table(devices: list[Told]) -> Table:
    """A row for each device."""
    table = Table(expand=True, box=None, header_style="dim", pad_edge=False)
    for title in ("device", "platform", "round", "steps", "loss", "handed in", "now"):
        table.add_column(title, overflow="fold")
    for device in devices:
        table.add_row(*_cells(device))
    return table


def _cells(device: Told) -> list[RenderableType]:
    state = read_state(device.folder)
    said = str(device.platform.get("state", "")) or str(device.platform.get("trouble", "asking ..."))
    name = str(device.platform.get("name") or device.folder.name)
    if state is None or not is_worked_in(device.folder):
        return [name, said, "", "", "", _handed_in(state) if state else "", Text("not running", style="dim")]
    done: RenderableType = (
        ProgressBar(state.max_steps, state.steps, width=16, complete_style=TEAL) if state.max_steps else ""
    )
    return [
        name, said, "" if state.round is None else str(state.round), done,
        "" if state.loss is None else f"{state.loss:.3f}",
        _handed_in(state), state.text,
    ]  # fmt: skip


def _handed_in(state: State) -> str:
    lost = f", {state.lost_blocks} lost" if state.lost_blocks else ""
    return f"{state.blocks} blocks, {state.reported_us / 1e6:.0f} s{lost}"


def limits_table(home: Path) -> Table:
    """The owner's limits in words, and the month's traffic."""
    table = Table(expand=True, box=None, show_header=False, pad_edge=False)
    table.add_column(style="dim")
    table.add_column()
    limits = load_limits(home)
    for name, value in limits.words():
        if value not in ("none", "no"):
            table.add_row(name, value)
    table.add_row("moved this month", f"{Meter(home).this_month() / GIB:.2f} GiB")
    return table


def whole(home: Path, devices: list[Told]) -> RenderableType:
    """Everything, for a terminal of any width."""
    until = paused_until(home)
    parts: list[RenderableType] = []
    if until is not None:
        is_open = until == float("inf")
        end = "`commonweave-worker resume`" if is_open else time.strftime("%a %H:%M", time.localtime(until))
        parts.append(Text(f"Paused until {end}.", style=OCHRE))
    parts += [
        Panel(device_table(devices), title="Devices", title_align="left", border_style=TEAL),
        Panel(limits_table(home), title="Your limits", title_align="left", border_style="dim"),
    ]
    for device in devices:
        name = device.platform.get("name", device.folder.name)
        if message := device.platform.get("message"):
            parts.append(Text(f"{name}: {message}"))
        if refused := refused_words(device.platform):
            parts.append(Text(f"{name}: {refused}", style=OCHRE))
    return Group(*parts)


def show_once(home: Path, devices: list[Told], console: Console | None = None) -> None:
    """For a pipe, or a single look."""
    (console or Console()).print(whole(home, devices))


def watch(home: Path, ask: Callable[[], list[Told]], stop: Callable[[], bool]) -> None:
    """Until `stop`; the folders are read each second, the platform is asked every fifteen."""
    devices, asked = ask(), time.monotonic()
    with Live(whole(home, devices), refresh_per_second=2) as live:
        while not stop():
            time.sleep(LOOK_SECONDS)
            if time.monotonic() - asked > ASK_SECONDS:
                devices, asked = ask(), time.monotonic()
            live.update(whole(home, devices))
