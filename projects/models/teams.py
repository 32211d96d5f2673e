"""Who works on a project beside its creator: named in public, and never counted among its backers."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from projects.models.project import Project


class Teammate(models.Model):
    """An account of a project's team. Its pledges never count towards a minimum."""

    project = models.ForeignKey(Project, models.CASCADE, related_name="teammates")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    added_at = models.DateTimeField()

    class Meta:
        ordering = ("added_at",)
        constraints = [models.UniqueConstraint(fields=("project", "user"), name="teammate_once")]

    def __str__(self) -> str:
        return f"{self.user_id} in {self.project_id}"
