"""Where the GPU time went, as of a moment: promised, delivered, verified, settled, refused, taken back; by project.

Promised is what a working machine stood behind at that moment: offers without one, and pledges that were declined,
withdrawn or had expired by then, are no promise. What was kept in part stays, for the funnel shows the difference.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import DateTimeField, F, OuterRef, Q, QuerySet, Subquery, Sum, TextField, Value
from django.db.models.functions import Cast, Coalesce, Concat

from compute_pledges.models import ComputePledge, Device, DeviceTurn, GpuTimeEntry
from compute_pledges.sums import moved_by_project
from projects.models import Contribution, Project

Account, State = GpuTimeEntry.Account, ComputePledge.State
SHOWN = 50
# Ended, but what they promised was delivered, all or in part.
KEPT = (State.FULFILLED, State.PARTLY_FULFILLED)


@dataclass(slots=True)
class Amount:
    """Integer microseconds: of the devices themselves, and H100-equivalent."""

    device_us: int = 0
    h100_us: int = 0

    def add(self, device_us: int, h100_us: int, sign: int = 1) -> None:
        """Add or take away."""
        self.device_us += sign * device_us
        self.h100_us += sign * h100_us


@dataclass(slots=True)
class ComputeRow:
    """One project. `verified` is what counts now, settled work included; `reversed` was verified once."""

    project: Project
    promised: Amount
    delivered: Amount
    verified: Amount
    settled: Amount
    rejected: Amount
    reversed: Amount

    STAGES = ("promised", "delivered", "verified", "settled", "rejected", "reversed")


@dataclass(frozen=True, slots=True)
class Funnel:
    """The first projects by what was verified, what all others have together, and the whole."""

    rows: list[ComputeRow]
    others: dict[str, Amount] | None
    total: dict[str, Amount]


def compute_funnel(*, at: datetime, limit: int = SHOWN) -> Funnel:
    """Projects with GPU time or a promise of it, in three queries whatever their number."""
    amounts: dict[int, dict[str, Amount]] = {}
    for project_id, device_us, h100_us in _promises(at):
        _of(amounts, project_id)["promised"].add(device_us, h100_us)
    for row in moved_by_project(at=at):
        _move(_of(amounts, row.project_id), row.debit, row.credit, row.device_us, row.h100_us)
    order = sorted(amounts, key=lambda key: (-amounts[key]["verified"].h100_us, -amounts[key]["promised"].h100_us, key))
    projects = Project.objects.in_bulk(order[:limit])
    rows = [ComputeRow(project=projects[key], **amounts[key]) for key in order[:limit]]
    others = _together([amounts[key] for key in order[limit:]]) if order[limit:] else None
    return Funnel(rows, others, _together(list(amounts.values())))


def _together(found: list[dict[str, Amount]]) -> dict[str, Amount]:
    whole = _nothing()
    for amounts in found:
        for stage, amount in amounts.items():
            whole[stage].add(amount.device_us, amount.h100_us)
    return whole


def _nothing() -> dict[str, Amount]:
    return {stage: Amount() for stage in ComputeRow.STAGES}


def _of(amounts: dict[int, dict[str, Amount]], project_id: int) -> dict[str, Amount]:
    return amounts.setdefault(project_id, _nothing())


def promised_pledges(*, at: datetime) -> QuerySet[ComputePledge]:
    """Pledges that were promises at that moment; `counted_then` is what counted of each towards its goal."""
    turns = DeviceTurn.objects.filter(device=OuterRef("device"), happened_at__gt=at).order_by("happened_at", "pk")
    source = Concat(Value("compute_pledge:"), Cast(OuterRef("pk"), TextField()), output_field=TextField())
    counts = Contribution.objects.filter(
        source=source, stage=Contribution.Stage.PLEDGED, recorded_at__lte=Cast(Value(at), DateTimeField())
    ).order_by()
    counted: QuerySet[Contribution, Any] = counts.values("source").annotate(n=Sum("amount")).values("n")
    return (
        ComputePledge.objects.filter(accepted_at__lte=at)
        .annotate(
            machine_then=Coalesce(Subquery(turns.values("state_before")[:1]), F("device__state")),
            counted_then=Coalesce(Subquery(counted), 0),
        )
        .filter(Q(state__in=KEPT) | (Q(machine_then=Device.State.ACTIVE) & (Q(ended_at=None) | Q(ended_at__gt=at))))
    )


def _promises(at: datetime) -> list[tuple[int, int, int]]:
    """(project, device time, what counts of it towards the goal)."""
    sums = promised_pledges(at=at).values("project_id")
    return [
        (row["project_id"], row["device"], int(row["h100"]))
        for row in sums.annotate(device=Sum("pledged_us"), h100=Sum("counted_then")).order_by()
    ]


def _move(stages: dict[str, Amount], debit: str, credit: str, device_us: int, h100_us: int) -> None:
    if credit == Account.REPORTED:
        stages["delivered"].add(device_us, h100_us)
    elif credit in (Account.VERIFIED, Account.SETTLED, Account.REJECTED):
        stages[credit].add(device_us, h100_us)
        if debit in (Account.REJECTED, Account.REVERSED):
            # An appeal that was granted brings back what was refused or taken back.
            stages[debit].add(device_us, h100_us, -1)
    elif credit == Account.REVERSED:
        stages["reversed"].add(device_us, h100_us)
        stages["verified"].add(device_us, h100_us, -1)
        if debit == Account.SETTLED:
            stages["settled"].add(device_us, h100_us, -1)
