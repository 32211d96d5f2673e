"""Changing the hours of a pledge that stands: until the lock as wanted, after the closing moved but never fewer.

Where every run of the project is stopped for good nothing waits for the hours: then they may become fewer too.
"""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext

from accounts.models import User
from compute_pledges.errors import PledgeRefused
from compute_pledges.models import ComputePledge, Device, PledgeHour, TrainingRun
from compute_pledges.schedule.holding import is_zone, write_hours
from compute_pledges.services.counting import count_project
from compute_pledges.services.pledges import UNDECIDED, Week, is_locked, recount
from projects.models import Project

State = ComputePledge.State


@transaction.atomic
def change_hours(*, pledge: ComputePledge, week: Week, by: User, now: datetime) -> None:
    """Weeks that are over stay as they are; this week and those to come go by the new hours. Raises PledgeRefused.

    The clock is that of the pledge's machine where it has one: that is changed with the machine.
    """
    project = Project.objects.select_for_update().get(pk=pledge.project_id)
    locked = ComputePledge.objects.select_for_update(of=("self",)).select_related("device").get(pk=pledge.pk)
    if locked.backer_id != by.pk:
        raise PledgeRefused(gettext("Only its backer changes the hours of a pledge."))
    if locked.state not in ComputePledge.OPEN_STATES:
        raise PledgeRefused(gettext("This pledge has ended: its hours are free already."))
    if locked.state != State.OFFERED and is_locked(project, now):
        raise PledgeRefused(gettext("Compute pledges lock 48 hours before the deadline, and their hours with them."))
    before = set(locked.hours.values_list("slot", flat=True))
    is_promised = project.state not in UNDECIDED and locked.state != State.OFFERED and not has_only_stopped(project)
    if is_promised and len(week.slots) < len(before):
        raise PledgeRefused(
            gettext(
                "The project was funded on %(before)s hours a week: they can move, and not become "
                "fewer. Withdraw the pledge if you cannot give them."
            )
            % {"before": len(before)}
        )
    locked.hours_per_week = len(week.slots)
    if locked.device is None:
        locked.time_zone = week.time_zone
    locked.save(update_fields=["hours_per_week", "time_zone"])
    PledgeHour.objects.filter(pledge=locked).exclude(slot__in=week.slots).delete()
    write_hours(pledge=locked, slots=set(week.slots) - before)
    count_project(project_id=project.pk, now=now)


def has_only_stopped(project: Project) -> bool:
    """Whether it has runs, and none that trains or may go on."""
    runs = TrainingRun.objects.filter(project=project)
    return runs.exists() and not runs.exclude(state=TrainingRun.State.STOPPED).exists()


@transaction.atomic
def move_zone(*, device: Device, time_zone: str, now: datetime) -> None:
    """The machine moved: its hours are read in the new zone from now on. Raises PledgeRefused."""
    if not is_zone(time_zone):
        raise PledgeRefused(gettext("Choose a time zone from the list, such as Europe/Berlin."))
    backed = ComputePledge.objects.filter(device=device, state__in=ComputePledge.OPEN_STATES)
    for pledge in backed.exclude(state=State.OFFERED).select_related("project"):
        if is_locked(pledge.project, now):
            raise PledgeRefused(
                gettext("The pledge to %(title)s is locked until its project is decided.")
                % {"title": pledge.project.title}
            )
    Device.objects.filter(pk=device.pk).update(time_zone=time_zone)
    backed.update(time_zone=time_zone)
    recount(device_id=device.pk, now=now)
