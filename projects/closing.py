"""The closing: what happens at the deadline, decided once under lock."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext

from projects.models import Project
from projects.signals import project_closed
from projects.states import change_state
from projects.totals import Totals, totals_of
from values.gpu_time import format_gpu_time

Freeze = Callable[[Project, datetime], None]
_freezes: list[Freeze] = []


def register_freeze(freeze: Freeze) -> None:
    """`freeze(project, deadline)` fixes what an upper layer counts, in the closing's transaction, before it decides."""
    if freeze not in _freezes:
        _freezes.append(freeze)


def sponsored_cover(project: Project, totals: Totals) -> int:
    """How much of the compute minimum rented machines are to cover: what is missing, up to the plan of the launch.

    They are paid from the money, so that they cover nothing where the money minimum does not hold.
    """
    if not project.sponsored_hours_us or totals.money_pledged < max(project.funding_minimum, 1):
        return 0
    return max(0, min(project.sponsored_hours_us, project.compute_minimum_us - totals.compute_pledged))


def minimums_hold(project: Project, totals: Totals) -> bool:
    """Each minimum that is set must hold on what counts; a goal of zero holds.

    Compute that counts is frozen as pledged: verified and still deliverable, never both for the same hours.
    """
    compute = totals.compute_pledged + sponsored_cover(project, totals)
    return totals.money_pledged >= project.funding_minimum and compute >= project.compute_minimum_us


def decision_words(project: Project, totals: Totals) -> str:
    """Why the closing decided so, with the figures it saw."""
    if not minimums_hold(project, totals):
        return gettext("A minimum was not reached by the deadline.")
    held, cover = gettext("The minimums held at the deadline."), sponsored_cover(project, totals)
    if not cover:
        return held
    covered = gettext("%(cover)s of the compute is to come from rented machines, as planned.")
    return f"{held} {covered}" % {"cover": format_gpu_time(cover)}


@transaction.atomic
def close_project(*, project_id: int, now: datetime) -> str:
    """Decide a live or paused project whose deadline is reached; returns its state. Anything else returns quietly."""
    project = Project.objects.select_for_update().get(pk=project_id)
    if project.state not in (Project.State.LIVE, Project.State.PAUSED) or project.deadline_at > now:
        return project.state
    if project.state == Project.State.PAUSED:  # A pause does not move the deadline.
        words = gettext("The deadline came while it was paused.")
        change_state(project=project, target=Project.State.LIVE, actor=None, now=now, reason=words)
    for freeze in _freezes:
        freeze(project, project.deadline_at)
    totals = totals_of([project])[project.pk]
    kept = not project.is_all_or_nothing
    change_state(
        project=project,
        target=Project.State.COLLECTING if kept or minimums_hold(project, totals) else Project.State.FAILED,
        actor=None,
        now=now,
        reason=decision_words(project, totals),
    )
    state = project.state
    transaction.on_commit(lambda: project_closed.send(sender=Project, project_id=project_id, state=state))
    return state
