"""Who may do what of a project's work."""

from __future__ import annotations

from accounts.models import User
from projects.models import Project


def can(user: object, project: Project, permission: str) -> bool:
    """Whether `user` (signed in or not) may do this of the project's work."""
    return isinstance(user, User) and user.is_active and user.pk == project.creator_id


def people_who_can(project: Project, permission: str) -> list[int]:
    """Primary keys of everyone who may."""
    return [project.creator_id]
