"""Comments on single paragraphs of a story: written by reviewers, shown beside the text, answered by the team."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from projects.errors import ReviewRefused
from projects.markdown import paragraphs_of, render_markdown
from projects.models import LineComment, Project
from projects.review.claiming import in_the_way, submission_of
from projects.roles import can

LONGEST_QUOTE = 2000
MOST_COMMENTS = 200


@dataclass(slots=True)
class Paragraph:
    """A paragraph as it is now, with what was said about it."""

    number: int
    html: str
    comments: list[LineComment] = field(default_factory=list)


def paragraphs_with_comments(project: Project) -> tuple[list[Paragraph], list[LineComment]]:
    """The story's paragraphs, and the comments whose paragraph is gone. Changed text keeps its comment by number."""
    sources = paragraphs_of(project.story)
    found = [Paragraph(number, render_markdown(source)) for number, source in enumerate(sources, 1)]
    gone = []
    for comment in project.line_comments.select_related("reviewer", "answered_by"):
        number = _place(comment, sources)
        if number is None:
            gone.append(comment)
        else:
            found[number - 1].comments.append(comment)
    return found, gone


def _place(comment: LineComment, sources: list[str]) -> int | None:
    """Where the quoted paragraph is now: the same words first, then the same number."""
    for number, source in enumerate(sources, 1):
        if source[:LONGEST_QUOTE] == comment.quote:
            return number
    return comment.paragraph if comment.paragraph <= len(sources) else None


@transaction.atomic
def comment_on_line(*, project_id: int, reviewer: User, paragraph: int, words: str, now: datetime) -> LineComment:
    """Say something about one paragraph; the same words again are one comment. Raises ReviewRefused."""
    project = Project.objects.select_for_update().get(pk=project_id)
    if refusal := in_the_way(project, reviewer):
        raise ReviewRefused(refusal)
    sources = paragraphs_of(project.story)
    if not 1 <= paragraph <= len(sources):
        raise ReviewRefused(_("There is no such paragraph any more. Look again."))
    if not (words := words.strip()):
        raise ReviewRefused(_("Write what you mean."))
    if project.line_comments.count() >= MOST_COMMENTS:
        raise ReviewRefused(_("There are enough comments. Request changes."))
    return LineComment.objects.get_or_create(
        project=project, reviewer=reviewer, submission=submission_of(project), paragraph=paragraph,
        words=words[:2000], defaults={"quote": sources[paragraph - 1][:LONGEST_QUOTE], "written_at": now},
    )[0]  # fmt: skip


@transaction.atomic
def answer_line(*, comment_id: int, by: User, answer: str, now: datetime) -> LineComment:
    """Mark a comment as answered, with or without words. Raises ReviewRefused."""
    comment = LineComment.objects.select_for_update(of=("self",)).select_related("project").get(pk=comment_id)
    if not can(by, comment.project, "edit"):
        raise ReviewRefused(_("Only the project's team answers."))
    comment.answer, comment.answered_by, comment.answered_at = answer.strip()[:2000], by, now
    comment.save(update_fields=["answer", "answered_by", "answered_at"])
    return comment
