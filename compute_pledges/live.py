"""The Weave of a run: rows are machines, columns are rounds, a cell fills when its work is verified.

Bounded whatever the run's length or size: the newest ROUNDS rounds and the MACHINES that worked most in them.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection
from django.utils.formats import number_format
from django.utils.translation import gettext

from accounts.models import User
from compute_pledges.models import Device, GpuTimeEntry, Round, TrainingRun
from compute_pledges.sums import moved_in_run
from compute_pledges.weave_rows import CELL_WIDTH, ROW_HEIGHT, Machine, busiest, pixels, rows_of
from values.gpu_time import format_gpu_time

ROUNDS = 48
MACHINES = 40
OWN_MACHINES, OWN_LISTED = 12, 200
GAP = 3


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
        return width_of(self.rounds)

    @property
    def height(self) -> int:
        """Drawing units."""
        return max(len(self.machines), 1) * ROW_HEIGHT

    @property
    def pixels(self) -> int:
        """How tall it is drawn."""
        return pixels(max(len(self.machines), 1))

    def mark_own(self, names: dict[str, str]) -> None:
        """Call the viewer's machines by the names that they gave them."""
        for machine in self.machines:
            machine.own_name = names.get(machine.device_id, "")

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
            state = gettext("The run is %(state)s.") % {"state": self.run.get_state_display()}
            return f"{state} {self._closed}" if self.latest else state
        if not self.rounds:
            return gettext("The run is recorded; its anchor is starting.")
        if self.latest is None:
            return gettext("Round %(index)s is open; no round has closed yet.") % {"index": self.rounds[-1].index}
        return self._closed

    @property
    def _closed(self) -> str:
        assert self.latest is not None
        assert self.latest.held_out_loss is not None
        words = {"index": str(self.latest.index), "loss": number_format(self.latest.held_out_loss, 3)}
        return gettext("Round %(index)s closed with a held-out loss of %(loss)s.") % words


def weave_of(run: TrainingRun, *, now: datetime) -> Weave:
    """Seven queries, whatever the size of the run."""
    rounds = newest_rounds(run)
    return Weave(run, rounds, rows_of(rounds, busiest(rounds, MACHINES)), _totals(run, now))


def newest_rounds(run: TrainingRun) -> list[Round]:
    """The columns, oldest first. One query."""
    return list(Round.objects.filter(run=run).select_related("run").order_by("-index")[:ROUNDS])[::-1]


def width_of(rounds: list[Round]) -> int:
    """Drawing units of so many columns; a young run leaves room for more."""
    return max(len(rounds), 24) * CELL_WIDTH


def own_names(user: User) -> dict[str, str]:
    """{device id: the name that its owner gave it} of an account's machines that may work. One query."""
    active = Device.objects.filter(owner=user).exclude(state=Device.State.REVOKED)
    return {str(pk): name for pk, name in active.order_by("-last_seen_at").values_list("pk", "name")[:OWN_LISTED]}


@dataclass(slots=True)
class OwnRows:
    """A viewer's machines that worked in the rounds shown but are not among those drawn for everyone."""

    rounds: list[Round]
    machines: list[Machine]
    more: int
    drawn_for_all: int

    @property
    def width(self) -> int:
        """As wide as the weave above it."""
        return width_of(self.rounds)

    @property
    def height(self) -> int:
        """Drawing units."""
        return len(self.machines) * ROW_HEIGHT


def own_rows(*, run: TrainingRun, user: User, weave: Weave | None = None) -> OwnRows:
    """At most OWN_MACHINES rows in five queries; none where the weave, if it is at hand, leaves nobody out."""
    rounds = weave.rounds if weave else newest_rounds(run)
    drawn = {machine.device_id for machine in weave.machines} if weave else set(map(str, busiest(rounds, MACHINES)))
    if len(drawn) < MACHINES:
        return OwnRows(rounds, [], 0, MACHINES)
    worked = [pk for pk in busiest(rounds, OWN_LISTED, owner=user) if str(pk) not in drawn]
    machines, names = rows_of(rounds, worked[:OWN_MACHINES]), own_names(user)
    for machine in machines:
        machine.own_name = names.get(machine.device_id, "")
    return OwnRows(rounds, machines, len(worked) - len(machines), MACHINES)


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
