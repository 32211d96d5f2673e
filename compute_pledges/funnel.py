"""Where the GPU time went, as of a moment: promised, delivered, verified, settled, refused, taken back; by project."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Sum

from compute_pledges.models import ComputePledge, Device, GpuTimeEntry, WorkResult
from compute_pledges.sums import moved_by_project
from projects.models import Project

Account = GpuTimeEntry.Account


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


def compute_funnel(*, at: datetime) -> list[ComputeRow]:
    """Rows of every project with GPU time or a promise of it, in five queries."""
    amounts: dict[int, dict[str, Amount]] = {}
    for project_id, device_us, h100_us in _promises(at):
        _of(amounts, project_id)["promised"].add(device_us, h100_us)
    for row in moved_by_project(at=at):
        _move(_of(amounts, row.project_id), row.debit, row.credit, row.device_us, row.h100_us)
    projects = Project.objects.filter(pk__in=amounts).order_by("title")
    return [ComputeRow(project=project, **amounts[project.pk]) for project in projects]


def _of(amounts: dict[int, dict[str, Amount]], project_id: int) -> dict[str, Amount]:
    return amounts.setdefault(project_id, {stage: Amount() for stage in ComputeRow.STAGES})


def _promises(at: datetime) -> list[tuple[int, int, int]]:
    """What was promised and not withdrawn; the H100-equivalent is what counts towards the goal."""
    standing = ComputePledge.objects.filter(created_at__lte=at).exclude(state=ComputePledge.State.WITHDRAWN)
    sums = standing.values("project_id").annotate(device=Sum("pledged_us"), h100=Sum("counted_h100_us")).order_by()
    return [(row["project_id"], row["device"], row["h100"]) for row in sums]


def _move(stages: dict[str, Amount], debit: str, credit: str, device_us: int, h100_us: int) -> None:
    if credit == Account.REPORTED:
        stages["delivered"].add(device_us, h100_us)
    elif credit in (Account.VERIFIED, Account.SETTLED, Account.REJECTED):
        stages[credit].add(device_us, h100_us)
    elif credit == Account.REVERSED:
        stages["reversed"].add(device_us, h100_us)
        stages["verified"].add(device_us, h100_us, -1)
        if debit == Account.SETTLED:
            stages["settled"].add(device_us, h100_us, -1)


def quarantined_devices() -> int:
    """How many devices wait for a person."""
    return Device.objects.filter(state=Device.State.QUARANTINED).count()


def stuck_blocks(*, before: datetime) -> int:
    """Blocks that arrived before a moment and are still unjudged."""
    waiting = (WorkResult.State.REPORTED, WorkResult.State.AUDITING)
    return WorkResult.objects.filter(state__in=waiting, received_at__lt=before).count()
