"""Which machine stands behind a pledge: giving it one, giving it another, and what happens when a machine goes."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext

from compute_pledges.errors import PledgeRefused
from compute_pledges.models import ComputePledge, Device
from compute_pledges.schedule.holding import agree_on_zone, release_hours, take_hours
from compute_pledges.services.counting import count_project
from compute_pledges.services.pledges import UNDECIDED, accept_pledge, is_locked, recount, require_usable
from compute_pledges.services.turns import keep_turn
from projects.models import Project

State = ComputePledge.State


@transaction.atomic
def attach_device(*, pledge: ComputePledge, device: Device, now: datetime) -> None:
    """Back an open pledge with a paired machine of the same account, in place of the one it had. Raises PledgeRefused.

    While pledges are locked only a machine that is gone or in quarantine is replaced: nothing that counts gets less.
    """
    if device.owner_id != pledge.backer_id:
        raise PledgeRefused(gettext("This machine belongs to another account."))
    project = Project.objects.select_for_update().get(pk=pledge.project_id)
    locked = ComputePledge.objects.select_for_update(of=("self",)).select_related("device").get(pk=pledge.pk)
    if locked.state not in ComputePledge.OPEN_STATES:
        raise PledgeRefused(gettext("This pledge has ended: it needs no machine any more."))
    if locked.device_id == device.pk:
        return
    require_usable(device, pledge.backer)
    is_working = locked.device is not None and locked.device.state == Device.State.ACTIVE
    if is_working and locked.state != State.OFFERED and is_locked(project, now):
        raise PledgeRefused(
            gettext("Compute pledges lock 48 hours before the deadline, and the machine behind yours is active.")
        )
    locked.device, locked.catalog_slug = device, device.catalog_slug
    locked.time_zone = agree_on_zone(pledge=locked, device=device)
    if project.state in UNDECIDED:
        # The machine that went late is made up for before anything was decided.
        locked.is_late_withdrawal = False
    locked.save(update_fields=["device", "catalog_slug", "time_zone", "is_late_withdrawal"])
    take_hours(pledge=locked)
    locked.project = project
    if locked.state == State.OFFERED and device.is_calibrated:
        accept_pledge(pledge=locked, now=now)
    else:
        count_project(project_id=project.pk, now=now)


@transaction.atomic
def revoke_device(*, device: Device, now: datetime, by_owner: bool = True) -> None:
    """End the device's access at once; what it earned stays, its hours are free, its pledges want another machine.

    Who revokes a machine while its pledge is locked withdraws what counts too late: that is recorded, unless another
    machine takes its place before the closing.
    """
    keep_turn(device_id=device.pk, target=Device.State.REVOKED, at=now)
    Device.objects.filter(pk=device.pk).update(state=Device.State.REVOKED)
    backed = ComputePledge.objects.filter(device=device, state__in=ComputePledge.OPEN_STATES).select_related("project")
    pledges = list(backed)
    release_hours(pledge_ids=[pledge.pk for pledge in pledges])
    if by_owner:
        late = [pledge.pk for pledge in pledges if pledge.state != State.OFFERED and is_locked(pledge.project, now)]
        ComputePledge.objects.filter(pk__in=late, is_takeover=False).update(is_late_withdrawal=True)
    recount(device_id=device.pk, now=now)
