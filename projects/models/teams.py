"""Who works on a project beside its creator: named in public, and never counted among its backers."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.db.models.functions import Lower
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from projects.models.project import Project


class Role(models.TextChoices):
    """What a teammate may do; `projects.roles` is the table."""

    CO_CREATOR = "co_creator", _("co-creator")
    WRITER = "writer", _("writer")
    TRAINER = "trainer", _("trainer")
    STEWARD = "steward", _("steward")
    MEMBER = "member", _("member")


class Teammate(models.Model):
    """An account of a project's team. Its pledges never count towards a minimum, even after `ended_at`."""

    project = models.ForeignKey(Project, models.CASCADE, related_name="teammates")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="teams_of_projects")
    role = models.CharField(max_length=12, choices=Role, default=Role.MEMBER)
    added_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("added_at",)
        constraints = [models.UniqueConstraint(fields=("project", "user"), name="teammate_once")]

    def __str__(self) -> str:
        return f"{self.user_id} in {self.project_id}"


class TeamInvitation(models.Model):
    """An offer to a mail address; whoever signs in with this address accepts or declines it."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    project = models.ForeignKey(Project, models.CASCADE, related_name="invitations")
    email = models.EmailField()
    role = models.CharField(max_length=12, choices=Role)
    invited_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    invited_at = models.DateTimeField()
    # Of the page that invited, for an address that has no account yet.
    language = models.CharField(max_length=10, blank=True)
    closed_at = models.DateTimeField(null=True, blank=True)
    is_accepted = models.BooleanField(default=False)
    # The mail that carries it: claimed before it is sent, so that two workers never send it both. An account is told
    # by a notice instead, and the mail counts as sent.
    claimed_at = models.DateTimeField(null=True, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    sent_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("invited_at",)
        constraints = [
            models.UniqueConstraint(
                Lower("email"), "project", condition=models.Q(closed_at=None), name="one_open_invitation_an_address"
            )
        ]

    def __str__(self) -> str:
        return f"{self.role} of {self.project_id}"

    def get_absolute_url(self) -> str:
        """Where it is answered."""
        return reverse("projects:invitation", args=[self.pk])
