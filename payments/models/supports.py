"""Monthly support of a project in delivery: our own schedule; each month is a pledge with its own PaymentIntent."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from projects.models import Project
from values.money import Money


class MonthlySupport(models.Model):
    """A promise that repeats. `next_debit_at` is the next charge; its backer is told two days before."""

    class State(models.TextChoices):
        STARTED = "started", _("started, first month not paid yet")
        ACTIVE = "active", _("active")
        PAUSED = "paused", _("paused")
        CANCELED = "canceled", _("canceled")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    project = models.ForeignKey(Project, models.PROTECT, related_name="supports")
    backer = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="supports")
    amount_minor = models.BigIntegerField()
    tip_minor = models.BigIntegerField(default=0)
    currency = models.CharField(max_length=3)
    is_anonymous = models.BooleanField(default=True)
    state = models.CharField(max_length=10, choices=State, default=State.STARTED)
    payment_method_id = models.CharField(max_length=80, blank=True)
    card_label = models.CharField(max_length=40, blank=True)
    anchor_day = models.PositiveSmallIntegerField()
    next_debit_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    end_reason = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering = ("-created_at",)
        constraints = [
            models.CheckConstraint(condition=Q(amount_minor__gt=0, tip_minor__gte=0), name="support_is_positive"),
            models.UniqueConstraint(
                fields=("project", "backer"), condition=Q(state__in=("active", "paused")), name="one_open_support"
            ),
        ]
        indexes = [models.Index(fields=("next_debit_at",), condition=Q(state="active"), name="support_due")]

    def __str__(self) -> str:
        return f"support {self.pk}"

    @property
    def amount(self) -> Money:
        """What the project gets each month."""
        return Money(self.amount_minor, self.currency)

    @property
    def total(self) -> Money:
        """What the card is charged each month."""
        return Money(self.amount_minor + self.tip_minor, self.currency)

    def get_absolute_url(self) -> str:
        """The backer's page of it."""
        return reverse("payments:support", args=[self.pk])
