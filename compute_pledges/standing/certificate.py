"""A certificate of verified work in one run: what it says, and the weave that borders it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Count, Max, Min, Q, Sum

from accounts.models import User
from compute_pledges.models import TrainingRun, WorkResult
from compute_pledges.standing.credit import Credit, Place, Scope, credit_of
from compute_pledges.standing.remembered import remembered_place
from projects.models import Project

GOOD = Q(state__in=("verified", "settled"))
RUNS_LISTED = 50
# Cells along each side of the border.
ACROSS, DOWN = 36, 24


@dataclass(frozen=True, slots=True)
class Certificate:
    """`cells` is how deep each cell of the border is woven, 0 to 4, by the holder's blocks over the run's rounds.

    `place` is among everyone who trained this run.
    """

    run: TrainingRun
    holder: User
    credit: Credit
    place: Place
    first_round: int
    last_round: int
    first_at: datetime
    last_at: datetime
    cells: list[int]

    @property
    def border(self) -> list[tuple[int, int, int]]:
        """(x, y, depth) of each cell in units of a grid of ACROSS by DOWN, clockwise from the top left."""
        top = [(x, 0) for x in range(ACROSS)]
        right = [(ACROSS - 1, y) for y in range(1, DOWN - 1)]
        bottom = [(x, DOWN - 1) for x in reversed(range(ACROSS))]
        left = [(0, y) for y in reversed(range(1, DOWN - 1))]
        places = top + right + bottom + left
        return [(x, y, depth) for (x, y), depth in zip(places, self.cells, strict=True)]


CELLS = 2 * ACROSS + 2 * (DOWN - 2)


def runs_of(*, user_id: int, private: Sequence[str] = ()) -> list[dict[str, Any]]:
    """Runs in which the account has verified work, the newest first, with its time in each; without those of projects
    in the states `private`. One query.
    """
    rows = WorkResult.objects.filter(GOOD, device__owner_id=user_id, device__sponsored=None).order_by()
    rows = rows.exclude(lease__run__project__state__in=private)
    sums = rows.values("lease__run_id", "lease__run__name", "lease__run__project__title").annotate(
        h100_us=Sum("h100_us"), device_us=Sum("device_us"), blocks=Count("pk"), last_at=Max("verified_at")
    )
    return [
        {
            "run_id": row["lease__run_id"], "name": row["lease__run__name"],
            "project": row["lease__run__project__title"],
            **{key: row[key] for key in ("h100_us", "device_us", "blocks")},
        }
        for row in sums.order_by("-last_at")[:RUNS_LISTED]
    ]  # fmt: skip


def certificate_of(*, run: TrainingRun, holder: User, now: datetime) -> Certificate | None:
    """None where the account has no verified work in the run. Four queries."""
    rows = WorkResult.objects.filter(GOOD, device__owner=holder, device__sponsored=None, lease__run=run).order_by()
    span = rows.aggregate(
        first=Min("lease__round__index"), last=Max("lease__round__index"),
        first_at=Min("received_at"), last_at=Max("received_at"),
    )  # fmt: skip
    if span["first"] is None:
        return None
    scope = Scope(now, Project.PRIVATE_STATES, run_id=run.pk)
    credit, place = credit_of(user_id=holder.pk, scope=scope), remembered_place(user_id=holder.pk, scope=scope)
    tokens = dict(rows.values_list("lease__round__index").annotate(n=Sum("tokens")))
    cells = _cells(tokens, span["first"], span["last"])
    days = span["first_at"], span["last_at"]
    return Certificate(run, holder, credit, place, span["first"], span["last"], *days, cells)


def _cells(tokens: dict[int, int], first: int, last: int) -> list[int]:
    """Rounds spread over the border's cells; a cell's depth is its share of the fullest cell's tokens."""
    sums: defaultdict[int, int] = defaultdict(int)
    for index, amount in tokens.items():
        sums[(index - first) * CELLS // (last - first + 1)] += amount
    if last - first + 1 < CELLS:
        # Few rounds: each one fills the cells up to the next one's first.
        count = last - first + 1
        sums = defaultdict(int, {cell: tokens.get(first + cell * count // CELLS, 0) for cell in range(CELLS)})
    most = max(sums.values(), default=0) or 1
    return [-(-sums[cell] * 4 // most) if sums[cell] else 0 for cell in range(CELLS)]


def file_name(run_id: UUID) -> str:
    """Of the PDF, without its ending."""
    return f"commonweave-certificate-{str(run_id)[:8]}"
