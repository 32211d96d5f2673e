"""Webhooks out: where somebody's programs want to be told, and each message with its attempts."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _

from projects.models import Project


class HookEndpoint(models.Model):
    """An address for a project's events, or (`project` null) for those of everything that concerns its owner.

    Secrets are derived from the platform's key, the endpoint and `generation`: none is stored.
    """

    class State(models.TextChoices):
        ACTIVE = "active", _("active")
        PAUSED = "paused", _("paused")
        DISABLED = "disabled", _("disabled after failures")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="hook_endpoints")
    project = models.ForeignKey(Project, models.CASCADE, null=True, related_name="hook_endpoints")
    url = models.URLField(max_length=500)
    kinds = ArrayField(models.CharField(max_length=40))
    state = models.CharField(max_length=10, choices=State, default=State.ACTIVE)
    generation = models.PositiveIntegerField(default=1)
    # Until then messages are signed with the secret before, too.
    previous_until = models.DateTimeField(null=True)
    failing_since = models.DateTimeField(null=True)
    created_at = models.DateTimeField()

    class Meta:
        ordering = ("-created_at", "pk")

    def __str__(self) -> str:
        return self.url


class HookMessage(models.Model):
    """One message for one endpoint: pending until it is taken, or given up after the last attempt."""

    class State(models.TextChoices):
        PENDING = "pending", _("waiting")
        DELIVERED = "delivered", _("delivered")
        FAILED = "failed", _("given up")

    endpoint = models.ForeignKey(HookEndpoint, models.CASCADE, related_name="messages")
    # The same for every attempt, and for every endpoint that is told of the event.
    message_id = models.CharField(max_length=60)
    kind = models.CharField(max_length=40)
    body = models.TextField()
    state = models.CharField(max_length=10, choices=State, default=State.PENDING)
    attempts = models.PositiveSmallIntegerField(default=0)
    next_at = models.DateTimeField()
    created_at = models.DateTimeField()

    class Meta:
        ordering = ("-pk",)
        constraints = [models.UniqueConstraint(fields=("endpoint", "message_id"), name="hook_message_once")]
        indexes = [models.Index(fields=("next_at",), condition=models.Q(state="pending"), name="hook_message_due")]

    def __str__(self) -> str:
        return f"{self.kind} {self.message_id}"


class HookAttempt(models.Model):
    """What came of sending a message once. `status` 0: nobody answered, and `answer` says why."""

    message = models.ForeignKey(HookMessage, models.CASCADE, related_name="log")
    status = models.PositiveSmallIntegerField()
    answer = models.CharField(max_length=500)
    milliseconds = models.PositiveIntegerField()
    made_at = models.DateTimeField()

    class Meta:
        ordering = ("-pk",)

    def __str__(self) -> str:
        return f"{self.status} for {self.message_id}"
