"""The ledger of money: double entry, integer minor units, append-only, zero-sum per currency by the database.

A transaction is unique on its reference (a balance transaction of the provider), so posting twice changes nothing.
Debit and credit are separate, non-negative columns. What the provider holds for us is a debit balance (pending,
available, disputed); what we owe is a credit balance (held for projects, reserves, payable to creators); the
platform's income (fees, tips) is credit, its costs (provider's fees not borne by projects, disputes lost) debit.
A charge in another currency than the provider settles in passes through the exchange clearing account: each side sums
to zero in its own currency, and the pair of clearing entries is the exchange.
"""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from payments.models.pledges import CashPledge
from projects.models import Project


class LedgerTransaction(models.Model):
    """A movement with two or more entries."""

    class Kind(models.TextChoices):
        CHARGE = "charge", _("charge")
        SETTLEMENT = "settlement", _("settlement")
        REFUND = "refund", _("refund")
        REFUND_FAILURE = "refund_failure", _("refund sent back")
        DISPUTE = "dispute", _("dispute opened")
        DISPUTE_WON = "dispute_won", _("dispute won")
        DISPUTE_LOST = "dispute_lost", _("dispute lost")
        RELEASE = "release", _("tranche released")
        TRANSFER = "transfer", _("paid to the creator")
        WRITE_OFF = "write_off", _("loss borne by the platform")

    kind = models.CharField(max_length=16, choices=Kind)
    reference = models.CharField(max_length=120, unique=True)
    project = models.ForeignKey(Project, models.PROTECT, related_name="ledger_transactions")
    pledge = models.ForeignKey(CashPledge, models.PROTECT, null=True, related_name="ledger_transactions")
    # The provider's balance transaction behind it, as the provider states it; empty where there is none.
    provider_id = models.CharField(max_length=80, blank=True)
    provider_currency = models.CharField(max_length=3, blank=True)
    provider_amount_minor = models.BigIntegerField(null=True)
    provider_fee_minor = models.BigIntegerField(null=True)
    recorded_at = models.DateTimeField()

    class Meta:
        indexes = [
            models.Index(fields=("project", "-id"), name="ledger_by_project"),
            models.Index(fields=("kind", "recorded_at"), name="ledger_by_kind"),
            models.Index(fields=("provider_id",), condition=~Q(provider_id=""), name="ledger_by_provider"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.reference}"


class LedgerEntry(models.Model):
    """One side of a movement."""

    class Account(models.TextChoices):
        PROVIDER_PENDING = "provider_pending", _("at the provider, pending")
        PROVIDER_AVAILABLE = "provider_available", _("at the provider, available")
        PROJECT_HELD = "project_held", _("held for the project")
        PROVIDER_FEES = "provider_fees", _("fees of the provider")
        PLATFORM_TIPS = "platform_tips", _("tips to the platform")
        PLATFORM_FEES = "platform_fees", _("fees of the platform")
        RESERVE = "reserve", _("reserve of the project")
        CREATOR_PAYABLE = "creator_payable", _("payable to the creator")
        DISPUTED = "disputed", _("taken by a bank, undecided")
        DISPUTE_LOSS = "dispute_loss", _("losses borne by the platform")
        EXCHANGE = "exchange", _("exchange clearing")

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
        indexes = [models.Index(fields=("account", "currency"), name="ledger_entry_account")]

    def __str__(self) -> str:
        return f"{self.account} {self.debit or -self.credit} {self.currency}"


class LedgerDay(models.Model):
    """Sums of the entries by UTC day, kept by a trigger: what balances and dashboards read instead of the rows."""

    project = models.ForeignKey(Project, models.PROTECT, related_name="+")
    kind = models.CharField(max_length=16)
    account = models.CharField(max_length=20)
    currency = models.CharField(max_length=3)
    day = models.DateField()
    debit = models.BigIntegerField()
    credit = models.BigIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=("project", "kind", "account", "currency", "day"), name="ledger_day_once")
        ]

    def __str__(self) -> str:
        return f"{self.account} {self.day}"


class SettledDay(models.Model):
    """Gross of the charges that became available, by UTC day, kept by a trigger: the ledger itself books them net."""

    project = models.ForeignKey(Project, models.PROTECT, related_name="+")
    currency = models.CharField(max_length=3)
    day = models.DateField()
    amount = models.BigIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=("project", "currency", "day"), name="settled_day_once")]

    def __str__(self) -> str:
        return f"settled {self.day}"
