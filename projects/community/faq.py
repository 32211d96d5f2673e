"""The team's answers for good: typed at once for the whole list, or taken over from a question."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from projects.community.moderating import may_moderate
from projects.conflicts import only_over
from projects.errors import CommentRefused
from projects.markdown import render_markdown
from projects.models import Comment, FaqEntry, Project

MOST_ENTRIES = 40


@dataclass(frozen=True, slots=True)
class Entry:
    """A question with its answer; `pk` is that of the entry it replaces."""

    question: str
    answer: str
    pk: int | None = None


def typed_faq(project: Project) -> list[dict[str, Any]]:
    """The list as its form shows it."""
    return [{"pk": row.pk, "question": row.question, "answer": row.answer} for row in project.faq.all()]


@transaction.atomic
def write_faq(*, project: Project, by: User, entries: list[Entry], now: datetime, version: str | None = None) -> None:
    """Keep the list as it was typed, in its order. Raises CommentRefused, ChangedElsewhere."""
    _lock(project, by)
    if len(entries) > MOST_ENTRIES:
        raise CommentRefused(_("At most %(most)s questions.") % {"most": MOST_ENTRIES})
    with only_over(version, lambda: typed_faq(project)):
        _write(project, by, entries, now)


def _write(project: Project, by: User, entries: list[Entry], now: datetime) -> None:
    known = {entry.pk: entry for entry in project.faq.all()}
    kept = {entry.pk for entry in entries}
    project.faq.exclude(pk__in=[pk for pk in kept if pk]).delete()
    for position, entry in enumerate(entries):
        row = known.get(entry.pk) if entry.pk else None
        row = row or FaqEntry(project=project)
        if (row.question, row.answer) != (entry.question, entry.answer):
            row.written_by, row.changed_at = by, now
        row.question, row.answer, row.position = entry.question, entry.answer, position
        row.answer_html = render_markdown(entry.answer)
        row.save()


@transaction.atomic
def answer_for_good(*, comment: Comment, by: User, question: str, answer: str, now: datetime) -> FaqEntry:
    """Add a question that was asked in the discussion, and mark it as answered. Raises CommentRefused."""
    _lock(comment.project, by)
    if comment.project.faq.count() >= MOST_ENTRIES:
        raise CommentRefused(_("At most %(most)s questions.") % {"most": MOST_ENTRIES})
    entry = FaqEntry.objects.create(
        project=comment.project, question=question, answer=answer, answer_html=render_markdown(answer),
        position=comment.project.faq.count(), asked_in=comment, written_by=by, changed_at=now,
    )  # fmt: skip
    if comment.is_question:
        Comment.objects.filter(pk=comment.pk, answered_at=None).update(answered_at=now)
    return entry


def _lock(project: Project, by: User) -> None:
    if not may_moderate(by, project):
        raise CommentRefused(_("The project's team writes these answers."))
    Project.objects.select_for_update().get(pk=project.pk)
