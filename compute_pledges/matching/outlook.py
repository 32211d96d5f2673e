"""What a funded project will have of its compute minimum at the present pace, and what it will lack.

will have = realized + what the schedules still leave of each pledge, times the pace its machine has kept so far.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from django.db.models import QuerySet, Sum

from compute_pledges.models import PledgeWeek, TrainingRun
from compute_pledges.services.counting import count_rows
from projects.models import Project
from projects.totals import totals_of

State = Project.State
LOOKED_AT_STATES = (State.COLLECTING, State.FUNDED, State.DELIVERING)
WEEK = timedelta(days=7)
PPM = 1_000_000


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
    """Funded projects with a compute minimum whose training goes on."""
    running = TrainingRun.objects.filter(state=TrainingRun.State.RUNNING).values("project_id")
    return Project.objects.filter(
        state__in=LOOKED_AT_STATES, compute_minimum_us__gt=0, compute_ends_at__gt=now, pk__in=running
    ).order_by("pk")


def outlook_of(*, project: Project, now: datetime) -> Outlook:
    """Five queries whatever the number of pledges."""
    rows = count_rows(project=project, at=now, takeovers=True)
    pace = paces([row.id for row in rows], now.date())
    deliverable = sum(row.rest * pace.get(row.id, PPM) // PPM for row in rows)
    verified = totals_of([project])[project.pk].compute_realized
    return Outlook(project.compute_minimum_us, verified, deliverable)


def paces(pledge_ids: list[UUID], today: date) -> dict[UUID, int]:
    """Verified of promised over the weeks that are past, in millionths, at most a million; absent before the first."""
    past = PledgeWeek.objects.filter(pledge__in=pledge_ids, week_starts_at__lte=today - WEEK).values("pledge_id")
    sums = past.annotate(due=Sum("promised_us"), done=Sum("verified_us") - Sum("reversed_us")).order_by()
    return {
        row["pledge_id"]: max(0, min(row["done"] * PPM // row["due"], PPM)) for row in sums if row["due"]
    }  # fmt: skip
