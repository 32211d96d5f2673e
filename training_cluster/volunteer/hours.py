"""Hours of the week as text that people type (`Mon-Fri 20-8, Sat-Sun`) and as 168 letters, Monday 0:00 first."""

from __future__ import annotations

import re
from datetime import datetime

DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
WEEK_HOURS = 7 * 24
PART = re.compile(
    r"(?P<first>[A-Za-z]{3})(?:-(?P<last>[A-Za-z]{3}))?(?:\s+(?P<start>\d{1,2})(?::00)?-(?P<end>\d{1,2})(?::00)?)?"
)
EXAMPLE = "Write for example: Mon-Fri 20-8, Sat-Sun. Or: always."


def parse_hours(text: str) -> str:
    """168 letters, 1 where work is allowed. Days without a span are whole days; a span that ends before
    it starts goes on into the next day.

    Raises ValueError with what is wrong.
    """
    if text.strip().lower() == "always":
        return "1" * WEEK_HOURS
    allowed = [False] * WEEK_HOURS
    for part in text.split(","):
        found = PART.fullmatch(part.strip())
        if found is None:
            raise ValueError(f"'{part.strip()}' names no hours of the week. {EXAMPLE}")
        _mark(allowed, found)
    return "".join("1" if hour else "0" for hour in allowed)


def _mark(allowed: list[bool], found: re.Match[str]) -> None:
    first, last = _day(found["first"]), _day(found["last"] or found["first"])
    start, end = int(found["start"] or 0), int(found["end"] or 24)
    if start > 23 or end > 24 or start == end:
        raise ValueError(f"Hours go from 0-24, and a span needs a length: '{found[0]}'. {EXAMPLE}")
    length = end - start if end > start else end + 24 - start
    for day in range(first, last + 1 if last >= first else last + 8):
        for hour in range(length):
            allowed[((day % 7) * 24 + start + hour) % WEEK_HOURS] = True


def _day(name: str) -> int:
    try:
        return DAYS.index(name.capitalize())
    except ValueError as error:
        raise ValueError(f"'{name}' is no day. Days are {', '.join(DAYS)}.") from error


def is_allowed(hours: str, at: datetime) -> bool:
    """Whether the local hour of `at` is one of them."""
    return hours[at.weekday() * 24 + at.hour] == "1"


def hours_text(hours: str) -> str:
    """The same week in words: spans day by day, equal days together."""
    if hours == "1" * WEEK_HOURS:
        return "always"
    days = [_spans(hours[day * 24 : day * 24 + 24]) for day in range(7)]
    parts, day = [], 0
    while day < 7:
        last = day
        while last < 6 and days[last + 1] == days[day]:
            last += 1
        name = DAYS[day] if last == day else f"{DAYS[day]}-{DAYS[last]}"
        parts += [f"{name} {start}-{end}" for start, end in days[day]]
        day = last + 1
    return ", ".join(parts) or "never"


def _spans(day: str) -> list[tuple[int, int]]:
    return [(found.start(), found.end()) for found in re.finditer("1+", day)]
