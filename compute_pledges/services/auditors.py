"""Who may audit: the platform's own programs, and machines of volunteers with a long record who ask to.

A volunteer's machine never audits blocks of its own account or team, never decides alone against a machine, and is
itself audited with planted bad blocks. One that lets a planted block pass loses its seat, and what it passed since the
last one that it found is looked at again by the platform.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext

from compute_pledges.errors import DeviceNotAllowed
from compute_pledges.models import Audit, AuditorSeat, Device, PlantedBlock, TeamMembership

RECORD_TO_AUDIT = 50
ACTIVE_WITHIN = timedelta(minutes=10)


def take_seat(*, device: Device, now: datetime) -> AuditorSeat:
    """The machine's seat, taken at its first claim. Raises DeviceNotAllowed with what is missing."""
    if device.state != Device.State.ACTIVE:
        raise DeviceNotAllowed(gettext("A machine in quarantine audits nobody."))
    seat = AuditorSeat.objects.filter(device=device).first()
    if seat is None:
        if device.consecutive_valid < RECORD_TO_AUDIT:
            raise DeviceNotAllowed(
                gettext(
                    "Auditing takes %(record_to_audit)s valid blocks in a row; this machine has %(consecutive_valid)s."
                )
                % {"record_to_audit": RECORD_TO_AUDIT, "consecutive_valid": device.consecutive_valid}
            )
        seat, _ = AuditorSeat.objects.get_or_create(device=device, defaults={"since": now})
    if seat.state != AuditorSeat.State.ACTIVE:
        raise DeviceNotAllowed(gettext("This machine audits no more: %(reason)s") % {"reason": seat.reason})
    return seat


def audits_for(device: Device) -> QuerySet[Audit]:
    """First looks at blocks of other people, none of them a teammate."""
    mates = TeamMembership.objects.filter(
        left_at=None, team__in=TeamMembership.objects.filter(user=device.owner, left_at=None).values("team")
    )
    others = Audit.objects.filter(attempt=1, purpose=Audit.Purpose.VERDICT).exclude(result__device__owner=device.owner)
    return others.exclude(result__device__owner__in=mates.values("user"))


def has_other(*, name: str, now: datetime) -> bool:
    """Whether another auditor of the platform was at work lately."""
    lately = Audit.objects.filter(auditor=None, claimed_at__gt=now - ACTIVE_WITHIN).exclude(auditor_name=name)
    return lately.exists()


@transaction.atomic
def suspend(*, device_id: UUID, reason: str, now: datetime) -> int:
    """Take the seat away, if it has one, and look again at what it passed since the last planted block that it found.

    Returns how many blocks are looked at again.
    """
    seat = AuditorSeat.objects.filter(device_id=device_id, state=AuditorSeat.State.ACTIVE)
    if not seat.update(state=AuditorSeat.State.SUSPENDED, reason=reason[:300], suspended_at=now):
        return 0
    found = PlantedBlock.objects.filter(auditor_id=device_id, was_caught=True).order_by("-finished_at").first()
    passed = Audit.objects.filter(auditor_id=device_id, state=Audit.State.PASSED, purpose=Audit.Purpose.VERDICT)
    if found is not None:
        passed = passed.filter(finished_at__gt=found.finished_at)
    doubtful = list(passed.select_for_update().select_related("result"))
    for audit in doubtful:
        attempt = audit.result.audits.order_by("-attempt").values_list("attempt", flat=True).first() or 0
        Audit.objects.create(result=audit.result, attempt=attempt + 1, purpose=Audit.Purpose.RECHECK)
    # A void pass protects nothing before it when a machine is condemned.
    Audit.objects.filter(pk__in=[audit.pk for audit in doubtful]).update(state=Audit.State.VOID)
    Audit.objects.filter(auditor_id=device_id, state=Audit.State.CLAIMED).update(
        state=Audit.State.PENDING, auditor=None, claimed_at=None
    )
    return len(doubtful)


@transaction.atomic
def reinstate(*, device: Device) -> bool:
    """A person gives the seat back. Returns whether it was taken away."""
    gone = AuditorSeat.objects.filter(device=device, state=AuditorSeat.State.SUSPENDED)
    return bool(gone.update(state=AuditorSeat.State.ACTIVE, reason="", suspended_at=None))
