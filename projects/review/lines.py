"""Comments on single lines of what was handed in: written by reviewers, shown beside the text, answered by the team."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from django.db import transaction
from django.utils.functional import Promise
from django.utils.translation import gettext as _

from accounts.models import User
from projects.errors import ReviewRefused
from projects.markdown import render_markdown
from projects.models import LineComment, Project
from projects.review.claiming import in_the_way, submission_of
from projects.review.parts import BY_KEY, PARTS, STORY, Part, lines_of
from projects.roles import can

LONGEST_QUOTE = 2000
MOST_COMMENTS = 200


@dataclass(slots=True)
class Paragraph:
    """A line as it is now, with what was said about it. `anchor` is its place on the page, `source` Markdown."""

    number: int
    html: str
    anchor: str
    source: str
    comments: list[LineComment] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Section:
    """A part with its lines, and the comments whose line is gone."""

    key: str
    label: str | Promise
    step: str
    paragraphs: list[Paragraph]
    gone: list[LineComment]

    @property
    def open_comments(self) -> list[LineComment]:
        """What the team has not answered."""
        found = [comment for paragraph in self.paragraphs for comment in paragraph.comments] + self.gone
        return [comment for comment in found if comment.answered_at is None]


def anchor_of(part: str, number: int) -> str:
    """Where a line stands on the page of the review."""
    return f"p{number}" if part == STORY else f"{part}-{number}"


def sections_of(project: Project) -> list[Section]:
    """Everything that was handed in, line by line. Changed text keeps its comment by number."""
    comments = list(project.line_comments.select_related("reviewer", "answered_by"))
    return [_section(part, project, [one for one in comments if one.part == part.key]) for part in PARTS]


def _section(part: Part, project: Project, comments: list[LineComment]) -> Section:
    sources = lines_of(part, project)
    found = [
        Paragraph(number, render_markdown(source), anchor_of(part.key, number), source)
        for number, source in enumerate(sources, 1)
    ]
    gone = []
    for comment in comments:
        number = _place(comment, sources)
        if number is None:
            gone.append(comment)
        else:
            found[number - 1].comments.append(comment)
    return Section(part.key, part.label, part.step, found, gone)


def open_comments_of(project: Project, step: str) -> list[LineComment]:
    """What reviewers said of this page of the team's, and nobody has answered yet."""
    keys = [part.key for part in PARTS if part.step == step]
    return list(project.line_comments.filter(part__in=keys, answered_at=None).select_related("reviewer"))


def _place(comment: LineComment, sources: list[str]) -> int | None:
    """Where the quoted line is now: the same words first, then the same number."""
    for number, source in enumerate(sources, 1):
        if source[:LONGEST_QUOTE] == comment.quote:
            return number
    return comment.paragraph if comment.paragraph <= len(sources) else None


@transaction.atomic
def comment_on_line(
    *, project_id: int, reviewer: User, paragraph: int, words: str, part: str = STORY, now: datetime
) -> LineComment:
    """Say something about one line; the same words again are one comment. Raises ReviewRefused."""
    project = Project.objects.select_for_update().get(pk=project_id)
    if refusal := in_the_way(project, reviewer):
        raise ReviewRefused(refusal)
    sources = lines_of(BY_KEY[part], project) if part in BY_KEY else []
    if not 1 <= paragraph <= len(sources):
        raise ReviewRefused(_("There is no such paragraph any more. Look again."))
    if not (words := words.strip()):
        raise ReviewRefused(_("Write what you mean."))
    if project.line_comments.count() >= MOST_COMMENTS:
        raise ReviewRefused(_("There are enough comments. Request changes."))
    return LineComment.objects.get_or_create(
        project=project, reviewer=reviewer, submission=submission_of(project), part=part, paragraph=paragraph,
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
