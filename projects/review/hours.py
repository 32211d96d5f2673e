"""How long a review may take."""

from __future__ import annotations

from datetime import datetime, timedelta

TARGET_DAYS = 3
SATURDAY = 5


def add_working_days(start: datetime, days: int) -> datetime:
    """The same hour so many working days later, Monday to Friday in UTC."""
    found = start
    while days:
        found += timedelta(days=1)
        days -= found.weekday() < SATURDAY
    return found


def due_at(handed_in_at: datetime) -> datetime:
    """By when a decision is due."""
    return add_working_days(handed_in_at, TARGET_DAYS)
