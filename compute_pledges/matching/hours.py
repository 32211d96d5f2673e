"""A project's pledged hours against the planned work of its runs: by memory, by line, and no hour given twice.

What a run lacks of its plan is held against what the schedules of fitting machines still leave before training has to
end. Where several runs want the same machine its hours go to one of them: the most demanding run chooses first, and
takes the smallest machines that fit, so that larger ones are left for others.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from compute_pledges.matching.memory import Need, fits, memory_of, need_of
from compute_pledges.matching.supply import open_runs
from compute_pledges.models import ComputePledge, Device, TrainingRun
from compute_pledges.services.counting import Counted, count_rows
from compute_pledges.services.run_endings import trained_samples
from projects.models import Project
from projects.totals import totals_of
from values.gpu_time import h100_microseconds

HOUR_US = 3_600_000_000
MBIT = 1_000_000


@dataclass(slots=True)
class RunHours:
    """One run. H100-equivalent microseconds; `left_us` is planned work that is not trained yet."""

    run: TrainingRun
    need: Need
    left_us: int
    machines: int = 0
    too_small: int = 0
    too_slow: int = 0
    hours_per_week: int = 0
    weekly_us: int = 0
    deliverable_us: int = 0
    given_us: int = 0

    @property
    def missing_us(self) -> int:
        """Planned work that no pledged hour is left for."""
        return max(self.left_us - self.given_us, 0)

    @property
    def weeks(self) -> int | None:
        """How long the fitting machines need for it on their schedules, rounded up; None where none fits."""
        return -(-self.left_us // self.weekly_us) if self.weekly_us else None

    @property
    def line_mbit(self) -> float:
        """What a machine's line must carry each way."""
        return max(self.need.up_bytes_per_second, self.need.down_bytes_per_second) * 8 / MBIT


@dataclass(slots=True)
class _Supply:
    device: Device
    row: Counted
    rest_us: int


def run_hours(*, project: Project, now: datetime) -> list[RunHours]:
    """A row for each open run, the most demanding first; as many queries as there are open runs, and ten."""
    runs = list(open_runs().filter(project=project))
    if not runs:
        return []
    rows = {row.id: row for row in count_rows(project=project, at=now, takeovers=True)}
    backed = ComputePledge.objects.filter(pk__in=rows, device__isnull=False).select_related("device__report")
    supply = [_Supply(pledge.device, rows[pledge.pk], rows[pledge.pk].rest) for pledge in backed if pledge.device]
    weekly = dict(backed.order_by().values_list("pk", "hours_per_week"))
    found = [RunHours(run, need_of(run), _left(run, project, now)) for run in runs]
    found.sort(key=lambda one: (-one.need.memory_bytes, -one.line_mbit, str(one.run.pk)))
    for one in found:
        for item in supply:
            _look(one, item, weekly[item.row.id])
        _give(one, supply)
    return found


def _left(run: TrainingRun, project: Project, now: datetime) -> int:
    """Where no plan is declared, what the project's goal still lacks."""
    if run.planned_samples is None:
        return max(project.compute_minimum_us - totals_of([project])[project.pk].compute_realized, 0)
    return h100_microseconds(run.flops_of(max(run.planned_samples - trained_samples(run, at=now), 0)))


def _look(one: RunHours, item: _Supply, hours_per_week: int) -> None:
    if item.device.state != Device.State.ACTIVE:
        return
    if fits(item.device, one.need):
        one.machines += 1
        one.hours_per_week += hours_per_week
        one.weekly_us += hours_per_week * HOUR_US * item.row.ppb // 10**9
        one.deliverable_us += item.row.rest
    elif memory_of(item.device) < one.need.memory_bytes:
        one.too_small += 1
    else:
        one.too_slow += 1


def _give(one: RunHours, supply: list[_Supply]) -> None:
    for item in sorted(supply, key=lambda item: (memory_of(item.device), str(item.row.id))):
        if one.missing_us and item.rest_us and fits(item.device, one.need):
            taken = min(item.rest_us, one.missing_us)
            item.rest_us -= taken
            one.given_us += taken
