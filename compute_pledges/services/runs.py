"""Starting a run from a declared plan, and the rounds that its anchor registers."""

from __future__ import annotations

import hashlib
import hmac
from datetime import datetime
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext

from accounts.models import User
from compute_pledges.errors import RunPaused, RunRefused
from compute_pledges.matching.memory import need_of
from compute_pledges.models import DataSet, Round, RunChange, TrainingRun
from compute_pledges.models.runs import MAX_OPEN_RUNS
from compute_pledges.services.corpus import standard_library_data
from compute_pledges.services.news import announce_runs
from compute_pledges.services.plans import CheckedPlan, check_plan
from compute_pledges.services.run_states import record_change
from compute_pledges.services.selection import keep_spec
from projects.describing import note_needs
from projects.models import Project
from projects.roles import can


def run_token(run_id: UUID | str) -> str:
    """The anchor's bearer token of one run, derived so that nothing secret is stored."""
    return hmac.new(settings.CLUSTER_TOKEN.encode(), f"run:{run_id}".encode(), hashlib.sha256).hexdigest()


def bearer_token(run_id: UUID | str) -> str:
    """As the run's programs send it."""
    return f"{run_id}.{run_token(run_id)}"


def auditor_token() -> str:
    """The bearer token of the platform's auditors."""
    return hmac.new(settings.CLUSTER_TOKEN.encode(), b"auditor", hashlib.sha256).hexdigest()


@transaction.atomic
def start_run(
    *,
    project: Project,
    user: User,
    name: str,
    config: dict[str, Any],
    hyper: dict[str, Any],
    prompt: str,
    now: datetime,
    data_set: DataSet | None = None,
    tokenizer: bytes = b"",
    planned_samples: int | None = None,
) -> TrainingRun:
    """Record a run; the cluster manager starts its anchor. Without a data set: Python's library. Raises RunRefused."""
    if not can(user, project, "run"):
        raise RunRefused(gettext("Only the project's creator and trainers start its runs."))
    plan = check_plan(config=config, hyper=hyper, data_set=data_set, tokenizer=tokenizer)
    run = new_run(project=project, user=user, name=name, plan=plan, now=now)
    run.prompt = prompt[:200] or gettext("def main(")
    run.data_set, run.planned_samples = data_set, planned_samples
    run.data = data_set.manifest if data_set else standard_library_data()
    run.save(force_insert=True)
    record_change(run=run, actor=user, kind=RunChange.Kind.DECLARED, now=now)
    note_needs(
        project_id=project.pk, languages=data_set.language if data_set else "", memory_bytes=need_of(run).memory_bytes
    )
    return run


def new_run(*, project: Project, user: User, name: str, plan: CheckedPlan, now: datetime) -> TrainingRun:
    """An unsaved run of a project that may have one more; call it in a transaction. Raises RunRefused."""
    Project.objects.select_for_update().get(pk=project.pk)
    if project.state not in ("live", "collecting", "funded", "delivering"):
        raise RunRefused(gettext("A run starts once the project is live."))
    if TrainingRun.objects.filter(project=project, state__in=("running", "paused")).count() >= MAX_OPEN_RUNS:
        raise RunRefused(
            gettext("This project has %(max_open_runs)s open runs already. Stop one first.")
            % {"max_open_runs": MAX_OPEN_RUNS}
        )
    model = plan.model
    return TrainingRun(
        project=project,
        started_by=user,
        name=name.strip()[:80] or project.title[:80],
        config=model.config,
        hyper=plan.hyper,
        task=model.task,
        tokenizer=plan.tokenizer,
        parameters=model.tally.parameters,
        activations=model.tally.activations,
        layers=model.layers,
        width=model.width,
        flops_per_sample=plan.flops_per_sample,
        created_at=now,
    )


def register_round(
    *,
    run: TrainingRun,
    index: int,
    theta_sha256: str,
    duration_seconds: float,
    now: datetime,
    communication_seconds: float | None = None,
    exchange_seconds: float | None = None,
    spec_sha256: str = "",
) -> Round:
    """Open round `index`. The same round with the same theta is returned; one that nobody leased begins anew.

    `communication_seconds`: how long machines waited between the last round's training and this one, and fetched.
    `exchange_seconds`: how long this round's updates are waited for. `spec_sha256`: what the anchor clocks it by; empty
    for the newest. Raises RunPaused, RunRefused.
    """
    _require_next(run, index)
    known = keep_spec(run)
    opening = {
        "theta_sha256": theta_sha256, "duration_seconds": duration_seconds, "exchange_seconds": exchange_seconds,
        "opened_at": now, "spec_sha256": spec_sha256 or known,
    }  # fmt: skip
    TrainingRun.objects.filter(pk=run.pk).exclude(error="").update(error="", error_at=None)
    round_, created = Round.objects.get_or_create(run=run, index=index, defaults=opening)
    if not created and round_.theta_sha256 != theta_sha256:
        raise RunRefused(gettext("Round %(index)s is registered with another theta.") % {"index": index})
    if created:
        if communication_seconds is not None:
            Round.objects.filter(run=run, index=index - 1).update(communication_seconds=communication_seconds)
        announce_runs([run.pk])
    elif round_.closed_at is None and not round_.leases.exists():
        # Without volunteers a run waits in one round instead of closing an empty one every few seconds.
        Round.objects.filter(pk=round_.pk).update(**opening)
        round_.refresh_from_db()
    return round_


def _require_next(run: TrainingRun, index: int) -> None:
    """A new round follows the last one, which is closed, and the run is running. Raises RunPaused, RunRefused."""
    newest = Round.objects.filter(run=run).order_by("-index").first()
    if newest is not None and index <= newest.index:
        return
    if index != (newest.index + 1 if newest else 0):
        raise RunRefused(
            gettext("Round %(index)s does not follow round %(newest)s.") % {"index": index, "newest": newest.index}
            if newest
            else gettext("Rounds begin at 0.")
        )
    if newest is not None and newest.closed_at is None:
        raise RunRefused(gettext("Round %(index)s is still open.") % {"index": newest.index})
    if TrainingRun.objects.filter(pk=run.pk).exclude(state=TrainingRun.State.RUNNING).exists():
        raise RunPaused(gettext("The run is not running; a round opens once it is."), retry_after=2.0)
