"""The Weave of a run: rows are machines, columns are rounds, a cell fills when its work is verified.

Bounded whatever the run's length or size: the newest ROUNDS rounds and the MACHINES that worked most in them.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db.models import Count, F, Q, Sum

from compute_pledges.models import Round, TrainingRun, WorkResult
from values.gpu_time import format_gpu_time

ROUNDS = 48
MACHINES = 40
SHADES = 4
CELL_WIDTH, ROW_HEIGHT, GAP = 20, 20, 3
# What a block's state looks like: done is solid, promised is hatched, refused is outlined.
LOOKS = {
    "reported": "waiting", "auditing": "waiting", "verified": "done", "settled": "done",
    "rejected": "refused", "reversed": "refused",
}  # fmt: skip


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


def weave_of(run: TrainingRun) -> Weave:
    """Three queries, whatever the size of the run."""
    rounds = list(Round.objects.filter(run=run).order_by("-index")[:ROUNDS])[::-1]
    return Weave(run, rounds, _machines(rounds), _totals(run))


def _machines(rounds: list[Round]) -> list[Machine]:
    columns = {round_.index: column for column, round_ in enumerate(rounds)}
    results = list(
        WorkResult.objects.filter(lease__round__in=[r.pk for r in rounds])
        .select_related("device__owner")
        .annotate(round_index=F("lease__round__index"))
        .order_by("device__paired_at", "device_id")
    )
    busiest = {pk for pk, _ in Counter(result.device_id for result in results).most_common(MACHINES)}
    most = max((result.tokens for result in results), default=1) or 1
    machines: dict[Any, Machine] = {}
    ordinal: Counter[int] = Counter()
    for result in results:
        if result.device_id not in busiest:
            continue
        if result.device_id not in machines:
            owner = result.device.owner
            ordinal[owner.pk] += 1
            label = f"{owner.public_name} {ordinal[owner.pk]}"
            machines[result.device_id] = Machine(str(result.device_id), label, len(machines))
        index = int(result.round_index)
        shade = max(1, -(-result.tokens * SHADES // most))
        cell = Cell(index, columns[index], LOOKS[result.state], result.get_state_display(), result.tokens, shade)
        machines[result.device_id].cells.append(cell)
    return list(machines.values())


def _totals(run: TrainingRun) -> dict[str, Any]:
    good = Q(state__in=("verified", "settled"))
    return WorkResult.objects.filter(lease__run=run).aggregate(
        tokens=Sum("tokens", filter=good, default=0),
        device_us=Sum("device_us", filter=good, default=0),
        h100_us=Sum("h100_us", filter=good, default=0),
        blocks=Count("pk", filter=good),
        machines=Count("device", distinct=True, filter=good),
    )


def run_snapshot(run: TrainingRun) -> dict[str, Any]:
    """The weave as JSON values, for programs."""
    weave = weave_of(run)
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
