"""What a list shows of each project."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.utils.translation import gettext, ngettext

from projects.meters import meters_of
from projects.models import Project
from projects.totals import totals_of


def items_of(projects: list[Project], now: datetime) -> list[dict[str, Any]]:
    """What a list shows, in one query for any number of projects."""
    totals = totals_of(projects)
    return [
        {
            "project": project,
            "meters": meters_of(project, totals[project.pk]),
            "time_left": time_left(project, now),
        }
        for project in projects
    ]


def time_left(project: Project, now: datetime) -> str:
    """How long pledges are taken, in words; empty once they are not."""
    seconds = int((project.deadline_at - now).total_seconds())
    if project.state != Project.State.LIVE or seconds <= 0:
        return ""
    if days := seconds // 86_400:
        return ngettext("%(days)s day left", "%(days)s days left", days) % {"days": days}
    if hours := seconds // 3_600:
        return ngettext("%(hours)s hour left", "%(hours)s hours left", hours) % {"hours": hours}
    if minutes := seconds // 60:
        return ngettext("%(minutes)s minute left", "%(minutes)s minutes left", minutes) % {"minutes": minutes}
    return gettext("less than a minute left")
