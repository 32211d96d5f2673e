"""Declaring a run in two steps: what was declared is checked as a whole and kept, then started once."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext

from accounts.models import User
from compute_pledges.errors import RunRefused
from compute_pledges.models import DataSet, RunDraft, TrainingRun
from compute_pledges.services.blobs import delete_blob, open_blob
from compute_pledges.services.plans import TEXT_TASKS, CheckedPlan, check_plan
from compute_pledges.services.runs import start_run
from projects.models import Project
from projects.roles import can
from training_cluster.protocol_models import TASKS

MOST_DRAFTS = 10
KEPT = timedelta(days=14)


@dataclass(frozen=True, slots=True)
class Declared:
    """What a creator types. `planned` counts tokens of text, else samples; without a `tokenizer` the kept one stays."""

    name: str
    task: str
    config: dict[str, Any]
    hyper: dict[str, Any]
    data_set: DataSet | None
    tokenizer: bytes | None
    planned: int | None
    prompt: str


def kept_tokenizer(kept: Any) -> bytes:
    """The bytes of a stored tokenizer.json; empty where a run reads bytes."""
    if not isinstance(kept, dict):
        return b""
    with open_blob(kept["sha256"]) as stream:
        return stream.read()


@transaction.atomic
def keep_draft(
    *, project: Project, user: User, declared: Declared, now: datetime, draft_id: UUID | None = None
) -> RunDraft:
    """Check what is declared and keep it, in place of an earlier draft that is not started. Raises RunRefused."""
    if not can(user, project, "run"):
        raise RunRefused(gettext("Only the project's creator and trainers declare its runs."))
    draft = _draft_of(project, draft_id) or RunDraft(project=project)
    tokenizer = kept_tokenizer(draft.tokenizer) if declared.tokenizer is None else declared.tokenizer
    plan = check_plan(
        config=declared.config, hyper=declared.hyper, data_set=declared.data_set, tokenizer=tokenizer
    )  # fmt: skip
    if plan.model.task != declared.task:
        raise RunRefused(gettext("This configuration is of another task: %(task)s.") % {"task": TASKS[plan.model.task]})
    draft.author, draft.name, draft.prompt = user, declared.name.strip()[:80], declared.prompt[:200]
    draft.config, draft.hyper, draft.tokenizer = declared.config, declared.hyper, plan.tokenizer
    draft.data_set, draft.planned, draft.updated_at = declared.data_set, declared.planned, now
    draft.save()
    return draft


def _draft_of(project: Project, draft_id: UUID | None) -> RunDraft | None:
    Project.objects.select_for_update().get(pk=project.pk)
    unstarted = RunDraft.objects.filter(project=project, run=None)
    if draft_id is not None and (found := unstarted.filter(pk=draft_id).first()) is not None:
        return found
    if unstarted.count() >= MOST_DRAFTS:
        raise RunRefused(
            gettext("This project has %(most_drafts)s declared runs that were not started. Discard one first.")
            % {"most_drafts": MOST_DRAFTS}
        )
    return None


def plan_of_draft(draft: RunDraft) -> CheckedPlan:
    """The draft checked again: its data set or our rules may have changed. Raises RunRefused."""
    tokenizer = kept_tokenizer(draft.tokenizer)
    return check_plan(config=draft.config, hyper=draft.hyper, data_set=draft.data_set, tokenizer=tokenizer)


def planned_samples(plan: CheckedPlan, planned: int | None) -> int | None:
    """Samples of the plan: `planned` counts tokens of text."""
    if planned is None:
        return None
    size = int(plan.hyper["sequence"]) if plan.model.task in TEXT_TASKS else 1
    return max(1, -(-planned // size))


@transaction.atomic
def start_draft(*, draft: RunDraft, user: User, now: datetime) -> TrainingRun:
    """Start what was declared, once: a second request gives the same run. Raises RunRefused."""
    locked = RunDraft.objects.select_for_update(of=("self",)).select_related("project", "data_set").get(pk=draft.pk)
    if locked.run is not None:
        return locked.run
    plan = plan_of_draft(locked)
    locked.run = start_run(
        project=locked.project, user=user, name=locked.name, config=locked.config, hyper=locked.hyper,
        prompt=locked.prompt, now=now, data_set=locked.data_set, tokenizer=kept_tokenizer(locked.tokenizer),
        planned_samples=planned_samples(plan, locked.planned),
    )  # fmt: skip
    locked.save(update_fields=["run"])
    return locked.run


def discard_draft(*, draft: RunDraft, user: User) -> bool:
    """Forget a draft that is not started; returns whether it was there. Raises RunRefused."""
    if not can(user, draft.project, "run"):
        raise RunRefused(gettext("Only the project's creator and trainers discard its drafts."))
    return _forget(draft)


def forget_drafts(*, now: datetime) -> int:
    """Forget what nobody started for two weeks; returns how many."""
    old = RunDraft.objects.filter(run=None, updated_at__lte=now - KEPT).order_by("updated_at")[:200]
    return sum(_forget(draft) for draft in old)


def _forget(draft: RunDraft) -> bool:
    with transaction.atomic():
        gone = bool(RunDraft.objects.filter(pk=draft.pk, run=None).delete()[0])
    if gone and isinstance(draft.tokenizer, dict):
        used = Q(tokenizer=draft.tokenizer)
        if not RunDraft.objects.filter(used).exists() and not TrainingRun.objects.filter(used).exists():
            delete_blob(draft.tokenizer["sha256"])
    return gone
