"""Who wants to hear of a project, or of everything that a creator starts."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from projects.models.project import Project


class ProjectFollow(models.Model):
    """A person follows a project."""

    project = models.ForeignKey(Project, models.CASCADE, related_name="follows")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="project_follows")
    since = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=("user", "project"), name="project_followed_once")]

    def __str__(self) -> str:
        return f"{self.user_id} follows project {self.project_id}"


class CreatorFollow(models.Model):
    """A person follows a creator: all their projects, those to come included."""

    creator = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="followers")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="creator_follows")
    since = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=("user", "creator"), name="creator_followed_once"),
            models.CheckConstraint(condition=~models.Q(user=models.F("creator")), name="nobody_follows_themselves"),
        ]

    def __str__(self) -> str:
        return f"{self.user_id} follows {self.creator_id}"
