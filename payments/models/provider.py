"""What ties accounts here to objects at the provider, the inbox of its events, and what reconciliation found."""

from __future__ import annotations

from django.conf import settings
from django.db import models


class ProviderCustomer(models.Model):
    """A backer's customer at the provider."""

    user = models.OneToOneField(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    customer_id = models.CharField(max_length=80, unique=True)

    def __str__(self) -> str:
        return self.customer_id


class PayoutRecipient(models.Model):
    """A creator's account at the provider; launching needs it active."""

    user = models.OneToOneField(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    account_id = models.CharField(max_length=80, unique=True)
    is_active = models.BooleanField(default=False)
    checked_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return self.account_id


class WebhookEvent(models.Model):
    """An event of the provider: a hint. Unique on its id; processed after it was taken in."""

    event_id = models.CharField(max_length=80, unique=True)
    kind = models.CharField(max_length=80)
    object_id = models.CharField(max_length=80)
    payload = models.JSONField()
    received_at = models.DateTimeField()
    processed_at = models.DateTimeField(null=True)
    attempts = models.PositiveIntegerField(default=0)
    error = models.CharField(max_length=300, blank=True)

    class Meta:
        indexes = [
            models.Index(fields=("received_at",), condition=models.Q(processed_at=None), name="webhook_open"),
            models.Index(fields=("-received_at",), condition=~models.Q(error=""), name="webhook_with_error"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.event_id}"


class ReconciliationDifference(models.Model):
    """Ledger and provider disagree. Reported, never silently fixed; it is closed when a later run finds it gone."""

    reference = models.CharField(max_length=120)
    kind = models.CharField(max_length=40)
    detail = models.CharField(max_length=300)
    explanation = models.CharField(max_length=1000, blank=True)
    explained_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    found_at = models.DateTimeField()
    gone_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=("reference", "kind"), condition=models.Q(gone_at=None), name="open_difference_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.kind}: {self.reference}"


class BalanceRecord(models.Model):
    """A balance transaction as the provider lists it, mirrored so that comparing is one statement."""

    transaction_id = models.CharField(max_length=80, unique=True)
    kind = models.CharField(max_length=40)
    source = models.CharField(max_length=80, blank=True, db_index=True)
    currency = models.CharField(max_length=3)
    amount_minor = models.BigIntegerField()
    fee_minor = models.BigIntegerField()
    created_at = models.DateTimeField(db_index=True)
    available_at = models.DateTimeField()
    seen_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return self.transaction_id
