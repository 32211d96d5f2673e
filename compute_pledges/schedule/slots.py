"""Hours of the week as numbers and as words: 0 is Monday 00:00 to 01:00, 167 is Sunday 23:00 to 24:00."""

from __future__ import annotations

import re
from collections.abc import Iterable

from django.utils.translation import gettext

DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
HOURS = 24
WEEK = 168
EVERY_HOUR = frozenset(range(WEEK))
_PART = re.compile(r"^([a-z]{3,9}(?:\s*-\s*[a-z]{3,9})?(?:\s*,\s*[a-z]{3,9}(?:\s*-\s*[a-z]{3,9})?)*)\s+(.+)$")
_SPAN = re.compile(r"^(\d{1,2})(?::00)?\s*-\s*(\d{1,2})(?::00)?$")
EXAMPLE = "Mon-Fri 18-24; Sat, Sun 0-24"


class ScheduleError(ValueError):
    """Hours that cannot be read, with a sentence for the person who typed them."""


def parse_hours_of_week(text: str) -> frozenset[int]:
    """Slots of `Mon-Fri 18-24, 0-7; Sat 0-24`. A span over midnight (`22-6`) runs into the next day.

    Raises ScheduleError.
    """
    slots: set[int] = set()
    for part in filter(None, (part.strip().lower() for part in re.split(r"[;\n]", text.replace("\u2013", "-")))):
        match = _PART.match(part)
        if match is None:
            raise ScheduleError(
                gettext("Write a day and its hours, for example: %(example)s. This was not read: %(part)s")
                % {"example": EXAMPLE, "part": part[:40]}
            )
        for day in _days(match[1]):
            slots.update(_hours(day, match[2]))
    if not slots:
        raise ScheduleError(gettext("Choose at least one hour of the week."))
    return frozenset(slots)


def _days(text: str) -> list[int]:
    days: list[int] = []
    for piece in text.split(","):
        ends = [_day(name) for name in piece.split("-")]
        first, last = ends[0], ends[-1]
        days.extend((first + step) % 7 for step in range((last - first) % 7 + 1))
    return days


def _day(name: str) -> int:
    short = name.strip()[:3].capitalize()
    if short not in DAYS:
        raise ScheduleError(
            gettext("Days are written %(days)s. This was not read: %(text)s")
            % {"days": ", ".join(DAYS), "text": name.strip()[:20]}
        )
    return DAYS.index(short)


def _hours(day: int, text: str) -> set[int]:
    found: set[int] = set()
    for span in text.split(","):
        match = _SPAN.match(span.strip())
        if match is None or int(match[1]) > HOURS or int(match[2]) > HOURS or match[1] == match[2]:
            raise ScheduleError(
                gettext("Hours are written 18-24, from 0 to 24. This was not read: %(text)s")
                % {"text": span.strip()[:20]}
            )
        start, end = int(match[1]), int(match[2])
        length = end - start if end > start else end + HOURS - start
        found.update((day * HOURS + start + step) % WEEK for step in range(length))
    return found


def hours_in_words(slots: Iterable[int]) -> str:
    """The other way round: days of the same hours together, `Mon-Fri 18-24; Sat, Sun 0-24`."""
    chosen = set(slots)
    by_hours: dict[str, list[int]] = {}
    for day in range(7):
        if spans := _spans([slot % HOURS for slot in sorted(chosen) if slot // HOURS == day]):
            by_hours.setdefault(spans, []).append(day)
    return "; ".join(f"{_day_words(days)} {spans}" for spans, days in by_hours.items())


def _spans(hours: list[int]) -> str:
    starts = [hour for hour in hours if hour - 1 not in hours]
    ends = [hour + 1 for hour in hours if hour + 1 not in hours]
    return ", ".join(f"{start}-{end}" for start, end in zip(starts, ends, strict=True))


def _day_words(days: list[int]) -> str:
    starts = [day for day in days if day - 1 not in days]
    ends = [day for day in days if day + 1 not in days]
    pairs = zip(starts, ends, strict=True)
    return ", ".join(DAYS[a] if a == b else f"{DAYS[a]}-{DAYS[b]}" for a, b in pairs)


def grid_rows(slots: Iterable[int]) -> list[tuple[int, list[tuple[int, str, bool]]]]:
    """Rows for a page: hour, and for each day its slot, what a screen reader says, whether it is chosen."""
    chosen = set(slots)
    return [
        (hour, [(s := day * HOURS + hour, f"{DAYS[day]} {hour}-{hour + 1}", s in chosen) for day in range(7)])
        for hour in range(HOURS)
    ]
