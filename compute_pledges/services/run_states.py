"""Pausing, resuming and stopping a run, and changing its settings; each leaves a row that nobody can change."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext

from accounts.models import User
from compute_pledges.errors import RunRefused
from compute_pledges.models import Round, RunChange, TrainingRun
from compute_pledges.services.news import announce_runs
from compute_pledges.services.plans import TEXT_TASKS, require_time_to_upload, validate_hyper
from projects.roles import can
from training_cluster.protocol_hyper import CHANGEABLE, difference

KINDS = {"paused": RunChange.Kind.PAUSED, "running": RunChange.Kind.RESUMED, "stopped": RunChange.Kind.STOPPED}


def may_control(run: TrainingRun, user: User) -> bool:
    """Whoever runs the project's training, and admins."""
    return user.is_admin or can(user, run.project, "run")


def record_change(
    *,
    run: TrainingRun,
    actor: User | None,
    kind: str,
    now: datetime,
    changed: dict[str, list[Any]] | None = None,
    reason: str = "",
) -> RunChange:
    """Write down what was done, after which round; without an actor, by the platform."""
    newest = Round.objects.filter(run=run).aggregate(newest=Max("index"))["newest"]
    return RunChange.objects.create(
        run=run, actor=actor, kind=kind, after_round=newest, difference=changed or {}, reason=reason[:300], made_at=now
    )


@transaction.atomic
def change_run_state(*, run: TrainingRun, user: User, target: str, now: datetime, reason: str = "") -> None:
    """Pause, resume or stop. A repeat of the reached state returns quietly. Raises RunRefused."""
    if not may_control(run, user):
        raise RunRefused(gettext("Only the project's creator and trainers change its runs."))
    changed = TrainingRun.objects.filter(pk=run.pk, state__in=TrainingRun.BEFORE[target]).update(state=target)
    if changed:
        record_change(run=run, actor=user, kind=KINDS[target], now=now, reason=reason)
        announce_runs([run.pk])
    elif not TrainingRun.objects.filter(pk=run.pk, state=target).exists():
        raise RunRefused(gettext("A stopped run does not go on. Fork it from a checkpoint, or start a new one."))


@transaction.atomic
def stop_by_platform(*, run: TrainingRun, kind: str, reason: str, now: datetime) -> bool:
    """Stop a run that nobody asked to stop; returns whether it was open until now."""
    still_open = TrainingRun.objects.filter(pk=run.pk, state__in=TrainingRun.BEFORE["stopped"])
    if not still_open.update(state=TrainingRun.State.STOPPED):
        return False
    record_change(run=run, actor=None, kind=kind, now=now, reason=reason)
    announce_runs([run.pk])
    return True


@transaction.atomic
def change_hyper(*, run: TrainingRun, user: User, hyper: dict[str, Any], now: datetime, reason: str = "") -> RunChange:
    """Other settings for a run that is paused; they hold from its next round on. Raises RunRefused.

    Paused, because open leases carry the hash of the specification that they were made for.
    """
    if not may_control(run, user):
        raise RunRefused(gettext("Only the project's creator and trainers change its runs."))
    locked = TrainingRun.objects.select_for_update().get(pk=run.pk)
    if locked.state != TrainingRun.State.PAUSED:
        raise RunRefused(gettext("Pause the run first; its settings then hold from the next round on."))
    merged = validate_hyper({**locked.hyper, **hyper})
    if locked.task not in TEXT_TASKS:
        merged["sequence"] = locked.hyper["sequence"]
    require_time_to_upload(hyper=merged, parameters=locked.parameters)
    changed = difference(locked.hyper, merged)
    if fixed := sorted(set(changed) & set(locked.hyper) - set(CHANGEABLE)):
        raise RunRefused(
            gettext("%(names)s cannot change within a run. Fork it instead.") % {"names": ", ".join(fixed)}
        )
    if not changed:
        raise RunRefused(gettext("Nothing differs from the settings that the run has."))
    locked.hyper = merged
    locked.save(update_fields=["hyper"])
    return record_change(run=locked, actor=user, kind=RunChange.Kind.CHANGED, now=now, changed=changed, reason=reason)
