"""What staff did, why, and to what: append-only, enforced by the database."""

from __future__ import annotations

from django.conf import settings
from django.db import models


class StaffAction(models.Model):
    """One deed of a person with rights over others' money or projects, with its reason."""

    actor = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    action = models.CharField(max_length=40)
    subject = models.CharField(max_length=120, db_index=True)
    reason = models.CharField(max_length=1000)
    details = models.JSONField(default=dict)
    happened_at = models.DateTimeField(db_index=True)

    class Meta:
        ordering = ("-pk",)
        constraints = [models.CheckConstraint(condition=~models.Q(reason=""), name="staff_action_has_reason")]

    def __str__(self) -> str:
        return f"{self.action} {self.subject}"


class ActingSession(models.Model):
    """An admin sees the site as a person, to help; read-only, with a reason, for half an hour at most."""

    admin = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    reason = models.CharField(max_length=1000)
    started_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("-pk",)
        constraints = [models.CheckConstraint(condition=~models.Q(reason=""), name="acting_session_has_reason")]

    def __str__(self) -> str:
        return f"{self.admin_id} as {self.person_id}"
