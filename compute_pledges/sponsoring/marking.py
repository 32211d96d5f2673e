"""Marking a machine as paid for. It joined by the same agent, and works under the same leases, receipts and audits."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils.translation import gettext

from accounts.models import User
from compute_pledges.errors import SponsoringRefused
from compute_pledges.models import ComputePledge, Device, SponsoredDevice, SponsorVendor, WorkResult
from projects.models import Project


def vendor_named(*, project: Project, name: str) -> SponsorVendor:
    """The project's vendor of that name, whatever its case and spaces; a new one where none is.

    The caller holds the project's lock. Raises SponsoringRefused.
    """
    plain = " ".join(name.split())[:120]
    if not plain:
        raise SponsoringRefused(gettext("Say who rents the machine to you."))
    known = SponsorVendor.objects.filter(project=project, name__iexact=plain).first()
    return known or SponsorVendor.objects.create(project=project, name=plain)


@transaction.atomic
def mark_sponsored(*, project: Project, device_id: UUID, vendor: str, by: User, now: datetime) -> SponsoredDevice:
    """Before its first block, for good: verified hours must never change what paid for them, nor whom.

    Raises SponsoringRefused.
    """
    Project.objects.select_for_update().get(pk=project.pk)
    if project.creator_id != by.pk:
        raise SponsoringRefused(gettext("Only the project's creator says which machines it rents."))
    device = Device.objects.select_for_update().filter(pk=device_id, owner=by).exclude(state="revoked").first()
    if device is None:
        raise SponsoringRefused(gettext("Pair the rented machine with your own account first."))
    if ComputePledge.objects.filter(device=device).exists():
        raise SponsoringRefused(
            gettext("This machine has backed a pledge. Rented machines and volunteers' are kept apart.")
        )
    known = SponsoredDevice.objects.filter(device=device).first()
    if known is not None and known.project_id == project.pk:
        if known.vendor != vendor_named(project=project, name=vendor):
            raise SponsoringRefused(
                gettext("This machine is marked as rented from %(vendor)s already.") % {"vendor": known.vendor}
            )
        return known
    if known is not None or WorkResult.objects.filter(device=device).exists():
        raise SponsoringRefused(gettext("This machine has worked already. Pair it anew for this project."))
    try:
        with transaction.atomic():
            return SponsoredDevice.objects.create(
                device=device,
                project=project,
                vendor=vendor_named(project=project, name=vendor),
                marked_by=by,
                marked_at=now,
            )
    except IntegrityError as error:
        raise SponsoringRefused(gettext("This machine is marked already.")) from error
