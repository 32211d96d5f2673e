"""What moved between the journal's accounts, as of a moment: sums of days that are over, and the entries after them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Any

from django.db.models import Count, Sum

from compute_pledges.models import GpuTimeDay, GpuTimeEntry, JournalClosing, TrainingRun
from compute_pledges.services.closing import BEGINNING


@dataclass(frozen=True, slots=True)
class Moved:
    """Of one project between two accounts; microseconds."""

    project_id: int
    debit: str
    credit: str
    device_us: int
    h100_us: int
    tokens: int
    blocks: int


def moved_by_project(*, at: datetime, since: date = BEGINNING) -> list[Moved]:
    """A row for each project and movement of the UTC days from `since`, until `at`. Three queries."""
    return _moved(at, since, {}, {})


def moved_in_run(run: TrainingRun, *, at: datetime) -> list[Moved]:
    """The same of one run."""
    return _moved(at, BEGINNING, {"run": run}, {"lease__run": run})


def _moved(at: datetime, since: date, of_day: dict[str, Any], of_entry: dict[str, Any]) -> list[Moved]:
    closed = JournalClosing.objects.filter(pk=1).values_list("closed_until", flat=True).first() or BEGINNING
    bound = max(min(closed, at.astimezone(UTC).date()), since)
    days = GpuTimeDay.objects.filter(day__gte=since, day__lt=bound, **of_day)
    summed = days.values_list("project_id", "debit", "credit").annotate(
        Sum("device_us"), Sum("h100_us"), Sum("tokens"), Sum("blocks")
    )
    begin = datetime.combine(bound, time(), UTC)
    entries = GpuTimeEntry.objects.filter(recorded_at__gte=begin, recorded_at__lte=at, **of_entry)
    rest = entries.values_list("project_id", "debit", "credit").annotate(
        Sum("device_us"), Sum("h100_us"), Sum("lease__result__tokens", default=0), Count("pk")
    )
    return _together([*summed.order_by(), *rest.order_by()])


def _together(rows: Iterable[tuple[Any, ...]]) -> list[Moved]:
    found: dict[tuple[Any, ...], list[int]] = {}
    for *key, device_us, h100_us, tokens, blocks in rows:
        sums = found.setdefault(tuple(key), [0, 0, 0, 0])
        for place, amount in enumerate((device_us, h100_us, tokens, blocks)):
            sums[place] += int(amount)
    return [Moved(*key, *sums) for key, sums in found.items()]
