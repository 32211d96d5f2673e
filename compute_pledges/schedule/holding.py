"""Which hours of a machine back which pledge. The database lets an hour back one pledge only."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from uuid import UUID
from zoneinfo import available_timezones

from django.db import IntegrityError, transaction
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from compute_pledges.errors import PledgeRefused
from compute_pledges.models import ComputePledge, Device, PledgeHour
from compute_pledges.schedule.free_time import slot_at
from compute_pledges.schedule.slots import EVERY_HOUR, hours_in_words

TAKEN = _(
    "Some of these hours of the machine back another project already: {hours}. Choose others; nothing was changed."
)


def free_slots(*, device: Device) -> frozenset[int]:
    """Hours of the week of `device` that back nothing."""
    return EVERY_HOUR - set(PledgeHour.objects.filter(device=device).values_list("slot", flat=True))


def taken_slots(*, device: Device, besides: ComputePledge) -> frozenset[int]:
    """Hours of the machine that back another pledge."""
    return frozenset(PledgeHour.objects.filter(device=device).exclude(pledge=besides).values_list("slot", flat=True))


def is_zone(name: str) -> bool:
    """Whether it is an IANA zone."""
    return name in available_timezones()


def write_hours(*, pledge: ComputePledge, slots: Iterable[int]) -> None:
    """The hours of a new pledge, taken from its machine if it has one. Raises PledgeRefused if some are taken."""
    chosen = sorted(set(slots))
    rows = [PledgeHour(pledge=pledge, device_id=pledge.device_id, slot=slot) for slot in chosen]
    _guarded(pledge, chosen, lambda: PledgeHour.objects.bulk_create(rows))


def take_hours(*, pledge: ComputePledge) -> None:
    """Let the pledge's hours be hours of its machine. Raises PledgeRefused for hours that are taken."""
    mine = PledgeHour.objects.filter(pledge=pledge)
    chosen = list(mine.values_list("slot", flat=True))
    _guarded(pledge, chosen, lambda: mine.update(device_id=pledge.device_id))


def take_back_hours(*, pledge: ComputePledge) -> None:
    """A fulfilled pledge goes on after a reversal: it gets those of its hours that are still free."""
    if pledge.device is None:
        return
    others = PledgeHour.objects.filter(device=pledge.device).exclude(pledge=pledge).values("slot")
    PledgeHour.objects.filter(pledge=pledge, device=None).exclude(slot__in=others).update(device=pledge.device)


def release_hours(*, pledge_ids: Iterable[UUID]) -> int:
    """Hours of pledges that ended are free again. Returns how many."""
    return PledgeHour.objects.filter(pledge_id__in=list(pledge_ids), device__isnull=False).update(device=None)


def _guarded(pledge: ComputePledge, slots: list[int], write: Callable[[], object]) -> None:
    try:
        with transaction.atomic():
            write()
    except IntegrityError as error:
        taken = PledgeHour.objects.filter(device=pledge.device, slot__in=slots).exclude(pledge=pledge)
        words = hours_in_words(taken.values_list("slot", flat=True))
        raise PledgeRefused(TAKEN.format(hours=words or gettext("look at them again"))) from error


def agree_on_zone(*, pledge: ComputePledge, device: Device) -> str:
    """The zone in which the hours are read: the machine's own once it has one, else that of its first pledge."""
    if not device.time_zone:
        Device.objects.filter(pk=device.pk, time_zone="").update(time_zone=pledge.time_zone)
        device.time_zone = pledge.time_zone
    return device.time_zone


def is_scheduled(*, device: Device, at: datetime, project_id: int | None = None) -> bool:
    """Whether `device` may train at `at`, for `project_id` where one is given.

    A machine with hours trains in these alone, each for its project; one that backs nothing trains when it is on.
    """
    held = PledgeHour.objects.filter(device=device).values_list("pledge__time_zone", "slot", "pledge__project_id")
    hours = list(held)
    if not hours:
        return True
    return any(slot == slot_at(zone, at) and project_id in (None, project) for zone, slot, project in hours)


def project_scheduled_at(*, device: Device, at: datetime) -> int | None:
    """The project that the hour of `at` backs, or None."""
    zone = device.time_zone or "UTC"
    found = PledgeHour.objects.filter(device=device, slot=slot_at(zone, at)).values_list(
        "pledge__project_id", flat=True
    )
    return found.first()
