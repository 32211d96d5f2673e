"""Marking a machine as paid for. It joined by the same agent, and works under the same leases, receipts and audits."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import IntegrityError, transaction

from accounts.models import User
from compute_pledges.errors import SponsoringRefused
from compute_pledges.models import ComputePledge, Device, SponsoredDevice, WorkResult
from projects.models import Project


@transaction.atomic
def mark_sponsored(*, project: Project, device_id: UUID, vendor: str, by: User, now: datetime) -> SponsoredDevice:
    """Before its first block, for good: verified hours must never change what paid for them.

    Raises SponsoringRefused.
    """
    if project.creator_id != by.pk:
        raise SponsoringRefused("Only the project's creator says which machines it rents.")
    device = Device.objects.select_for_update().filter(pk=device_id, owner=by).exclude(state="revoked").first()
    if device is None:
        raise SponsoringRefused("Pair the rented machine with your own account first.")
    if ComputePledge.objects.filter(device=device).exists():
        raise SponsoringRefused("This machine has backed a pledge. Rented machines and volunteers' are kept apart.")
    known = SponsoredDevice.objects.filter(device=device).first()
    if known is not None and known.project_id == project.pk:
        return known
    if known is not None or WorkResult.objects.filter(device=device).exists():
        raise SponsoringRefused("This machine has worked already. Pair it anew for this project.")
    try:
        with transaction.atomic():
            return SponsoredDevice.objects.create(
                device=device, project=project, vendor=vendor.strip()[:120], marked_by=by, marked_at=now
            )
    except IntegrityError as error:
        raise SponsoringRefused("This machine is marked already.") from error
