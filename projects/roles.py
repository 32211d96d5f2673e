"""Who may do what of a project's work. The creator may do all of it; a teammate, what the role says."""

from __future__ import annotations

from typing import Literal

from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from projects.models import Project, Role, Teammate
from projects.models.project import ProjectQuerySet

Permission = Literal[
    "see", "edit", "write_notes", "moderate", "deliver", "see_backers", "run", "submit", "launch", "team", "money"
]
# `launch`, `team` and `money` stay with the creator, who answers for what backers are promised.
PERMISSIONS: dict[str, frozenset[Permission]] = {
    Role.CO_CREATOR: frozenset({"see", "edit", "write_notes", "moderate", "deliver", "see_backers", "run", "submit"}),
    Role.WRITER: frozenset({"see", "edit", "write_notes", "moderate"}),
    Role.TRAINER: frozenset({"see", "write_notes", "run"}),
    Role.STEWARD: frozenset({"see", "moderate", "deliver", "see_backers"}),
    Role.MEMBER: frozenset({"see"}),
}
IN_WORDS = {
    Role.CO_CREATOR: _("Edits the project, hands it in, writes notes, runs training, delivers rewards."),
    Role.WRITER: _("Edits the project, writes notes, moderates the discussion."),
    Role.TRAINER: _("Starts and steers training runs, writes notes."),
    Role.STEWARD: _("Sees backers, delivers rewards, moderates the discussion."),
    Role.MEMBER: _("Is named on the team and sees drafts."),
}


def can(user: object, project: Project, permission: Permission) -> bool:
    """Whether `user` (signed in or not) may do this of the project's work."""
    return permission in permissions_of(user, project)


def permissions_of(user: object, project: Project) -> frozenset[str]:
    """All that `user` may do, in one query."""
    if not isinstance(user, User) or not user.is_active:
        return frozenset()
    if user.pk == project.creator_id:
        return frozenset(Permission.__args__)  # type: ignore[attr-defined]  # reason: of a Literal
    role = Teammate.objects.filter(project=project, user=user, ended_at=None).values_list("role", flat=True).first()
    return PERMISSIONS[role] if role else frozenset()


def projects_of(user: User) -> ProjectQuerySet:
    """Every project that the account made or works on."""
    on_team = Teammate.objects.filter(user=user, ended_at=None).values("project_id")
    return Project.objects.filter(Q(creator=user) | Q(pk__in=on_team))


def mates_who_can(project_id: int, permission: Permission) -> QuerySet[Teammate]:
    """Of the team beside the creator, those whose role allows it."""
    roles = [role for role, allowed in PERMISSIONS.items() if permission in allowed]
    return Teammate.objects.filter(project=project_id, role__in=roles, ended_at=None)


def people_who_can(project: Project, permission: Permission) -> list[int]:
    """Primary keys of the creator and of every teammate whose role allows it."""
    return [project.creator_id, *mates_who_can(project.pk, permission).values_list("user_id", flat=True)]
