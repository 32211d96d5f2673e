"""What the project's page says of the people around it."""

from __future__ import annotations

from typing import Any

from django import template

from accounts.models import User
from clock.services import business_now
from projects.community.comment_forms import CommentForm
from projects.community.threads import A_PAGE, Discussion, read_discussion, threads_of
from projects.models import CreatorFollow, LabNote, Project, ProjectFollow
from projects.roles import can

NEWEST = 3

register = template.Library()


@register.simple_tag
def follow_state(project: Project, user: Any) -> dict[str, Any]:
    """How many follow the project, and what this person follows."""
    is_known = isinstance(user, User)
    return {
        "count": ProjectFollow.objects.filter(project=project).count(),
        "project": is_known and ProjectFollow.objects.filter(project=project, user=user).exists(),
        "creator": is_known and CreatorFollow.objects.filter(creator=project.creator_id, user=user).exists(),
        "is_own": is_known and user.pk == project.creator_id,
    }


@register.simple_tag
def newest_threads(project: Project, user: Any, note: LabNote | None = None) -> Discussion:
    """The newest threads of the project, or of a note."""
    rows = threads_of(project, note)
    return read_discussion(
        project=project, threads=rows, reader=user, now=business_now(), a_page=A_PAGE if note else NEWEST
    )


@register.simple_tag
def comment_form() -> CommentForm:
    """An empty form to say or ask something."""
    return CommentForm()


@register.simple_tag
def faq_of(project: Project, user: Any) -> dict[str, Any]:
    """The answers for good, and whether this person writes them."""
    return {"entries": list(project.faq.all()), "may_edit": can(user, project, "moderate")}
