"""Auditors claim a drawn audit, replay what it asks for and report how far the upload lies from the replay.

Auditors are the platform's own and trusted volunteers. An auditor's own trouble costs nobody anything: the audit is
tried again later. What the figures mean is in `audit_verdicts`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.translation import gettext

from compute_pledges.errors import ComputeError
from compute_pledges.models import Audit, Device, Lease, PlantedBlock, WorkResult
from compute_pledges.services import auditors, planting
from compute_pledges.services.audit_verdicts import apply_audit, finite, give_up, judge
from compute_pledges.services.news import announce_runs

# An auditor says every minute that it is still at work.
CLAIM_LIFETIME = timedelta(minutes=5)
FIRST_PAUSE = timedelta(minutes=1)
MAX_TROUBLES = 5
# A second look is for another auditor, where there is one within this time.
OTHER_AUDITOR_WAIT = timedelta(minutes=2)


class AuditRefused(ComputeError):
    code = "audit_refused"


@dataclass(frozen=True, slots=True)
class AuditTask:
    """What an auditor gets, whether it is a real audit or a planted one. It never learns which."""

    key: UUID
    lease: Lease
    receipt: dict[str, Any]
    segment: int | None
    reveal: dict[str, str]


def _task(found: Audit | PlantedBlock) -> AuditTask:
    if isinstance(found, PlantedBlock):
        source = found.source
        return AuditTask(found.pk, source.result.lease, found.receipt, source.segment, found.reveal)
    return AuditTask(found.pk, found.result.lease, found.result.receipt, found.segment, found.reveal)


def claim_audit(*, now: datetime, name: str = "", auditor: Device | None = None) -> AuditTask | None:
    """The next audit: the oldest that this auditor may do, or now and then a planted block.

    `auditor` is a volunteer's device; without one it is the platform's auditor of that name. Raises DeviceNotAllowed.
    """
    if auditor is not None:
        auditors.take_seat(device=auditor, now=now)
    found = planting.plant(auditor=auditor, name=name, now=now) or _claim(now=now, name=name, auditor=auditor)
    return _task(found) if found else None


@transaction.atomic
def _claim(*, now: datetime, name: str, auditor: Device | None) -> Audit | None:
    due = _open_for(auditor, name, now).select_for_update(skip_locked=True, of=("self",)).select_related(
        "result__lease__round", "result__lease__run"
    )  # fmt: skip
    is_due = Q(not_before=None) | Q(not_before__lte=now)
    audit = due.filter(is_due, state=Audit.State.PENDING).order_by("result__received_at").first()
    if audit is None:
        stale = due.filter(state=Audit.State.CLAIMED, claimed_at__lte=now - CLAIM_LIFETIME)
        audit = stale.order_by("claimed_at").first()
    if audit is not None:
        audit.state, audit.claimed_at, audit.auditor, audit.auditor_name = Audit.State.CLAIMED, now, auditor, name
        audit.save(update_fields=["state", "claimed_at", "auditor", "auditor_name"])
    return audit


def _open_for(auditor: Device | None, name: str, now: datetime) -> QuerySet[Audit]:
    if auditor is not None:
        return auditors.audits_for(auditor)
    # The same auditor would find the same again: another one first, this one when none came.
    before = Audit.objects.filter(
        result=OuterRef("result"), attempt__lt=OuterRef("attempt"), auditor=None, auditor_name=name,
        finished_at__gt=now - OTHER_AUDITOR_WAIT,
    )  # fmt: skip
    return Audit.objects.exclude(Exists(before)) if auditors.has_other(name=name, now=now) else Audit.objects.all()


def keep_claim(*, audit_id: UUID, now: datetime, name: str = "", auditor: Device | None = None) -> bool:
    """The auditor is still at work. Returns whether the audit is still its own."""
    mine = Audit.objects.filter(pk=audit_id, state=Audit.State.CLAIMED, auditor=auditor, auditor_name=name)
    return bool(mine.update(claimed_at=now)) or planting.is_open(audit_id, auditor=auditor, name=name)


@transaction.atomic
def record_audit(
    *, audit_id: UUID, report: dict[str, Any], now: datetime, name: str = "", auditor: Device | None = None
) -> str:
    """Apply an auditor's figures; its state afterwards. A repeat of a finished audit changes nothing.

    Raises AuditRefused.
    """
    if planting.record(planted_id=audit_id, report=report, auditor=auditor, name=name, now=now):
        return "recorded"
    audit = Audit.objects.select_for_update().filter(pk=audit_id, auditor=auditor, auditor_name=name).first()
    if audit is None or audit.state in (Audit.State.PENDING, Audit.State.REVEALING):
        raise AuditRefused(gettext("This audit was not claimed by you, or was given to another auditor."))
    if audit.state != Audit.State.CLAIMED:
        return str(audit.state)
    result = (
        WorkResult.objects.select_for_update(of=("self",)).select_related("lease__run__project").get(pk=audit.result_id)
    )
    if trouble := str(report.get("trouble") or ""):
        _try_later(audit, result, trouble, now)
    else:
        audit.error = str(report.get("error") or "")[:300]
        audit.relative_l2 = finite(report.get("relative_l2"))
        audit.max_loss_difference = finite(report.get("max_loss_difference"))
        audit.seconds, audit.finished_at = finite(report.get("seconds")), now
        audit.state = judge(audit)
        audit.save()
        apply_audit(audit, result, now)
    announce_runs([result.lease.run_id])
    # Not what was found: an auditor must not learn which blocks were planted.
    return "recorded" if auditor is not None else str(audit.state)


def _try_later(audit: Audit, result: WorkResult, trouble: str, now: datetime) -> None:
    """The auditor could not do it; the pauses double, and after some of them the block is given up."""
    audit.troubles, audit.error = audit.troubles + 1, trouble[:300]
    audit.state, audit.not_before = Audit.State.PENDING, now + FIRST_PAUSE * 2 ** (audit.troubles - 1)
    if audit.troubles >= MAX_TROUBLES:
        audit.state, audit.finished_at = Audit.State.UNCLEAR, now
    audit.save()
    if audit.state == Audit.State.UNCLEAR:
        give_up(audit, result, now)
