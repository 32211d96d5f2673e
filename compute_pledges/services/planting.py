"""Auditors are audited: now and then one gets a bad block that the platform made of a good one.

It looks like any other: an audit that passed, of another auditor, with a loss that no replay gives or with half of its
update from elsewhere. Both lie far beyond the thresholds, so that no honest auditor passes one; whoever says "passed"
without looking does.
"""

from __future__ import annotations

import hashlib
import secrets
import tempfile
from collections.abc import Iterable
from datetime import datetime
from itertools import chain
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db.models import QuerySet
from django.utils.translation import gettext

from compute_pledges.models import Audit, Device, PlantedBlock
from compute_pledges.services import auditors
from compute_pledges.services.audit_verdicts import finite, judge
from compute_pledges.services.blobs import has_blob, span, store_blob
from training_cluster.protocol import segment_commitment

NEWEST = 50
HALF_BYTES, WEIGHT_BYTES = 2, 4
LARGEST_SHIFT, SMALLEST_SHIFT = 0.5, 0.05
Flaw = PlantedBlock.Flaw


def plant(*, auditor: Device | None, name: str, now: datetime) -> PlantedBlock | None:
    """Sometimes a planted block for this auditor; None most of the time, and where there is nothing to plant."""
    every = settings.AUDIT_PLANT_EVERY_VOLUNTEER if auditor else settings.AUDIT_PLANT_EVERY_PLATFORM
    if not every or secrets.randbelow(every):
        return None
    passed = list(_sources(auditor, name)[:NEWEST])
    if len(passed) < 2:
        return None
    source = secrets.choice(passed)
    others = [other for other in passed if other.result.lease.run_id == source.result.lease.run_id and other != source]
    receipt, reveal = dict(source.result.receipt), dict(source.reveal)
    is_mixed = bool(others) and bool(secrets.randbelow(2)) and _mix(source, secrets.choice(others), receipt, reveal)
    if not is_mixed:
        receipt["losses"] = _shifted(source)
    return PlantedBlock.objects.create(
        source=source, flaw=Flaw.UPDATE if is_mixed else Flaw.LOSSES, receipt=receipt, reveal=reveal, auditor=auditor,
        auditor_name=name, claimed_at=now,
    )  # fmt: skip


def _sources(auditor: Device | None, name: str) -> QuerySet[Audit]:
    """Audits that passed, whose bytes are still here, that this auditor did not do."""
    passed = Audit.objects.filter(state=Audit.State.PASSED, result__lease__round__pruned_at=None)
    passed = passed.exclude(auditor=auditor, auditor_name=name)
    if auditor is not None:
        passed = passed.exclude(result__device__owner=auditor.owner)
    return passed.select_related("result__lease__run", "result__lease__round").order_by("-finished_at")


def _shifted(source: Audit) -> list[float]:
    """The losses with one of them off, among the steps that the audit replays."""
    losses, lease = list(source.result.receipt["losses"]), source.result.lease
    first = 0 if source.segment is None else min((source.segment - 1) * lease.segment_steps, len(losses) - 1)
    last = len(losses) if source.segment is None else min(first + lease.segment_steps, len(losses))
    step = first + secrets.randbelow(last - first)
    shift = SMALLEST_SHIFT + (LARGEST_SHIFT - SMALLEST_SHIFT) * secrets.randbelow(1000) / 1000
    losses[step] = round(losses[step] + shift, 6)
    return losses


def _mix(source: Audit, other: Audit, receipt: dict[str, Any], reveal: dict[str, str]) -> bool:
    """Half of the update from another block, or half of a segment's end that did not move; False without the bytes."""
    run = source.result.lease.run
    if "end_weights" not in reveal:
        own, foreign = receipt["update_sha256"], other.result.receipt["update_sha256"]
        size = HALF_BYTES * run.parameters
    elif "start_weights" in reveal:
        own, foreign, size = reveal["end_weights"], reveal["start_weights"], WEIGHT_BYTES * run.parameters
    else:
        return False
    if not has_blob(own) or not has_blob(foreign):
        return False
    half = run.parameters // 2 * (size // run.parameters)
    sha256 = _store(chain(span(own, 0, half), span(foreign, half, size)))
    if sha256 == own:
        return False
    if "end_weights" not in reveal:
        receipt["update_sha256"] = sha256
        return True
    assert source.segment is not None
    reveal["end_weights"] = sha256
    commitments = list(receipt["segment_commitments"])
    commitments[source.segment - 1] = segment_commitment(sha256, reveal["end_moments"])
    receipt["segment_commitments"] = commitments
    return True


def _store(chunks: Iterable[bytes]) -> str:
    digest = hashlib.sha256()
    with tempfile.TemporaryFile() as file:
        for chunk in chunks:
            digest.update(chunk)
            file.write(chunk)
        file.seek(0)
        store_blob(sha256=digest.hexdigest(), stream=file)
    return digest.hexdigest()


def is_open(planted_id: UUID, *, auditor: Device | None, name: str) -> bool:
    """Whether it is a planted block that this auditor works on."""
    return PlantedBlock.objects.filter(pk=planted_id, auditor=auditor, auditor_name=name, finished_at=None).exists()


def record(
    *, planted_id: UUID, report: dict[str, Any], auditor: Device | None, name: str, now: datetime
) -> bool:  # fmt: skip
    """Whether the report was about a planted block; an auditor that passed it loses its seat."""
    planted = (
        PlantedBlock.objects.select_for_update(of=("self",))
        .select_related("source")
        .filter(pk=planted_id, auditor=auditor, auditor_name=name)
        .first()
    )
    if planted is None:
        return False
    if planted.finished_at is not None or report.get("trouble"):
        return True
    planted.finished_at, planted.was_caught = now, _finding(planted, report) != Audit.State.PASSED
    planted.save(update_fields=["finished_at", "was_caught"])
    if not planted.was_caught and auditor is not None:
        auditors.suspend(
            device_id=auditor.pk, reason=gettext("It passed a block that the platform had made wrong."), now=now
        )
    return True


def _finding(planted: PlantedBlock, report: dict[str, Any]) -> str:
    found = Audit(
        segment=planted.source.segment, relative_l2=finite(report.get("relative_l2")),
        max_loss_difference=finite(report.get("max_loss_difference")), error=str(report.get("error") or ""),
    )  # fmt: skip
    return judge(found)
