"""What the project's page says of the people around it."""

from __future__ import annotations

from typing import Any

from django import template

from accounts.models import User
from projects.models import CreatorFollow, Project, ProjectFollow

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
