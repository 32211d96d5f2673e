"""The ledger of money: double entry, integer minor units, append-only, zero-sum per currency by the database.

A transaction is unique on its reference (a balance transaction of the provider), so posting twice changes nothing.
Accounts: what the provider holds for us (pending, available), what we hold for a project, the provider's fees, and
what was refunded. Debit and credit are separate, non-negative columns.
"""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from payments.models.pledges import CashPledge
from projects.models import Project


class LedgerTransaction(models.Model):
    """A movement with two or more entries."""

    class Kind(models.TextChoices):
        CHARGE = "charge", "charge"
        SETTLEMENT = "settlement", "settlement"
        REFUND = "refund", "refund"

    kind = models.CharField(max_length=12, choices=Kind)
    reference = models.CharField(max_length=120, unique=True)
    project = models.ForeignKey(Project, models.PROTECT, related_name="ledger_transactions")
    pledge = models.ForeignKey(CashPledge, models.PROTECT, related_name="ledger_transactions")
    recorded_at = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return f"{self.kind} {self.reference}"


class LedgerEntry(models.Model):
    """One side of a movement."""

    class Account(models.TextChoices):
        PROVIDER_PENDING = "provider_pending", "at the provider, pending"
        PROVIDER_AVAILABLE = "provider_available", "at the provider, available"
        PROJECT_HELD = "project_held", "held for the project"
        PROVIDER_FEES = "provider_fees", "fees of the provider"

    transaction = models.ForeignKey(LedgerTransaction, models.PROTECT, related_name="entries")
    account = models.CharField(max_length=20, choices=Account)
    currency = models.CharField(max_length=3)
    debit = models.BigIntegerField(default=0)
    credit = models.BigIntegerField(default=0)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(debit__gt=0, credit=0) | Q(debit=0, credit__gt=0), name="entry_has_one_side"
            )
        ]

    def __str__(self) -> str:
        return f"{self.account} {self.debit or -self.credit} {self.currency}"
