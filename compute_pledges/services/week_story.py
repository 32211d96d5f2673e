"""Why a week of a pledge is what it is: hours without a run, hours without work held, blocks refused and reversed.

What is written in the week's row is not worked out again; this only explains it from the same facts.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Any

from django.db import connection
from django.db.models import Count, QuerySet, Sum
from django.utils.translation import gettext, ngettext

from compute_pledges.matching.running import Span, running_spans
from compute_pledges.models import GpuTimeEntry, PledgeWeek, WorkResult
from compute_pledges.schedule.free_time import seconds_in, slot_at
from values.gpu_time import format_gpu_time

WEEK, QUARTER = timedelta(days=7), timedelta(minutes=15)
REASONS_SHOWN = 10
Account = GpuTimeEntry.Account

# Quarters of an hour in which a machine of the pledge's owner held work of the project, for as long as it held it.
_HELD = """
SELECT DISTINCT q FROM compute_pledges_lease l
JOIN compute_pledges_device d ON d.id = l.device_id JOIN compute_pledges_trainingrun t ON t.id = l.run_id
LEFT JOIN compute_pledges_workresult r ON r.lease_id = l.id
CROSS JOIN LATERAL generate_series(
    date_bin('15 minutes', greatest(l.issued_at, %(start)s), 'epoch'),
    least(coalesce(r.received_at, l.expires_at), %(end)s), interval '15 minutes') q
WHERE d.owner_id = %(owner)s AND t.project_id = %(project)s AND l.issued_at < %(end)s AND l.expires_at > %(start)s
"""


@dataclass(frozen=True, slots=True)
class Cause:
    """One reason why blocks of the week did not count, or no longer do."""

    reason: str
    blocks: int
    device_us: int


@dataclass(frozen=True, slots=True)
class WeekStory:
    """Microseconds of device time but for `unheld_us`, which is counted by quarters of an hour."""

    week: PledgeWeek
    scheduled_us: int
    without_run_us: int
    used_up_us: int
    unheld_us: int
    waiting: Cause
    refused: list[Cause]
    reversed: list[Cause]

    @property
    def sentences(self) -> list[str]:
        """What explains the difference, in order: schedule, runs, the machine, the checks."""
        refused, taken = (sum(one.device_us for one in causes) for causes in (self.refused, self.reversed))
        more = max(self.week.difference_us, 0)
        said = (
            (
                True,
                gettext("The schedule had %(time)s of this week while the pledge stood.")
                % {"time": _time(self.scheduled_us)},
            ),
            (
                self.without_run_us,
                gettext("For %(time)s of them no run was running: nothing was due.")
                % {"time": _time(self.without_run_us)},
            ),
            (
                self.used_up_us,
                gettext("%(time)s were not due any more: promised before, or verified already.")
                % {"time": _time(self.used_up_us)},
            ),
            (
                self.unheld_us,
                gettext("For %(time)s that were due it held no work: off, busy or limited.")
                % {"time": _time(self.unheld_us)},
            ),
            (self.waiting.blocks, gettext("%(blocks)s still wait to be checked.") % {"blocks": _blocks(self.waiting)}),
            (refused, gettext("%(time)s did not pass the checks.") % {"time": _time(refused)}),
            (taken, gettext("%(time)s were taken back in this week.") % {"time": _time(taken)}),
            (
                more,
                gettext("%(time)s more than was due are verified; the pledge is used up the sooner for it.")
                % {"time": _time(more)},
            ),
        )
        return [sentence for holds, sentence in said if holds]


def _time(microseconds: int) -> str:
    return format_gpu_time(microseconds) if microseconds else gettext("no time")


def _blocks(cause: Cause) -> str:
    words = ngettext("%(count)s block of %(time)s", "%(count)s blocks of %(time)s", cause.blocks)
    return words % {"count": cause.blocks, "time": _time(cause.device_us)}


def story_of(*, week: PledgeWeek, now: datetime) -> WeekStory:
    """Nine queries whatever the number of blocks. `week.pledge` with its project is loaded."""
    pledge = week.pledge
    start = datetime.combine(week.week_starts_at, time(), UTC)
    begins = max(start, pledge.accepted_at or now)
    stops = min(start + WEEK, now, pledge.project.compute_ends_at, pledge.ended_at or now)
    slots = frozenset(pledge.hours.values_list("slot", flat=True))
    spans = running_spans(project_id=pledge.project_id, start=begins, end=stops) if begins < stops else []
    zone = pledge.time_zone
    scheduled = seconds_in(slots, zone, begins, stops) * 1_000_000 if begins < stops else 0
    due = sum(seconds_in(slots, zone, first, last) for first, last in spans) * 1_000_000
    return WeekStory(
        week=week,
        scheduled_us=scheduled,
        without_run_us=scheduled - due,
        used_up_us=max(due - week.promised_us, 0),
        unheld_us=min(_unheld_us(week, slots, spans), week.promised_us),
        waiting=_waiting(week),
        refused=_causes(week, Account.REJECTED),
        reversed=_causes(week, Account.REVERSED),
    )


def blocks_of(week: PledgeWeek) -> QuerySet[WorkResult]:
    """Blocks that arrived in the week, newest first."""
    start = datetime.combine(week.week_starts_at, time(), UTC)
    found = WorkResult.objects.filter(pledge=week.pledge, received_at__gte=start, received_at__lt=start + WEEK)
    return found.select_related("lease__round", "lease__run", "device").order_by("-received_at", "pk")


def _unheld_us(week: PledgeWeek, slots: frozenset[int], spans: list[Span]) -> int:
    """Due quarters of an hour in which no machine of the owner held a lease."""
    if not spans:
        return 0
    pledge = week.pledge
    facts: dict[str, Any] = {
        "start": spans[0][0],
        "end": spans[-1][1],
        "owner": pledge.backer_id,
        "project": pledge.project_id,
    }
    with connection.cursor() as cursor:
        cursor.execute(_HELD, facts)
        held = {row[0] for row in cursor.fetchall()}
    unheld = 0
    for start, end in spans:
        at = start
        while at < end:
            quarter = at.replace(minute=at.minute // 15 * 15, second=0, microsecond=0)
            stop = min(quarter + QUARTER, end)
            if quarter not in held and slot_at(pledge.time_zone, at) in slots:
                unheld += (stop - at) // timedelta(microseconds=1)
            at = stop
    return unheld


def _waiting(week: PledgeWeek) -> Cause:
    waiting = blocks_of(week).filter(state__in=(WorkResult.State.REPORTED, WorkResult.State.AUDITING)).order_by()
    found = waiting.aggregate(blocks=Count("pk"), us=Sum("device_us", default=0))
    return Cause("", found["blocks"], found["us"])


def _causes(week: PledgeWeek, account: str) -> list[Cause]:
    """By the journal of the week, as the week's row is."""
    start = datetime.combine(week.week_starts_at, time(), UTC)
    entries = GpuTimeEntry.objects.filter(
        pledge=week.pledge, credit=account, recorded_at__gte=start, recorded_at__lt=start + WEEK
    )
    rows = entries.values("lease__result__reason").annotate(blocks=Count("pk"), us=Sum("device_us"))
    return [
        Cause(row["lease__result__reason"] or gettext("No reason was written down."), row["blocks"], row["us"])
        for row in rows.order_by("-us", "lease__result__reason")[:REASONS_SHOWN]
    ]
