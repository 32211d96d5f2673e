"""Counting where visits and pledges come from, without knowing who: no cookie, no address, only counters by day.

The source is `?ref=` of the link, else the host that the browser names as referrer. It travels in the address of the
pledge's links and is forgotten with it.

Visits are counted in Redis and written down each minute, so that looking at a page writes nothing to the database. An
emptied Redis, or a sweep that dies at its very end, loses the visits of that minute. They are statistics: no money and
no credit hangs on them. Pledges are counted in the database at once.
"""

from __future__ import annotations

import logging
import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import cast
from urllib.parse import urlsplit

import redis
from django.conf import settings
from django.db import connection, transaction
from django.db.models import Sum
from django.http import HttpRequest

from projects.models import Project, ReferralDay

logger = logging.getLogger(__name__)
MOST_SOURCES_A_DAY = 60
# Names that are counted apart until they are written down; whoever makes more of them up fills `other`.
MOST_WAITING = 20_000
WAITING, TAKEN = "referrals:waiting", "referrals:taken"
OTHER, DIRECT = "other", "direct"
_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,39}\Z")
_COUNT = """
INSERT INTO projects_referralday (project_id, day, source, visits, pledges) VALUES (%s, %s, %s, %s, %s)
ON CONFLICT (project_id, day, source) DO UPDATE
    SET visits = projects_referralday.visits + EXCLUDED.visits,
        pledges = projects_referralday.pledges + EXCLUDED.pledges
"""


@dataclass(frozen=True, slots=True)
class Source:
    """One source's counters over some days."""

    name: str
    visits: int
    pledges: int


def source_of(request: HttpRequest) -> str:
    """A name from the link, the referring host, or `direct`; empty for a click within the site."""
    named = clean_source(request.GET.get("ref", ""))
    if named:
        return named
    host = (urlsplit(request.headers.get("Referer", "")[:300]).hostname or "").removeprefix("www.")
    if host and host == request.get_host().split(":")[0].removeprefix("www."):
        return ""
    return clean_source(host) or DIRECT


def clean_source(text: str) -> str:
    """As it is counted; empty for what is no name."""
    text = text.strip().lower()
    return text if _NAME.match(text) else ""


def count_visit(*, project_id: int, source: str, now: datetime) -> None:
    """One more visit from this source. Without Redis it goes uncounted, for the page matters more."""
    try:
        store, key = _store(settings.REDIS_URL), f"{project_id}|{now.date()}|"
        # Only a name that is new asks how many there are.
        if store.hincrby(WAITING, key + source) == 1 and int(store.hlen(WAITING)) > MOST_WAITING:
            store.hdel(WAITING, key + source)
            store.hincrby(WAITING, key + OTHER)
    except redis.RedisError as error:
        logger.warning("visit_uncounted error=%s", type(error).__name__)


def write_down_visits() -> int:
    """Take what waits, and add it to the days. One sweep at a time forgets what it took just before it commits."""
    store = _store(settings.REDIS_URL)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext(%s))", [TAKEN])
        # A sweep that died before has left what it took.
        if not store.exists(TAKEN) and store.exists(WAITING):
            store.rename(WAITING, TAKEN)
        taken = cast("dict[bytes, bytes]", store.hgetall(TAKEN))
        _add([_Row.of(key, visits) for key, visits in taken.items()])
        store.delete(TAKEN)
    return len(taken)


@lru_cache(maxsize=4)
def _store(url: str) -> redis.Redis:
    return redis.Redis.from_url(url, socket_timeout=2, socket_connect_timeout=2)


def count_pledge(*, project: Project, source: str, now: datetime) -> None:
    """One more pledge begun after a visit from this source; what is no source is not counted."""
    if cleaned := clean_source(source):
        _add([_Row(project.pk, now.date(), cleaned, pledges=1)])


@dataclass(frozen=True, slots=True)
class _Row:
    project_id: int
    day: date
    source: str
    visits: int = 0
    pledges: int = 0

    @classmethod
    def of(cls, key: bytes, visits: bytes) -> _Row:
        project_id, day, source = key.decode().split("|", 2)
        return cls(int(project_id), date.fromisoformat(day), source, int(visits))


def _add(rows: Iterable[_Row]) -> None:
    """In three statements for any number. Beyond the bound, a name that is new on its day counts as `other`."""
    wanted = sorted(rows, key=lambda row: (row.project_id, row.day, row.source))
    there = set(Project.objects.filter(pk__in={row.project_id for row in wanted}).values_list("pk", flat=True))
    known: dict[tuple[int, date], set[str]] = defaultdict(set)
    days = ReferralDay.objects.filter(project__in=there, day__in={row.day for row in wanted})
    for project_id, day, source in days.values_list("project_id", "day", "source"):
        known[project_id, day].add(source)
    values = []
    for row in (row for row in wanted if row.project_id in there):
        names = known[row.project_id, row.day]
        source = row.source if row.source in names or len(names) < MOST_SOURCES_A_DAY else OTHER
        names.add(source)
        values.append((row.project_id, row.day, source, row.visits, row.pledges))
    with connection.cursor() as cursor:
        cursor.executemany(_COUNT, values)


def sources_of(project: Project, *, now: datetime, days: int = 90) -> list[Source]:
    """The last days by source, what brought the most pledges first."""
    rows = ReferralDay.objects.filter(project=project, day__gt=now.date() - timedelta(days=days)).values("source")
    summed = rows.annotate(v=Sum("visits"), p=Sum("pledges")).order_by("-p", "-v", "source")[:50]
    return [Source(row["source"], row["v"], row["p"]) for row in summed]
