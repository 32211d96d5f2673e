"""The closing: what happens at the deadline, decided once under lock."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from projects.models import Project
from projects.signals import project_closed
from projects.states import change_state
from projects.totals import Totals, totals_of


def minimums_hold(project: Project, totals: Totals) -> bool:
    """Each minimum that is set must hold on what counts; a goal of zero holds."""
    compute = max(totals.compute_pledged, totals.compute_realized)
    return totals.money_pledged >= project.funding_minimum and compute >= project.compute_minimum_us


@transaction.atomic
def close_project(*, project_id: int, now: datetime) -> str:
    """Decide a live project whose deadline is reached; returns its state. Anything else returns quietly."""
    project = Project.objects.select_for_update().get(pk=project_id)
    if project.state != Project.State.LIVE or project.deadline_at > now:
        return project.state
    kept = not project.is_all_or_nothing
    holds = kept or minimums_hold(project, totals_of([project])[project.pk])
    change_state(
        project=project,
        target=Project.State.COLLECTING if holds else Project.State.FAILED,
        actor=None,
        now=now,
        reason="The minimums held at the deadline." if holds else "A minimum was not reached by the deadline.",
    )
    state = project.state
    transaction.on_commit(lambda: project_closed.send(sender=Project, project_id=project_id, state=state))
    return state
