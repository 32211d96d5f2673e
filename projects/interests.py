"""What ties a person to a project: making it, working on it, backing it, or an organization shared with its team.

Whoever is tied does not judge it.
"""

from __future__ import annotations

from django.db.models import Q
from django.utils.translation import gettext as _

from accounts.models import User
from projects.backing import backs
from projects.models import Project


def organization_of(user: User) -> str:
    """As it is compared: two spellings of one name are one organization."""
    return " ".join(user.organization.split()).casefold()


def interests_of(project: Project, user: User) -> list[str]:
    """Sentences about every tie; empty for somebody who may judge the project."""
    ties = []
    if project.creator_id == user.pk:
        ties.append(_("This is your own project."))
    if project.teammates.filter(user=user).exists():
        ties.append(_("You are or were on the project's team."))
    if backs(user, project):
        ties.append(_("You back this project."))
    if organization_of(user) and any(organization_of(user) == organization_of(one) for one in _team(project)):
        ties.append(_("You and its team are of one organization."))
    return ties


def _team(project: Project) -> list[User]:
    """The creator and who is on the team now. One query."""
    mates = project.teammates.filter(ended_at=None).values("user")
    return list(User.objects.filter(Q(pk=project.creator_id) | Q(pk__in=mates)))
