"""Accepting a signed receipt: for a live lease of the bound device, once, with an update that arrived.

Nothing is earned here: the block is *reported*. Idempotent: the same receipt again returns the same result.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext

from compute_pledges.errors import ReceiptRefused
from compute_pledges.models import ComputePledge, Device, GpuTimeEntry, Lease, WorkResult
from compute_pledges.services.blobs import SHA256, has_blob
from compute_pledges.services.devices import verify_signature
from compute_pledges.services.journal import move
from training_cluster.protocol import canonical_json
from values.gpu_time import h100_microseconds

HARDWARE_CLASSES = ("cpu", "gpu")
RECEIPT_KEYS = frozenset(
    {
        "lease_id", "nonce", "device_id", "steps", "losses", "update_sha256", "segment_commitments",
        "hardware_class", "finished", "merged",
    }
)  # fmt: skip


def accept_receipt(
    *, device: Device, lease_id: UUID, receipt: dict[str, Any], signature: bytes, now: datetime
) -> WorkResult:
    """Record the device's answer to its lease. Raises ReceiptRefused with the reason."""
    try:
        message = canonical_json(receipt)
    except (ValueError, RecursionError) as error:
        raise ReceiptRefused(gettext("The receipt has a number or a text that JSON cannot carry.")) from error
    if not verify_signature(bytes(device.public_key), signature, message):
        raise ReceiptRefused(gettext("The receipt is not signed by this device's key."))
    with transaction.atomic():
        leases = Lease.objects.select_for_update(of=("self",)).select_related("run", "result")
        # What a run is made of is large, and decides nothing here.
        lease = leases.defer("run__config", "run__data", "run__tokenizer").filter(pk=lease_id).first()
        if lease is None or lease.device_id != device.pk:
            raise ReceiptRefused(gettext("The receipt is for a lease of another device."))
        _check_fields(lease, device, receipt)
        if hasattr(lease, "result"):
            if lease.result.receipt != receipt:
                raise ReceiptRefused(gettext("This lease was answered with another receipt."))
            return lease.result
        if lease.state != Lease.State.OPEN or lease.expires_at <= now:
            raise ReceiptRefused(gettext("The lease has expired; its block earns nothing."))
        return _record(lease, device, receipt, signature, now)


def _check_fields(lease: Lease, device: Device, receipt: dict[str, Any]) -> None:
    if set(receipt) != RECEIPT_KEYS:
        raise ReceiptRefused(gettext("The receipt has missing or unknown fields."))
    identity = (str(lease.pk), lease.nonce, str(device.pk))
    if (receipt["lease_id"], receipt["nonce"], receipt["device_id"]) != identity:
        raise ReceiptRefused(gettext("The receipt names another lease, nonce or device."))
    steps, losses = receipt["steps"], receipt["losses"]
    if not isinstance(steps, int) or isinstance(steps, bool) or not 1 <= steps <= lease.max_steps:
        raise ReceiptRefused(gettext("The steps must be between 1 and %(max_steps)s.") % {"max_steps": lease.max_steps})
    if not isinstance(losses, list) or len(losses) != steps:
        raise ReceiptRefused(gettext("There must be one loss for each step."))
    if not all(isinstance(loss, int | float) and not isinstance(loss, bool) for loss in losses):
        raise ReceiptRefused(gettext("Losses are numbers."))
    _check_words(lease, receipt)
    if not isinstance(receipt["update_sha256"], str) or not has_blob(receipt["update_sha256"]):
        raise ReceiptRefused(gettext("The update has not arrived; upload it before the receipt."))


def _check_words(lease: Lease, receipt: dict[str, Any]) -> None:
    commitments, due = receipt["segment_commitments"], receipt["steps"] // lease.segment_steps
    is_list = isinstance(commitments, list) and len(commitments) == due
    if not is_list or not all(isinstance(name, str) and SHA256.match(name) for name in commitments):
        raise ReceiptRefused(
            gettext("There must be %(due)s commitments, one SHA-256 for each whole segment.") % {"due": due}
        )
    if receipt["hardware_class"] not in HARDWARE_CLASSES:
        raise ReceiptRefused(gettext("The hardware class is %(classes)s.") % {"classes": " or ".join(HARDWARE_CLASSES)})
    if not all(isinstance(receipt[name], bool) for name in ("finished", "merged")):
        raise ReceiptRefused(gettext("finished and merged are true or false."))


def _record(lease: Lease, device: Device, receipt: dict[str, Any], signature: bytes, now: datetime) -> WorkResult:
    run, steps = lease.run, receipt["steps"]
    tokens = steps * lease.batch * lease.sequence
    flops = run.flops_of(steps * lease.batch)
    elapsed_us = int((now - lease.issued_at).total_seconds() * 1_000_000)
    # Never more than the server's own clock from lease to receipt.
    device_us = min(flops * 1_000_000 // device.flops_per_second, elapsed_us)
    result = WorkResult.objects.create(
        lease=lease,
        device=device,
        pledge=pledge_for(device=device, lease=lease),
        receipt=receipt,
        signature=signature,
        update_sha256=receipt["update_sha256"],
        steps=steps,
        tokens=tokens,
        flops=flops,
        device_us=device_us,
        h100_us=h100_microseconds(flops),
        received_at=now,
    )
    Lease.objects.filter(pk=lease.pk).update(state=Lease.State.ANSWERED)
    move(result=result, debit=GpuTimeEntry.Account.PROMISED, credit=GpuTimeEntry.Account.REPORTED, now=now)
    return result


def pledge_for(*, device: Device, lease: Lease) -> ComputePledge | None:
    """The oldest open pledge of this device for the run's project: it may claim the block."""
    open_pledges = ComputePledge.objects.filter(
        device=device, project_id=lease.run.project_id, state__in=ComputePledge.OPEN_STATES
    )
    return open_pledges.order_by("created_at").first()
