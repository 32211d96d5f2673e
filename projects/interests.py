"""What ties a person to a project: making it, working on it, backing it. Whoever is tied does not judge it."""

from __future__ import annotations

from django.utils.translation import gettext as _

from accounts.models import User
from projects.backing import backs
from projects.models import Project


def interests_of(project: Project, user: User) -> list[str]:
    """Sentences about every tie; empty for somebody who may judge the project."""
    ties = []
    if project.creator_id == user.pk:
        ties.append(_("This is your own project."))
    if project.teammates.filter(user=user).exists():
        ties.append(_("You are or were on the project's team."))
    if backs(user, project):
        ties.append(_("You back this project."))
    return ties
