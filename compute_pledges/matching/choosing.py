"""Which run a machine gets: the project that its hour backs, else a run that fits and lacks most.

A machine is never given a run that it cannot hold, nor one of a project that its hours do not back.
"""

from __future__ import annotations

from datetime import datetime

from compute_pledges.matching.memory import fits, need_of
from compute_pledges.matching.supply import open_runs
from compute_pledges.models import ComputePledge, Device, PledgeHour, SponsoredDevice, TrainingRun
from compute_pledges.schedule.holding import project_scheduled_at
from projects.totals import totals_of


def choose_run(*, device: Device, at: datetime) -> TrainingRun | None:
    """The run for `device` at `at`, or None: nothing is scheduled, runs, or fits. A fixed number of queries."""
    rented = SponsoredDevice.objects.filter(device=device).values_list("project_id", flat=True).first()
    if rented is not None:
        return _best(device, [rented])
    if PledgeHour.objects.filter(device=device).exists():
        project_id = project_scheduled_at(device=device, at=at)
        return _best(device, [project_id]) if project_id is not None else None
    backed = ComputePledge.objects.filter(device=device, state__in=ComputePledge.OPEN_STATES)
    return _best(device, list(backed.order_by("created_at").values_list("project_id", flat=True)))


def _best(device: Device, project_ids: list[int]) -> TrainingRun | None:
    """Of the fitting runs: the project that lacks the largest share of its goal, then the largest model."""
    running = open_runs().filter(project__in=project_ids, state=TrainingRun.State.RUNNING).select_related("project")
    fitting = [run for run in running if fits(device, need_of(run))]
    totals = totals_of({run.project for run in fitting})

    def lacks(run: TrainingRun) -> tuple[int, int]:
        goal = max(run.project.compute_minimum_us, 1)
        return max(goal - totals[run.project_id].compute_realized, 0) * 1_000_000 // goal, run.parameters

    return max(fitting, key=lacks, default=None)
