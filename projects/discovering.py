"""What a list shows of each project."""

from __future__ import annotations

from datetime import datetime
from typing import Any

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
    for size, unit in ((86_400, "day"), (3_600, "hour"), (60, "minute")):
        if seconds >= size:
            count = seconds // size
            return f"{count} {unit}{'' if count == 1 else 's'} left"
    return "less than a minute left"
