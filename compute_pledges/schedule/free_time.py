"""How long each hour of the week lasts between two moments in a zone, clock changes included.

A week has 168 slots. A day with a clock change lasts 23 or 25 hours: the skipped slot gets nothing, the repeated one
gets two hours. The walk is in UTC, so that no moment is counted twice or lost.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from compute_pledges.schedule.slots import HOURS, WEEK

# Every offset in use is a multiple of a quarter of an hour.
QUARTER = timedelta(minutes=15)
LONGEST = timedelta(days=1100)
KNOWN = 512


def slot_at(zone: str, at: datetime) -> int:
    """The hour of the week that `at` lies in, on a clock of `zone`."""
    local = at.astimezone(ZoneInfo(zone))
    return local.weekday() * HOURS + local.hour


def slot_seconds(zone: str, start: datetime, end: datetime) -> tuple[int, ...]:
    """Seconds of each of the 168 slots in [start, end). Rounded down to whole seconds at both ends."""
    first, last = _second(start), _second(end)
    return _walked(zone, first, min(last, first + LONGEST)) if last > first else (0,) * WEEK


def _second(moment: datetime) -> datetime:
    return moment.astimezone(UTC).replace(microsecond=0)


@lru_cache(maxsize=KNOWN)
def _walked(zone: str, start: datetime, end: datetime) -> tuple[int, ...]:
    seconds, local = [0] * WEEK, ZoneInfo(zone)
    while start < end:
        here = start.astimezone(local)
        slot = here.weekday() * HOURS + here.hour
        stop = min(_next_mark(start, here), end)
        seconds[slot] += int((stop - start).total_seconds())
        start = stop
    return tuple(seconds)


def _next_mark(start: datetime, here: datetime) -> datetime:
    """Where the slot may change: the next full local hour where nothing shifts within it, else the next quarter."""
    whole = start + timedelta(hours=1) - timedelta(minutes=here.minute, seconds=here.second)
    if whole.astimezone(here.tzinfo).utcoffset() == here.utcoffset():
        return whole
    past = timedelta(minutes=start.minute % 15, seconds=start.second)
    return start - past + QUARTER


def seconds_in(slots: frozenset[int], zone: str, start: datetime, end: datetime) -> int:
    """Seconds of the chosen hours in [start, end)."""
    all_seconds = slot_seconds(zone, start, end)
    return sum(all_seconds[slot] for slot in slots)
