"""Runs that the platform stops: all that was planned is trained and verified, or the project is over."""

from __future__ import annotations

from datetime import datetime

from django.utils.translation import gettext

from compute_pledges.models import GpuTimeEntry, RunChange, TrainingRun
from compute_pledges.services.endings import REASONS
from compute_pledges.services.run_states import stop_by_platform
from compute_pledges.services.sweeping import do_each
from compute_pledges.sums import moved_in_run
from projects.models import Project

Account = GpuTimeEntry.Account


def trained_samples(run: TrainingRun, *, at: datetime) -> int:
    """Samples of verified work that was not taken back."""
    signs = {Account.VERIFIED: 1, Account.REVERSED: -1}
    moved = moved_in_run(run, at=at)
    # What settles moves on from verified work that is counted already.
    tokens = sum(signs.get(Account(row.credit), 0) * row.tokens for row in moved)
    return tokens // int(run.hyper["sequence"])


def end_runs(*, now: datetime) -> int:
    """Stop what is due; one that fails stops no other. Returns how many."""
    still_open = TrainingRun.objects.exclude(state=TrainingRun.State.STOPPED).select_related("project")
    over = still_open.filter(project__state__in=REASONS)
    planned = still_open.exclude(planned_samples=None)
    due = [*over, *planned]
    return do_each(
        sweep=gettext("ending runs"), items=due, deed=lambda run: _end(run, now), now=now, name=lambda run: run.pk
    )


def _end(run: TrainingRun, now: datetime) -> bool:
    if reason := REASONS.get(Project.State(run.project.state)):
        return stop_by_platform(run=run, kind=RunChange.Kind.ENDED, reason=str(reason), now=now)
    trained = trained_samples(run, at=now)
    if run.planned_samples is None or trained < run.planned_samples:
        return False
    planned = run.amount_words(run.planned_samples)
    told = gettext("%(amount_words)s are trained and verified; %(planned)s were planned.") % {
        "amount_words": run.amount_words(trained),
        "planned": planned,
    }
    return stop_by_platform(run=run, kind=RunChange.Kind.FINISHED, reason=told, now=now)
