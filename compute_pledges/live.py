"""The Weave of a run: rows are machines, columns are rounds, a cell fills when its work is verified.

Bounded whatever the run's length or size: the newest ROUNDS rounds and the MACHINES that worked most in them.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Count, Q
from django.utils.html import format_html_join

from compute_pledges.models import Device, GpuTimeEntry, Round, TrainingRun, WorkResult
from compute_pledges.standing.listing import hidden_people
from compute_pledges.sums import moved_in_run
from values.gpu_time import format_gpu_time

ROUNDS = 48
MACHINES = 40
SHADES = 4
UNNAMED = "Unnamed"
CELL_WIDTH, ROW_HEIGHT, GAP = 20, 20, 3
# What a block's state looks like: done is solid, promised is hatched, refused is outlined.
LOOKS = {
    "reported": "waiting", "auditing": "waiting", "verified": "done", "settled": "done",
    "rejected": "refused", "reversed": "refused",
}  # fmt: skip

_RECT = (
    '<rect class="cell {} s{}" x="{}" y="{}" width="17" height="17" rx="3">'
    "<title>{}, round {}: {} tokens, {}</title></rect>"
)


@dataclass(frozen=True, slots=True)
class Cell:
    """One machine's block in one round. `shade` is 1 to SHADES by its tokens."""

    round_index: int
    column: int
    look: str
    state: str
    tokens: int
    shade: int

    @property
    def x(self) -> int:
        """Left edge in the drawing's units."""
        return self.column * CELL_WIDTH


@dataclass(slots=True)
class Machine:
    """A row."""

    device_id: str
    label: str
    row: int
    cells: list[Cell] = field(default_factory=list)

    @property
    def y(self) -> int:
        """Top edge in the drawing's units."""
        return self.row * ROW_HEIGHT

    @property
    def drawn(self) -> str:
        """Its cells as SVG: there may be thousands, which a template draws in a fifth of a second."""
        rows = (
            (cell.look, cell.shade, cell.x, self.y, self.label, cell.round_index, cell.tokens, cell.state)
            for cell in self.cells
        )
        return format_html_join("", _RECT, rows)

    @property
    def verified(self) -> int:
        """Blocks that count."""
        return sum(cell.look == "done" for cell in self.cells)


@dataclass(slots=True)
class Weave:
    """What the page, the event stream and the project page draw."""

    run: TrainingRun
    rounds: list[Round]
    machines: list[Machine]
    totals: dict[str, Any]

    @property
    def width(self) -> int:
        """Drawing units."""
        return max(len(self.rounds), 24) * CELL_WIDTH

    @property
    def height(self) -> int:
        """Drawing units, equal to CSS pixels."""
        return max(len(self.machines), 3) * ROW_HEIGHT

    @property
    def closed(self) -> list[Round]:
        """Rounds with a held-out loss."""
        return [round_ for round_ in self.rounds if round_.held_out_loss is not None]

    @property
    def latest(self) -> Round | None:
        """The newest closed round."""
        return self.closed[-1] if self.closed else None

    @property
    def open_round(self) -> Round | None:
        """The round that is being worked on."""
        newest = self.rounds[-1] if self.rounds else None
        return newest if newest and newest.closed_at is None else None

    @property
    def thread(self) -> str:
        """The loss as SVG points, the highest loss at the top."""
        losses = [(i, r.held_out_loss) for i, r in enumerate(self.rounds) if r.held_out_loss is not None]
        if len(losses) < 2:
            return ""
        low, high = min(loss for _, loss in losses), max(loss for _, loss in losses)
        span, room = max(high - low, 1e-9), self.height - 2 * GAP
        points = ((i * CELL_WIDTH + CELL_WIDTH / 2, GAP + (high - loss) / span * room) for i, loss in losses)
        return " ".join(f"{x:g},{y:.1f}" for x, y in points)

    @property
    def sentence(self) -> str:
        """The state of the run in words."""
        if self.run.state != TrainingRun.State.RUNNING:
            return f"The run is {self.run.get_state_display()}."
        if not self.rounds:
            return "The run is recorded; its anchor is starting."
        if self.latest is None:
            return f"Round {self.rounds[-1].index} is open; no round has closed yet."
        loss = self.latest.held_out_loss
        return f"Round {self.latest.index} closed with a held-out loss of {loss:.3f}."


def weave_of(run: TrainingRun, *, now: datetime) -> Weave:
    """Seven queries, whatever the size of the run."""
    rounds = list(Round.objects.filter(run=run).select_related("run").order_by("-index")[:ROUNDS])[::-1]
    return Weave(run, rounds, _machines(rounds), _totals(run, now))


def _machines(rounds: list[Round]) -> list[Machine]:
    columns = {round_.index: column for column, round_ in enumerate(rounds)}
    shown = _busiest(rounds)
    blocks = list(
        WorkResult.objects.filter(lease__round__in=rounds, device__in=shown)
        .values_list("device_id", "lease__round__index", "state", "tokens")
        .order_by("lease__round__index")
    )
    most = max((tokens for *_, tokens in blocks), default=1) or 1
    machines = _rows(shown)
    for device_id, index, state, tokens in blocks:
        shade = max(1, -(-tokens * SHADES // most))
        words = str(WorkResult.State(state).label)
        machines[device_id].cells.append(Cell(index, columns[index], LOOKS[state], words, tokens, shade))
    return list(machines.values())


def _busiest(rounds: list[Round]) -> list[UUID]:
    """The devices that answered most often."""
    answered = WorkResult.objects.filter(lease__round__in=rounds).values("device").annotate(n=Count("pk"))
    return list(answered.order_by("-n", "device").values_list("device", flat=True)[:MACHINES])


def _rows(device_ids: list[UUID]) -> dict[UUID, Machine]:
    """Machines of who left the lists are numbered together, so that nothing says whose they are."""
    devices = Device.objects.filter(pk__in=device_ids).annotate(is_unnamed=Q(owner__in=hidden_people()))
    names: Counter[str] = Counter()
    machines: dict[UUID, Machine] = {}
    for device in devices.select_related("owner").order_by("paired_at", "pk"):
        name = UNNAMED if device.is_unnamed else device.owner.public_name
        names[name] += 1
        label = f"{name} {names[name]}"
        machines[device.pk] = Machine(str(device.pk), label, len(machines))
    return machines


def _totals(run: TrainingRun, now: datetime) -> dict[str, Any]:
    """What counts now: what was verified without what was taken back."""
    totals = dict.fromkeys(("tokens", "device_us", "h100_us", "blocks"), 0)
    signs: dict[str, int] = {GpuTimeEntry.Account.VERIFIED: 1, GpuTimeEntry.Account.REVERSED: -1}
    for row in moved_in_run(run, at=now):
        for name in totals:
            totals[name] += signs.get(row.credit, 0) * getattr(row, name)
    return {**totals, "machines": _machines_with_work(run)}


# Each step of the recursion is one look into the index: it costs by the run's machines, not by their blocks.
_MACHINES = """
WITH RECURSIVE machine AS (
    (SELECT device_id FROM compute_pledges_lease WHERE run_id = %(run)s ORDER BY device_id LIMIT 1)
    UNION ALL
    SELECT (SELECT l.device_id FROM compute_pledges_lease l
            WHERE l.run_id = %(run)s AND l.device_id > machine.device_id ORDER BY l.device_id LIMIT 1)
    FROM machine WHERE machine.device_id IS NOT NULL
)
SELECT count(*) FROM machine WHERE EXISTS (
    SELECT 1 FROM compute_pledges_lease l JOIN compute_pledges_workresult r ON r.lease_id = l.id
    WHERE l.run_id = %(run)s AND l.device_id = machine.device_id AND r.state IN ('verified', 'settled'))
"""


def _machines_with_work(run: TrainingRun) -> int:
    with connection.cursor() as cursor:
        cursor.execute(_MACHINES, {"run": run.pk})
        return int(cursor.fetchone()[0])


def run_snapshot(run: TrainingRun, *, now: datetime) -> dict[str, Any]:
    """The weave as JSON values, for programs."""
    weave = weave_of(run, now=now)
    return {
        "run_id": str(run.pk),
        "name": run.name,
        "state": run.state,
        "sentence": weave.sentence,
        "rounds": [_round_json(round_) for round_ in weave.rounds],
        "machines": [
            {"label": machine.label, "cells": [[c.round_index, c.state, c.tokens] for c in machine.cells]}
            for machine in weave.machines
        ],
        "sample": {"prompt": run.prompt, "text": weave.latest.sample if weave.latest else ""},
        "verified": {**weave.totals, "time": format_gpu_time(weave.totals["device_us"])},
    }


def _round_json(round_: Round) -> dict[str, Any]:
    closed: datetime | None = round_.closed_at
    return {
        "index": round_.index,
        "held_out_loss": round_.held_out_loss,
        "opened_at": round_.opened_at.isoformat(),
        "closed_at": closed.isoformat() if closed else None,
        "is_rolled_back": round_.is_rolled_back,
    }
