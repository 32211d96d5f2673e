"""What a list shows of each project."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.utils.text import capfirst
from django.utils.translation import gettext, ngettext

from projects.licenses import in_short
from projects.meters import Meter, meters_of
from projects.models import Project
from projects.totals import totals_of


@dataclass(frozen=True, slots=True)
class Card:
    """All that is drawn of a project in a list; equal cards look the same."""

    address: str
    title: str
    promise: str
    state: str
    state_words: str
    kind_words: str
    license: str
    time_left: str
    meters: tuple[Meter, ...]


def cards_of(projects: list[Project], now: datetime) -> list[Card]:
    """In the order of `projects`, in one query for any number of them."""
    totals = totals_of(projects)
    return [
        Card(
            address=project.get_absolute_url(),
            title=project.title,
            promise=project.promise,
            state=project.state,
            state_words=capfirst(project.get_state_display()),
            kind_words=capfirst(project.get_model_kind_display()),
            license=in_short(project.weights_license),
            time_left=time_left(project, now),
            meters=tuple(meters_of(project, totals[project.pk])),
        )
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
