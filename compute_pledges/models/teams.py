"""Teams of volunteers: credit belongs to the team in which a person was when the block was verified."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Lower


class Team(models.Model):
    """A group that lends machines together. Without a captain it is closed: nobody joins, its credit stays."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    name = models.CharField(max_length=60)
    about = models.CharField(max_length=300, blank=True)
    captain = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    # Who knows it may join; the captain can make a new one, and the old one ends.
    invitation = models.CharField(max_length=43, unique=True)
    created_at = models.DateTimeField()

    class Meta:
        ordering = ("name",)
        constraints = [models.UniqueConstraint(Lower("name"), name="team_name_once")]

    def __str__(self) -> str:
        return self.name


class TeamMembership(models.Model):
    """A person in a team from `joined_at` until before `left_at`. In one team at a time."""

    team = models.ForeignKey(Team, models.PROTECT, related_name="memberships")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="team_memberships")
    joined_at = models.DateTimeField()
    left_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ("joined_at",)
        constraints = [
            models.UniqueConstraint(fields=("user",), condition=Q(left_at=None), name="in_one_team"),
            models.CheckConstraint(condition=Q(left_at=None) | Q(left_at__gte=F("joined_at")), name="membership_order"),
        ]
        indexes = [models.Index(fields=("user", "joined_at"), name="membership_of_person")]

    def __str__(self) -> str:
        return f"{self.user_id} in {self.team_id}"


class StandingChoice(models.Model):
    """Whether an account stands in lists of people. No row means that it does, under its public name."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, models.CASCADE, primary_key=True, related_name="standing_choice"
    )
    is_hidden = models.BooleanField(default=False)
    changed_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"{self.user_id}: {'hidden' if self.is_hidden else 'listed'}"
