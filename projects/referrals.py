"""Counting where visits and pledges come from, without knowing who: no cookie, no address, only counters by day.

The source is `?ref=` of the link, else the host that the browser names as referrer. It travels in the address of the
pledge's links and is forgotten with it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from urllib.parse import urlsplit

from django.db import connection
from django.db.models import Sum
from django.http import HttpRequest

from projects.models import Project, ReferralDay

MOST_SOURCES_A_DAY = 60
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


def count_visit(*, project: Project, source: str, now: datetime) -> None:
    """One more visit from this source."""
    _add(project, source, now.date(), visits=1)


def count_pledge(*, project: Project, source: str, now: datetime) -> None:
    """One more pledge begun after a visit from this source; what is no source is not counted."""
    if cleaned := clean_source(source):
        _add(project, cleaned, now.date(), pledges=1)


def _add(project: Project, source: str, day: date, *, visits: int = 0, pledges: int = 0) -> None:
    known = ReferralDay.objects.filter(project=project, day=day)
    if not known.filter(source=source).exists() and known.count() >= MOST_SOURCES_A_DAY:
        source = OTHER
    with connection.cursor() as cursor:
        cursor.execute(_COUNT, [project.pk, day, source, visits, pledges])


def sources_of(project: Project, *, now: datetime, days: int = 90) -> list[Source]:
    """The last days by source, what brought the most pledges first."""
    rows = ReferralDay.objects.filter(project=project, day__gt=now.date() - timedelta(days=days)).values("source")
    summed = rows.annotate(v=Sum("visits"), p=Sum("pledges")).order_by("-p", "-v", "source")[:50]
    return [Source(row["source"], row["v"], row["p"]) for row in summed]
