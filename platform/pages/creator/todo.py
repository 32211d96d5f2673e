"""What waits for a project's team, each with the one page where it is done."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from pages.creator.waiting import Waiting
from payments.models import Payout
from projects.launch import missing_for_launch
from projects.models import Project
from projects.wizard.checklist import missing_for_review

S = Project.State
# Before, nothing is owed; afterwards a late promise is broken.
RELEASING = (S.COLLECTING, S.FUNDED, S.DELIVERING)


@dataclass(frozen=True, slots=True)
class Todo:
    """A sentence and an address."""

    words: str
    path: str


def todo_of(
    project: Project, *, may: frozenset[str], waits: Waiting, newest_payout: Payout | None, now: datetime
) -> list[Todo]:
    """What this person may do something about, the most urgent first."""
    return [
        *(_money(project, waits, newest_payout) if "money" in may else []),
        *_before_launch(project, may, waits, now),
        *_work(project, may, waits),
    ]


def _before_launch(project: Project, may: frozenset[str], waits: Waiting, now: datetime) -> list[Todo]:
    slug = project.slug
    todo: list[Todo] = []
    if project.state in Project.EDITABLE_STATES and "edit" in may:
        count = len(missing_for_review(project, now))
        words = ngettext(
            "%(n)d thing is missing before the review", "%(n)d things are missing before the review", count
        )
        ready = _("Everything is there: hand it in for review")
        if count or "submit" in may:
            todo.append(Todo(words % {"n": count} if count else ready, reverse("projects:edit", args=[slug])))
    if (open_lines := waits.line_comments) and "edit" in may:
        words = ngettext("%(n)d comment of reviewers to answer", "%(n)d comments of reviewers to answer", open_lines)
        todo.append(Todo(words % {"n": open_lines}, reverse("projects:review_comments", args=[slug])))
    if project.state == S.APPROVED and "launch" in may:
        lacking = missing_for_launch(project, now)
        todo.append(Todo(lacking[0] if lacking else _("Launch it"), project.get_absolute_url()))
    return todo


def _money(project: Project, waits: Waiting, newest_payout: Payout | None) -> list[Todo]:
    slug, todo = project.slug, []
    if project.state == S.SUSPENDED:
        todo.append(Todo(_("Read why it is suspended, and appeal"), reverse("pages:suspension", args=[slug])))
    if disputes := waits.disputes:
        words = ngettext("%(n)d dispute to answer", "%(n)d disputes to answer", disputes)
        todo.append(Todo(words % {"n": disputes}, reverse("payments:disputes", args=[slug])))
    if newest_payout is not None and newest_payout.state == Payout.State.REJECTED:
        todo.append(Todo(_("Evidence was sent back: show more"), reverse("payments:balance", args=[slug])))
    return todo


def _work(project: Project, may: frozenset[str], waits: Waiting) -> list[Todo]:
    slug = project.slug
    offers = waits.offers if project.accepts_by_hand and "run" in may else 0
    broken = waits.broken_runs if "run" in may else 0
    deliveries = waits.deliveries if "deliver" in may else 0
    questions = waits.questions if "moderate" in may else 0
    late = waits.late_outputs if "deliver" in may and project.state in RELEASING else 0
    rows = (
        (offers, ngettext("%(n)d offer of GPU time to take", "%(n)d offers of GPU time to take", offers),
         reverse("compute:supply", args=[slug])),
        (broken, ngettext("%(n)d run is in trouble", "%(n)d runs are in trouble", broken),
         reverse("compute:project_runs", args=[slug])),
        (deliveries, ngettext("%(n)d reward to deliver", "%(n)d rewards to deliver", deliveries),
         reverse("projects:deliveries", args=[slug])),
        (late, ngettext("%(n)d promised output is late", "%(n)d promised outputs are late", late),
         reverse("projects:promises", args=[slug])),
        (questions, ngettext("%(n)d question to answer", "%(n)d questions to answer", questions),
         reverse("projects:discussion", args=[slug])),
    )  # fmt: skip
    return [Todo(words % {"n": count}, path) for count, words, path in rows if count]
