"""Reading and moving business time."""

from datetime import datetime, timedelta

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext

from clock.models import ClockOffset


class ClockControlRefused(RuntimeError):
    """The clock control exists in demo and tests only."""


def business_now() -> datetime:
    """Aware UTC: real time, plus the offset of the clock control where that exists."""
    return timezone.now() + business_offset()


def business_offset() -> timedelta:
    """The shift of business time; zero in production."""
    if not settings.CLOCK_CONTROL:
        return timedelta()
    return ClockOffset.objects.filter(pk=1).values_list("offset", flat=True).first() or timedelta()


def move_clock(*, offset: timedelta) -> None:
    """Set business time to real time plus `offset`. Raises ClockControlRefused in production."""
    if not settings.CLOCK_CONTROL:
        raise ClockControlRefused(gettext("The clock cannot be moved in production."))
    ClockOffset.objects.update_or_create(pk=1, defaults={"offset": offset})
