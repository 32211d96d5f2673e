"""The exchange by storage: which updates of a round arrived, and how several reducers share them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext

from compute_pledges.errors import RunRefused
from compute_pledges.models import Lease, Round, TrainingRun, WorkResult
from compute_pledges.services.blobs import has_blob
from compute_pledges.services.rounds import note_alike
from values.numbers import number_words

# A state in which somebody may still say that the work is good.
COUNTED = (WorkResult.State.REPORTED, WorkResult.State.AUDITING, WorkResult.State.VERIFIED, WorkResult.State.SETTLED)
MAX_PARTS = 64


def arrived(*, run: TrainingRun, index: int, now: datetime) -> dict[str, Any]:
    """{open, updates}: whether machines still owe an answer, and what signed receipts name. Raises RunRefused."""
    round_ = _round(run, index)
    is_open = Lease.objects.filter(round=round_, state=Lease.State.OPEN, expires_at__gt=now).exists()
    results = WorkResult.objects.filter(lease__round=round_, state__in=COUNTED).order_by("lease_id")
    updates = [
        {
            "peer_id": result.lease.peer_id,
            "lease_id": str(result.lease_id),
            "weight": float(result.steps),
            "seed": result.lease.seed,
            "update_sha256": result.update_sha256,
        }
        for result in results.select_related("lease")
    ]
    return {"open": is_open, "updates": updates}


@transaction.atomic
def plan_reduction(
    *, run: TrainingRun, index: int, parts: int, size: int, updates: list[dict[str, Any]]
) -> dict[str, Any]:
    """Ask `parts` reducers for their share; a plan of other updates begins anew. Raises RunRefused."""
    if not 1 <= parts <= MAX_PARTS or not 1 <= size <= run.parameters:
        raise RunRefused(
            gettext("A reduction has 1 to %(max_parts)s parts and at most the model's %(parameters)s values.")
            % {"max_parts": MAX_PARTS, "parameters": number_words(run.parameters)}
        )
    round_ = _round(run, index, is_locked=True)
    if round_.closed_at is not None:
        raise RunRefused(gettext("Round %(index)s is closed.") % {"index": index})
    plan = {"parts": parts, "size": size, "updates": updates}
    if round_.reduction_plan != plan:
        round_.reduction_plan, round_.reduction_parts = plan, {}
        round_.save(update_fields=["reduction_plan", "reduction_parts"])
    return shared_reduction(run=run, index=index)


def shared_reduction(*, run: TrainingRun, index: int) -> dict[str, Any]:
    """{parts, size, updates, done}; no parts while nobody asked for it. Raises RunRefused."""
    round_ = _round(run, index)
    return {"parts": 0, "size": 0, "updates": [], **round_.reduction_plan, "done": round_.reduction_parts}


def record_part(
    *, run: TrainingRun, index: int, part: int, sha256: str, alike: list[Any] | None = None
) -> dict[str, str]:
    """A reducer's share is here, with the updates that are alike in it; the first answer holds. Raises RunRefused."""
    if not has_blob(sha256):
        raise RunRefused(gettext("The part has not arrived; upload it first."))
    with transaction.atomic():
        round_ = _round(run, index, is_locked=True)
        if not 0 <= part < round_.reduction_plan.get("parts", 0):
            raise RunRefused(gettext("Round %(index)s has no part %(part)s.") % {"index": index, "part": part})
        parts: dict[str, str] = {str(part): sha256, **round_.reduction_parts}
        round_.reduction_parts = parts
        note_alike(round_, alike or [])
        round_.save(update_fields=["reduction_parts", "alike"])
    return parts


def _round(run: TrainingRun, index: int, *, is_locked: bool = False) -> Round:
    rounds = Round.objects.select_for_update() if is_locked else Round.objects
    round_ = rounds.filter(run=run, index=index).first()
    if round_ is None:
        raise RunRefused(gettext("Round %(index)s was never registered.") % {"index": index})
    return round_
