"""A fork: a new run of the same architecture and data that starts from a checkpoint, with other settings."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext

from accounts.models import User
from compute_pledges.errors import RunRefused
from compute_pledges.models import Round, RunChange, TrainingRun
from compute_pledges.services.blobs import has_blob
from compute_pledges.services.plans import (
    TEXT_TASKS,
    CheckedPlan,
    require_time_to_upload,
    validate_config,
    validate_hyper,
)
from compute_pledges.services.run_states import may_control, record_change
from compute_pledges.services.runs import new_run
from training_cluster.protocol_hyper import difference


def forkable_rounds(run: TrainingRun) -> list[Round]:
    """Rounds whose published weights are kept, newest first; every 50th is kept for ever. The storage is not asked."""
    return list(Round.objects.filter(run=run, pruned_at=None).order_by("-index")[:200])


@transaction.atomic
def fork_run(
    *, run: TrainingRun, user: User, index: int, name: str, hyper: dict[str, Any], now: datetime, reason: str = ""
) -> TrainingRun:
    """A new run from the weights with which round `index` began. Its outer momentum starts at zero. Raises RunRefused.

    The run that it comes from goes on as it is.
    """
    if not may_control(run, user):
        raise RunRefused(gettext("Only the project's creator forks its runs."))
    checkpoint = Round.objects.filter(run=run, index=index).first()
    if checkpoint is None or not has_blob(checkpoint.theta_sha256):
        raise RunRefused(
            gettext("The weights of round %(index)s are not kept. Every 50th round and the newest ones are.")
            % {"index": index}
        )
    merged = validate_hyper({**run.hyper, **hyper})
    if run.task not in TEXT_TASKS:
        merged["sequence"] = run.hyper["sequence"]
    require_time_to_upload(hyper=merged, parameters=run.parameters)
    plan = CheckedPlan(validate_config(run.config, merged["sequence"]), merged, run.tokenizer)
    fork = new_run(project=run.project, user=user, name=name or f"{run.name}, forked", plan=plan, now=now)
    fork.data, fork.data_set, fork.prompt = run.data, run.data_set, run.prompt
    fork.forked_from, fork.forked_round, fork.start_sha256 = run, index, checkpoint.theta_sha256
    fork.planned_samples = run.planned_samples
    fork.save(force_insert=True)
    changed = difference(run.hyper, merged)
    record_change(run=fork, actor=user, kind=RunChange.Kind.FORKED, now=now, changed=changed, reason=reason)
    return fork
