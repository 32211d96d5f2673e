"""Cheap screens before any replay, and the draw of audits after the commitment.

A block waits until its round is closed (or long past), so that the anchor's weight can be compared with the receipt.
"""

from __future__ import annotations

import math
import secrets
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext

from compute_pledges.models import Audit, Device, Lease, WorkResult
from compute_pledges.services.audit_verdicts import draw
from compute_pledges.services.news import announce_runs
from compute_pledges.services.sweeping import do_each
from compute_pledges.services.verification import quarantine, reject, verify
from training_cluster.protocol_audit import ACCEPT_LOSS_DIFFERENCE

Cause = Audit.Cause
MINIMUM_AUDIT_SHARE = 0.03
ROUND_PATIENCE = timedelta(minutes=2)
BATCH = 200
# A block that claims to be this much faster than the device has ever shown is not believed without a replay.
SPEED_FACTOR = 4


def screen_blocks(*, now: datetime) -> int:
    """Screen what was reported and draw audits; each block in its own transaction. Returns how many were taken."""
    closed = WorkResult.objects.filter(state=WorkResult.State.REPORTED, lease__round__closed_at__isnull=False)
    late = WorkResult.objects.filter(state=WorkResult.State.REPORTED, received_at__lte=now - ROUND_PATIENCE)
    due = list((closed | late).order_by("received_at").values_list("pk", "lease__run_id")[:BATCH])
    taken: list[UUID] = []

    def screen(block: tuple[UUID, UUID]) -> int:
        is_taken = screen_block(lease_id=block[0], now=now)
        taken.extend([block[1]] * is_taken)
        return is_taken

    screened = do_each(sweep="screening", items=due, deed=screen, now=now, name=lambda block: block[0])
    announce_runs(taken)
    return screened


@transaction.atomic
def screen_block(*, lease_id: UUID, now: datetime) -> bool:
    """Screen one block. Returns False when another worker has it."""
    result = (
        WorkResult.objects.select_for_update(skip_locked=True, of=("self",))
        .select_related("lease__round", "lease__run__project", "device")
        .filter(pk=lease_id, state=WorkResult.State.REPORTED)
        .first()
    )
    if result is None:
        return False
    weights = result.lease.round.merged_weights
    result.anchor_weight = weights.get(str(result.lease_id))
    result.is_merged = result.anchor_weight is not None and not result.lease.round.is_rolled_back
    result.save(update_fields=["anchor_weight", "is_merged"])
    if proof := proof_of_fraud(result):
        reject(result=result, reason=proof, now=now)
        quarantine(device_id=result.device_id, reason=proof, now=now)
    elif reason := screen_failure(result):
        reject(result=result, reason=reason, now=now)
    elif cause := cause_to_audit(result):
        WorkResult.objects.filter(pk=result.pk).update(state=WorkResult.State.AUDITING)
        draw(result, cause, now)
    else:
        verify(result=result, now=now)
    return True


def proof_of_fraud(result: WorkResult) -> str:
    """What no honest machine can send: another's bytes, or another update into the average than the uploaded one."""
    earlier = WorkResult.objects.filter(update_sha256=result.update_sha256, received_at__lt=result.received_at)
    if earlier.exists():
        return gettext("The same update was uploaded for another lease.")
    averaged = result.lease.round.merged_hashes.get(str(result.lease_id), result.update_sha256)
    return "" if averaged == result.update_sha256 else gettext("What went into the average is not what was uploaded.")


def screen_failure(result: WorkResult) -> str:
    """Why the block fails a screen, or the empty string."""
    losses = result.receipt["losses"]
    if not all(math.isfinite(loss) and 0 <= loss < 1000 for loss in losses):
        return gettext("The loss trace has a value that no training gives.")
    if result.device.state == Device.State.QUARANTINED:
        return gettext("The device is in quarantine.")
    if result.anchor_weight is not None and abs(result.anchor_weight - result.steps) > 0.5:
        return gettext("The receipt says %(steps)s steps, the anchor saw %(anchor_weight)s.") % {
            "steps": result.steps,
            "anchor_weight": f"{result.anchor_weight:g}",
        }
    return ""


def is_surprisingly_fast(result: WorkResult) -> bool:
    """Such a block is replayed, not refused: the catalog may know less of the machine than its work shows."""
    elapsed = (result.received_at - result.lease.issued_at).total_seconds()
    rate = float(result.flops) / max(elapsed, 0.001)
    limit = SPEED_FACTOR * max(result.device.flops_per_second, result.device.catalog.flops_per_second)
    return rate > limit


def cause_to_audit(result: WorkResult) -> str:
    """Why the block must be replayed, or the empty string."""
    lease, device = result.lease, result.device
    first_loss = lease.round.first_losses.get(str(lease.pk))
    if str(lease.pk) in lease.round.alike:
        return Cause.ALIKE
    if first_loss is not None and not abs(first_loss - result.receipt["losses"][0]) <= ACCEPT_LOSS_DIFFERENCE:
        return Cause.FIRST_LOSS
    if must_audit(device):
        return Cause.DRAWN if device.has_record else Cause.NEWCOMER
    if lease.kind == Lease.Kind.CALIBRATION:
        return Cause.CALIBRATION
    return Cause.FAST if is_surprisingly_fast(result) else ""


def must_audit(device: Device) -> bool:
    """All blocks until ten valid ones in a row, then max(3 %, 1 / consecutive valid)."""
    if not device.has_record:
        return True
    share = max(MINIMUM_AUDIT_SHARE, 1 / device.consecutive_valid)
    return secrets.randbelow(1_000_000) < share * 1_000_000
