"""Audits of a segment: which one is drawn after the commitment, and what the machine must reveal for it.

A block of m whole segments has m commitments, each a hash over weights and inner moments. Segment j lies between
commitments j - 1 and j (the lease's theta is the zeroth), segment m + 1 between the last commitment and the uploaded
update. Its machine keeps these states for a while and uploads the two that are asked for. One that cannot, because it
is off or its disk was full, has done nothing wrong: the whole block is replayed instead.
"""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext

from compute_pledges.errors import ComputeError
from compute_pledges.models import Audit, Device, Lease, WorkResult
from compute_pledges.services.blobs import SHA256, has_blob
from training_cluster.protocol import segment_commitment

State = Audit.State
MOST_ASKED = 8
FIELDS = ("start_weights", "start_moments", "end_weights", "end_moments")


class RevealRefused(ComputeError):
    code = "reveal_refused"


def keeps_segments(lease: Lease) -> bool:
    """Whether a full block of this lease is so much work that a segment is replayed instead of the whole."""
    full = lease.run.flops_of(lease.max_steps * lease.batch)
    return full > settings.AUDIT_SEGMENT_FLOPS and lease.max_steps > lease.segment_steps


def draw_segment(*, result: WorkResult, now: datetime) -> tuple[int | None, datetime | None]:
    """Segment and until when it may be revealed; None and None for the whole block."""
    whole = len(result.receipt["segment_commitments"])
    if not whole or not keeps_segments(result.lease):
        return None, None
    segment = 1 + secrets.randbelow(whole + 1)
    return segment, now + timedelta(seconds=settings.AUDIT_REVEAL_SECONDS)


def asked_reveals(device: Device) -> list[dict[str, Any]]:
    """What a machine is asked for: {audit_id, lease_id, segment}."""
    waiting = Audit.objects.filter(state=State.REVEALING, result__device=device).order_by("reveal_until")
    return [
        {"audit_id": str(audit.pk), "lease_id": str(audit.result_id), "segment": audit.segment}
        for audit in waiting[:MOST_ASKED]
    ]


@transaction.atomic
def record_reveal(*, device: Device, audit_id: UUID, given: dict[str, Any]) -> str:
    """The machine's hashes for a segment, checked against its commitments, or {gone: true}. Raises RevealRefused."""
    audit = (
        Audit.objects.select_for_update(of=("self",))
        .select_related("result")
        .filter(pk=audit_id, result__device=device)
    ).first()
    if audit is None:
        raise RevealRefused(gettext("There is no such audit of this machine's blocks."))
    if audit.state != State.REVEALING:
        return str(audit.state)
    if given.get("gone") is True:
        replay_whole(audit)
        return str(audit.state)
    audit.reveal = _checked(audit, given)
    audit.state = State.PENDING
    audit.save(update_fields=["reveal", "state"])
    return str(audit.state)


def _checked(audit: Audit, given: dict[str, Any]) -> dict[str, str]:
    commitments, segment = audit.result.receipt["segment_commitments"], audit.segment
    assert segment is not None
    names = {name: str(given.get(name, "")) for name in FIELDS}
    found: dict[str, str] = {}
    for side, index in (("start", segment - 1), ("end", segment)):
        if not 1 <= index <= len(commitments):
            continue
        weights, moments = names[f"{side}_weights"], names[f"{side}_moments"]
        if not SHA256.match(weights) or not SHA256.match(moments):
            raise RevealRefused(gettext("The hashes of the segment's %(side)s are missing.") % {"side": side})
        if segment_commitment(weights, moments) != commitments[index - 1]:
            raise RevealRefused(
                gettext("What was revealed of the segment's %(side)s is not what was committed to.") % {"side": side}
            )
        # Of the end only the weights are compared; its moments are named so that the commitment can be checked.
        needed = (weights, moments) if side == "start" else (weights,)
        if not all(has_blob(name) for name in needed):
            raise RevealRefused(gettext("The revealed state has not arrived; upload it first."))
        found |= {f"{side}_weights": weights, f"{side}_moments": moments}
    return found


def replay_whole(audit: Audit) -> None:
    """The segment cannot be had."""
    audit.segment, audit.state, audit.reveal = None, State.PENDING, {}
    audit.save(update_fields=["segment", "state", "reveal"])


def expire_reveals(*, now: datetime) -> int:
    """What was not revealed in time is replayed whole; one statement. Returns how many."""
    late = Audit.objects.filter(state=State.REVEALING, reveal_until__lte=now)
    return late.update(segment=None, state=State.PENDING)


def asked_lease(device: Device, size: int) -> Lease | None:
    """The lease whose states this machine is asked for now, when bytes of this size can be one of them."""
    waiting = Audit.objects.filter(state=State.REVEALING, result__device=device).select_related("result__lease__run")
    leases = (audit.result.lease for audit in waiting[:MOST_ASKED])
    return next((lease for lease in leases if size in (4 * lease.run.parameters, 8 * lease.run.parameters)), None)
