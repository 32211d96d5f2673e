"""What a funded project will have of its compute minimum at the present pace, and what it will lack.

will have = realized + what the schedules still leave of each pledge, times the pace its machine has kept so far.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db.models import QuerySet

from compute_pledges.models import PledgeWeek, TrainingRun
from compute_pledges.services.counting import count_rows
from compute_pledges.services.pace import PPM, kept_of
from projects.models import Project
from projects.totals import totals_of

State = Project.State
LOOKED_AT_STATES = (State.COLLECTING, State.FUNDED, State.DELIVERING)


@dataclass(frozen=True, slots=True)
class Outlook:
    """H100-equivalent microseconds."""

    goal_us: int
    verified_us: int
    deliverable_us: int

    @property
    def missing_us(self) -> int:
        """What will be lacking at the end; zero when all is well."""
        return max(self.goal_us - self.verified_us - self.deliverable_us, 0)


def projects_to_look_at(*, now: datetime) -> QuerySet[Project]:
    """Funded projects with a compute minimum whose training is not over."""
    return Project.objects.filter(
        state__in=LOOKED_AT_STATES, compute_minimum_us__gt=0, compute_ends_at__gt=now
    ).order_by("pk")  # fmt: skip


def projects_that_train() -> QuerySet[TrainingRun, int]:
    """Keys of the projects with a run that runs."""
    return TrainingRun.objects.filter(state=TrainingRun.State.RUNNING).order_by().values_list("project_id", flat=True)


def outlook_of(*, project: Project, now: datetime) -> Outlook:
    """Five queries whatever the number of pledges."""
    rows = count_rows(project=project, at=now, takeovers=True)
    kept = kept_of(PledgeWeek.objects.filter(pledge__in=[row.id for row in rows]), now.date())
    deliverable = sum(row.rest * (kept[row.id].ppm if row.id in kept else PPM) // PPM for row in rows)
    verified = totals_of([project])[project.pk].compute_realized
    return Outlook(project.compute_minimum_us, verified, deliverable)
