"""Auditors claim a drawn audit, replay the block and report how far the upload lies from the replay.

A distance up to the first threshold passes, above the second fails, between them another audit decides and must pass.
The losses of single steps must be those of the replay as well: who skips steps can only guess them. How far honest and
other blocks lie from their replay is measured by `make calibrate-audits`.
"""

from __future__ import annotations

import math
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction

from compute_pledges.errors import ComputeError
from compute_pledges.models import Audit, WorkResult
from compute_pledges.services.news import announce_runs
from compute_pledges.services.verification import quarantine, reject, verify
from training_cluster.protocol_audit import ACCEPT_LOSS_DIFFERENCE, ACCEPT_RELATIVE_L2, REJECT_RELATIVE_L2

CLAIM_LIFETIME = timedelta(minutes=5)
MAX_ATTEMPTS = 3


class AuditRefused(ComputeError):
    code = "audit_refused"


@transaction.atomic
def claim_audit(*, now: datetime) -> Audit | None:
    """The oldest audit that is pending, or whose auditor went away."""
    due = Audit.objects.select_for_update(skip_locked=True, of=("self",)).select_related(
        "result__lease__round", "result__lease__run"
    )
    audit = due.filter(state=Audit.State.PENDING).order_by("result__received_at").first()
    if audit is None:
        stale = due.filter(state=Audit.State.CLAIMED, claimed_at__lte=now - CLAIM_LIFETIME)
        audit = stale.order_by("claimed_at").first()
    if audit is not None:
        audit.state, audit.claimed_at = Audit.State.CLAIMED, now
        audit.save(update_fields=["state", "claimed_at"])
    return audit


@transaction.atomic
def record_audit(*, audit_id: UUID, report: dict[str, Any], now: datetime) -> Audit:
    """Apply an auditor's figures. A repeat of a finished audit changes nothing. Raises AuditRefused."""
    audit = Audit.objects.select_for_update().filter(pk=audit_id).first()
    if audit is None or audit.state == Audit.State.PENDING:
        raise AuditRefused("This audit was not claimed.")
    if audit.state != Audit.State.CLAIMED:
        return audit
    result = (
        WorkResult.objects.select_for_update(of=("self",)).select_related("lease__run__project").get(pk=audit.result_id)
    )
    audit.error = str(report.get("error") or "")[:300]
    audit.relative_l2 = _number(report.get("relative_l2"))
    audit.max_loss_difference = _number(report.get("max_loss_difference"))
    audit.seconds, audit.finished_at = report.get("seconds"), now
    audit.state = _judge(audit)
    audit.save()
    _apply(audit, result, now)
    announce_runs([result.lease.run_id])
    return audit


def _number(value: object) -> float | None:
    return float(value) if isinstance(value, int | float) and math.isfinite(value) else None


def has_other_losses(audit: Audit) -> bool:
    """Whether the receipt's losses are not those of the replay."""
    return audit.max_loss_difference is not None and audit.max_loss_difference > ACCEPT_LOSS_DIFFERENCE


def _judge(audit: Audit) -> str:
    """An update that cannot be read has no distance and fails; an auditor's own failure asks for another audit."""
    if audit.relative_l2 is None:
        unreadable = audit.error.startswith("update:")
        return Audit.State.FAILED if unreadable else Audit.State.UNCLEAR
    if has_other_losses(audit):
        return Audit.State.FAILED
    if audit.relative_l2 <= ACCEPT_RELATIVE_L2:
        return Audit.State.PASSED
    return Audit.State.FAILED if audit.relative_l2 > REJECT_RELATIVE_L2 else Audit.State.UNCLEAR


def _apply(audit: Audit, result: WorkResult, now: datetime) -> None:
    if audit.state == Audit.State.PASSED:
        verify(result=result, now=now)
    elif audit.state == Audit.State.UNCLEAR and audit.attempt < MAX_ATTEMPTS:
        Audit.objects.get_or_create(result=result, attempt=audit.attempt + 1)
    elif audit.state == Audit.State.UNCLEAR and audit.relative_l2 is None:
        reject(result=result, reason="The block could not be replayed; no trust was lost.", now=now)
    else:
        reason = failure(audit)
        reject(result=result, reason=reason, now=now)
        quarantine(device_id=result.device_id, reason=reason, now=now)


def failure(audit: Audit) -> str:
    """Why a block was refused, for its volunteer."""
    if has_other_losses(audit):
        return (
            f"Replay did not give the losses of the receipt ({audit.max_loss_difference:.3f} apart; up to "
            f"{ACCEPT_LOSS_DIFFERENCE} is accepted)."
        )
    distance = "unreadable" if audit.relative_l2 is None else f"{audit.relative_l2:.3f} away"
    return f"Replay did not give the uploaded update ({distance}; up to {ACCEPT_RELATIVE_L2} is accepted)."
