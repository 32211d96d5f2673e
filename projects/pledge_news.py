"""Telling a project's team of pledges that come and go, and of a goal that is reached by half and in full."""

from __future__ import annotations

from datetime import datetime

from django.db.models import Sum
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from notices.kinds import Kind
from notices.services import tell
from projects.models import Contribution, Project
from projects.roles import people_who_can
from values.gpu_time import format_gpu_time
from values.money import Money

PARTS = (50, 100)
WORDS = {
    50: gettext_noop("%(title)s has half of its minimum in %(what)s"),
    100: gettext_noop("%(title)s has its minimum in %(what)s"),
}


def tell_of_pledge(*, row: Contribution, now: datetime) -> None:
    """After a contribution of the stage "pledged" was written, in its transaction.

    A pledge that only counts for more or less by now is no news. No backer is named: the page of backers does that.
    """
    after = _sum(row.project, source=row.source)
    before = after - row.amount
    if before <= 0 < after:
        _tell(row, gettext_noop("A new pledge to %(title)s: %(amount)s"), row.amount, now)
    elif after <= 0 < before:
        _tell(row, gettext_noop("A pledge to %(title)s has ended: %(amount)s"), before, now)
    if row.amount > 0:
        _tell_of_goal(row, now)


def _sum(project: Project, **of: str) -> int:
    rows = Contribution.objects.filter(project=project, stage=Contribution.Stage.PLEDGED, **of)
    return rows.aggregate(n=Sum("amount"))["n"] or 0


def _amount(row: Contribution, amount: int) -> str:
    return str(Money(amount, row.project.currency)) if row.kind == "money" else format_gpu_time(amount)


def _tell(row: Contribution, words: str, amount: int, now: datetime) -> None:
    tell(
        kind=Kind.PLEDGE, people=people_who_can(row.project, "see_backers"), key=f"pledge:{row.source}:{row.event}",
        title=lambda: _(words) % {"title": row.project.title, "amount": _amount(row, amount)},
        path=f"/projects/{row.project.slug}/backers/", now=now,
    )  # fmt: skip


def _tell_of_goal(row: Contribution, now: datetime) -> None:
    """Once for each part: a goal that falls and rises again is no news."""
    project = row.project
    goal = project.funding_minimum if row.kind == "money" else project.compute_minimum_us
    total = _sum(project, kind=row.kind) if goal else 0
    for part in PARTS:
        if goal and (total - row.amount) * 100 < goal * part <= total * 100:
            _tell_part(row, part, goal, now)


def _tell_part(row: Contribution, part: int, goal: int, now: datetime) -> None:
    project = row.project

    def title() -> str:
        what = _("money") if row.kind == "money" else _("GPU time")
        return _(WORDS[part]) % {"title": project.title, "what": what}

    tell(
        kind=Kind.GOAL, people=people_who_can(project, "see"), key=f"goal:{project.pk}:{row.kind}:{part}", title=title,
        body=lambda: _("Of a minimum of %(goal)s.") % {"goal": _amount(row, goal)},
        path=f"/projects/{project.slug}/dashboard/", now=now,
    )  # fmt: skip
