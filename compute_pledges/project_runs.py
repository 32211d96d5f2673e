"""A project's runs and what was released of them, the newest first: a few on its page, all in pages of their own."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import OuterRef, QuerySet, Subquery

from compute_pledges.models import ModelRelease, Round, TrainingRun
from projects.models import Project

SHOWN = 5


@dataclass(frozen=True, slots=True)
class ProjectRuns:
    """What the project's page shows: up to SHOWN of each, and whether there is more."""

    runs: list[TrainingRun]
    released: list[TrainingRun]
    has_more: bool


def with_newest(runs: QuerySet[TrainingRun]) -> QuerySet[TrainingRun]:
    """With the newest closed round (`closed_index`), its held-out loss (`loss`), and when it was released."""
    closed = Round.objects.filter(run=OuterRef("pk"), held_out_loss__isnull=False).order_by("-index")
    released = ModelRelease.objects.filter(run=OuterRef("pk"), state=ModelRelease.State.RELEASED)
    return runs.annotate(
        closed_index=Subquery(closed.values("index")[:1]),
        loss=Subquery(closed.values("held_out_loss")[:1]),
        released_at=Subquery(released.values("released_at")[:1]),
    )


def runs_of_project(project: Project) -> QuerySet[TrainingRun]:
    """The newest first, each with its newest figures."""
    return with_newest(TrainingRun.objects.filter(project=project)).order_by("-created_at", "pk")


def released_of_project(project: Project) -> QuerySet[TrainingRun]:
    """Those that are released, the newest release first."""
    released = runs_of_project(project).filter(release__state=ModelRelease.State.RELEASED)
    return released.order_by("-release__released_at", "pk")


def newest_runs(project: Project) -> ProjectRuns:
    """Two queries, whatever the number of runs and rounds. Nothing of a project that is not public."""
    if project.state in Project.PRIVATE_STATES:
        return ProjectRuns([], [], has_more=False)
    found = list(runs_of_project(project)[: SHOWN + 1])
    released = list(released_of_project(project)[: SHOWN + 1])
    return ProjectRuns(found[:SHOWN], released[:SHOWN], has_more=max(len(found), len(released)) > SHOWN)
