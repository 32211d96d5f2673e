"""The schema as it stands after the migrations that this replaces: a new database is made in a fifth of the time.

A database that has some of them goes on with the rest of them. What triggers and functions say is written there.
"""

from importlib import import_module

import django.db.models.deletion
import django.db.models.expressions
import uuid
import values.tables
from django.conf import settings
from django.db import migrations, models


LEDGER_RULES = import_module("payments.migrations.0002_ledger_rules")
MONEY_DAYS = import_module("payments.migrations.0004_money_days")
SETTLED_DAYS = import_module("payments.migrations.0005_settled_days")


class Migration(migrations.Migration):
    replaces = [
        ("payments", "0001_initial"),
        ("payments", "0002_ledger_rules"),
        ("payments", "0003_complete_money"),
        ("payments", "0004_money_days"),
        ("payments", "0005_settled_days"),
        ("payments", "0006_rewards_are_owed"),
        ("payments", "0007_abandoned_refunds"),
    ]

    initial = True

    dependencies = [
        ("accounts", "__first__"),
        ("projects", "0025_invitation_language"),
    ]

    operations = [
        values.tables.CreateTogether(
            operations=[
                migrations.CreateModel(
                    name="BalanceRecord",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("transaction_id", models.CharField(max_length=80, unique=True)),
                        ("kind", models.CharField(max_length=40)),
                        ("source", models.CharField(blank=True, db_index=True, max_length=80)),
                        ("currency", models.CharField(max_length=3)),
                        ("amount_minor", models.BigIntegerField()),
                        ("fee_minor", models.BigIntegerField()),
                        ("created_at", models.DateTimeField(db_index=True)),
                        ("available_at", models.DateTimeField()),
                        ("seen_at", models.DateTimeField(null=True)),
                    ],
                ),
                migrations.CreateModel(
                    name="CashPledge",
                    fields=[
                        ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                        ("client_token", models.UUIDField(unique=True)),
                        ("period", models.DateField(null=True)),
                        ("amount_minor", models.BigIntegerField()),
                        ("tip_minor", models.BigIntegerField(default=0)),
                        ("refunded_minor", models.BigIntegerField(default=0)),
                        ("currency", models.CharField(max_length=3)),
                        (
                            "state",
                            models.CharField(
                                choices=[
                                    ("started", "started, card not saved yet"),
                                    ("active", "active"),
                                    ("locked", "being charged"),
                                    ("retrying", "declined, will be tried again"),
                                    ("needs_action", "needs you"),
                                    ("collected", "charged"),
                                    ("disputed", "disputed at the bank"),
                                    ("lost", "taken back by the bank"),
                                    ("refunded", "refunded"),
                                    ("dropped", "dropped"),
                                    ("canceled", "canceled"),
                                    ("released", "released, never charged"),
                                ],
                                default="started",
                                max_length=14,
                            ),
                        ),
                        ("is_charged_at_once", models.BooleanField(default=False)),
                        ("is_late", models.BooleanField(default=False)),
                        ("is_anonymous", models.BooleanField(default=True)),
                        ("origin", models.CharField(blank=True, max_length=64)),
                        ("card_fingerprint", models.CharField(blank=True, max_length=40)),
                        ("setup_intent_id", models.CharField(blank=True, max_length=80)),
                        ("new_setup_intent_id", models.CharField(blank=True, max_length=80)),
                        ("card_changes", models.PositiveSmallIntegerField(default=0)),
                        ("payment_intent_id", models.CharField(blank=True, max_length=80)),
                        ("payment_method_id", models.CharField(blank=True, max_length=80)),
                        ("card_label", models.CharField(blank=True, max_length=40)),
                        ("is_card_released", models.BooleanField(default=False)),
                        ("last_message", models.CharField(blank=True, max_length=300)),
                        ("changes", models.PositiveIntegerField(default=0)),
                        ("attempts", models.PositiveIntegerField(default=0)),
                        ("next_attempt_at", models.DateTimeField(null=True)),
                        ("fix_ends_at", models.DateTimeField(null=True)),
                        ("created_at", models.DateTimeField()),
                        ("activated_at", models.DateTimeField(null=True)),
                        ("collected_at", models.DateTimeField(null=True)),
                        ("settled_at", models.DateTimeField(null=True)),
                        ("rewards_opened_at", models.DateTimeField(null=True)),
                        (
                            "backer",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="cash_pledges",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "project",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="cash_pledges",
                                to="projects.project",
                            ),
                        ),
                        (
                            "reward",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="cash_pledges",
                                to="projects.reward",
                            ),
                        ),
                    ],
                    options={
                        "ordering": ("-created_at",),
                    },
                ),
                migrations.CreateModel(
                    name="LedgerTransaction",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        (
                            "kind",
                            models.CharField(
                                choices=[
                                    ("charge", "charge"),
                                    ("settlement", "settlement"),
                                    ("refund", "refund"),
                                    ("refund_failure", "refund sent back"),
                                    ("dispute", "dispute opened"),
                                    ("dispute_won", "dispute won"),
                                    ("dispute_lost", "dispute lost"),
                                    ("release", "tranche released"),
                                    ("transfer", "paid to the creator"),
                                    ("write_off", "loss borne by the platform"),
                                ],
                                max_length=16,
                            ),
                        ),
                        ("reference", models.CharField(max_length=120, unique=True)),
                        ("provider_id", models.CharField(blank=True, max_length=80)),
                        ("provider_currency", models.CharField(blank=True, max_length=3)),
                        ("provider_amount_minor", models.BigIntegerField(null=True)),
                        ("provider_fee_minor", models.BigIntegerField(null=True)),
                        ("recorded_at", models.DateTimeField()),
                        (
                            "pledge",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="ledger_transactions",
                                to="payments.cashpledge",
                            ),
                        ),
                        (
                            "project",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="ledger_transactions",
                                to="projects.project",
                            ),
                        ),
                    ],
                    options={
                        "indexes": [
                            models.Index(fields=["project", "-id"], name="ledger_by_project"),
                            models.Index(fields=["kind", "recorded_at"], name="ledger_by_kind"),
                            models.Index(
                                condition=models.Q(("provider_id", ""), _negated=True),
                                fields=["provider_id"],
                                name="ledger_by_provider",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="LedgerEntry",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        (
                            "account",
                            models.CharField(
                                choices=[
                                    ("provider_pending", "at the provider, pending"),
                                    ("provider_available", "at the provider, available"),
                                    ("project_held", "held for the project"),
                                    ("provider_fees", "fees of the provider"),
                                    ("platform_tips", "tips to the platform"),
                                    ("platform_fees", "fees of the platform"),
                                    ("reserve", "reserve of the project"),
                                    ("creator_payable", "payable to the creator"),
                                    ("disputed", "taken by a bank, undecided"),
                                    ("dispute_loss", "losses borne by the platform"),
                                    ("exchange", "exchange clearing"),
                                ],
                                max_length=20,
                            ),
                        ),
                        ("currency", models.CharField(max_length=3)),
                        ("debit", models.BigIntegerField(default=0)),
                        ("credit", models.BigIntegerField(default=0)),
                        (
                            "transaction",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="entries",
                                to="payments.ledgertransaction",
                            ),
                        ),
                    ],
                    options={
                        "indexes": [models.Index(fields=["account", "currency"], name="ledger_entry_account")],
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(("credit", 0), ("debit__gt", 0)),
                                    models.Q(("credit__gt", 0), ("debit", 0)),
                                    _connector="OR",
                                ),
                                name="entry_has_one_side",
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="MonthlySupport",
                    fields=[
                        ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                        ("amount_minor", models.BigIntegerField()),
                        ("tip_minor", models.BigIntegerField(default=0)),
                        ("currency", models.CharField(max_length=3)),
                        ("is_anonymous", models.BooleanField(default=True)),
                        (
                            "state",
                            models.CharField(
                                choices=[
                                    ("started", "started, first month not paid yet"),
                                    ("active", "active"),
                                    ("paused", "paused"),
                                    ("canceled", "canceled"),
                                ],
                                default="started",
                                max_length=10,
                            ),
                        ),
                        ("payment_method_id", models.CharField(blank=True, max_length=80)),
                        ("card_label", models.CharField(blank=True, max_length=40)),
                        ("anchor_day", models.PositiveSmallIntegerField()),
                        ("next_debit_at", models.DateTimeField(null=True)),
                        ("created_at", models.DateTimeField()),
                        ("ended_at", models.DateTimeField(null=True)),
                        ("end_reason", models.CharField(blank=True, max_length=300)),
                        (
                            "backer",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="supports",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "project",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="supports",
                                to="projects.project",
                            ),
                        ),
                    ],
                    options={
                        "ordering": ("-created_at",),
                        "indexes": [
                            models.Index(
                                condition=models.Q(("state", "active")), fields=["next_debit_at"], name="support_due"
                            )
                        ],
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(("amount_minor__gt", 0), ("tip_minor__gte", 0)),
                                name="support_is_positive",
                            ),
                            models.UniqueConstraint(
                                condition=models.Q(("state__in", ("active", "paused"))),
                                fields=("project", "backer"),
                                name="one_open_support",
                            ),
                        ],
                    },
                ),
                migrations.AddField(
                    model_name="cashpledge",
                    name="support",
                    field=models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="pledges",
                        to="payments.monthlysupport",
                    ),
                ),
                migrations.CreateModel(
                    name="NoticeMail",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("kind", models.CharField(max_length=30)),
                        ("key", models.CharField(max_length=80)),
                        ("facts", models.JSONField()),
                        ("created_at", models.DateTimeField()),
                        ("sent_at", models.DateTimeField(null=True)),
                        (
                            "user",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                    ],
                    options={
                        "indexes": [
                            models.Index(condition=models.Q(("sent_at", None)), fields=["id"], name="notice_mail_open")
                        ],
                        "constraints": [
                            models.UniqueConstraint(fields=("user", "kind", "key"), name="notice_mail_once")
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="Payment",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("number", models.PositiveIntegerField()),
                        ("idempotency_key", models.CharField(max_length=120, unique=True)),
                        ("payment_method_id", models.CharField(blank=True, max_length=80)),
                        (
                            "state",
                            models.CharField(
                                choices=[
                                    ("pending", "sent, outcome unknown"),
                                    ("succeeded", "succeeded"),
                                    ("refused", "refused"),
                                    ("lost", "did not arrive"),
                                ],
                                default="pending",
                                max_length=10,
                            ),
                        ),
                        ("code", models.CharField(blank=True, max_length=60)),
                        ("decline_code", models.CharField(blank=True, max_length=60)),
                        ("message", models.CharField(blank=True, max_length=300)),
                        ("sent_at", models.DateTimeField()),
                        ("finished_at", models.DateTimeField(null=True)),
                        (
                            "pledge",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="payments",
                                to="payments.cashpledge",
                            ),
                        ),
                    ],
                    options={
                        "ordering": ("pk",),
                        "indexes": [
                            models.Index(
                                condition=models.Q(("state", "pending")), fields=["sent_at"], name="payment_unknown"
                            ),
                            models.Index(
                                condition=models.Q(("state", "refused")),
                                fields=["-finished_at"],
                                name="payment_refused",
                            ),
                        ],
                        "constraints": [
                            models.UniqueConstraint(fields=("pledge", "number"), name="payment_number_once"),
                            models.UniqueConstraint(
                                condition=models.Q(("state", "pending")),
                                fields=("pledge",),
                                name="one_pending_payment_a_pledge",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="PayoutRecipient",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("account_id", models.CharField(max_length=80, unique=True)),
                        ("is_active", models.BooleanField(default=False)),
                        ("checked_at", models.DateTimeField(null=True)),
                        (
                            "user",
                            models.OneToOneField(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                    ],
                ),
                migrations.CreateModel(
                    name="Payout",
                    fields=[
                        ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                        (
                            "kind",
                            models.CharField(choices=[("tranche", "tranche"), ("reserve", "reserve")], max_length=8),
                        ),
                        ("currency", models.CharField(max_length=3)),
                        ("gross_minor", models.BigIntegerField(default=0)),
                        ("provider_fee_minor", models.BigIntegerField(default=0)),
                        ("platform_fee_minor", models.BigIntegerField(default=0)),
                        ("reserve_minor", models.BigIntegerField(default=0)),
                        ("amount_minor", models.BigIntegerField(default=0)),
                        (
                            "state",
                            models.CharField(
                                choices=[
                                    ("requested", "waits for release"),
                                    ("released", "released, being sent"),
                                    ("paid", "paid"),
                                    ("rejected", "sent back"),
                                ],
                                default="requested",
                                max_length=10,
                            ),
                        ),
                        ("idempotency_key", models.CharField(max_length=120, unique=True)),
                        ("provider_id", models.CharField(blank=True, max_length=80)),
                        ("message", models.CharField(blank=True, max_length=300)),
                        ("requested_at", models.DateTimeField()),
                        ("released_at", models.DateTimeField(null=True)),
                        ("paid_at", models.DateTimeField(null=True)),
                        (
                            "milestone",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="payouts",
                                to="projects.milestone",
                            ),
                        ),
                        (
                            "project",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="payouts",
                                to="projects.project",
                            ),
                        ),
                        (
                            "released_by",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "recipient",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="payouts",
                                to="payments.payoutrecipient",
                            ),
                        ),
                    ],
                    options={
                        "ordering": ("-requested_at",),
                        "indexes": [
                            models.Index(
                                condition=models.Q(("state__in", ("requested", "released"))),
                                fields=["requested_at"],
                                name="payout_open",
                            )
                        ],
                        "constraints": [
                            models.UniqueConstraint(
                                condition=models.Q(
                                    models.Q(("state", "rejected"), _negated=True), ("milestone__isnull", False)
                                ),
                                fields=("milestone",),
                                name="one_payout_a_milestone",
                            ),
                            models.UniqueConstraint(
                                condition=models.Q(("kind", "reserve"), models.Q(("state", "rejected"), _negated=True)),
                                fields=("project",),
                                name="one_reserve_payout",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    (
                                        "gross_minor",
                                        django.db.models.expressions.CombinedExpression(
                                            django.db.models.expressions.CombinedExpression(
                                                django.db.models.expressions.CombinedExpression(
                                                    models.F("amount_minor"), "+", models.F("provider_fee_minor")
                                                ),
                                                "+",
                                                models.F("platform_fee_minor"),
                                            ),
                                            "+",
                                            models.F("reserve_minor"),
                                        ),
                                    )
                                ),
                                name="payout_adds_up",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(("amount_minor__gte", 0)), name="payout_not_negative"
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="PledgeAddOn",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("quantity", models.PositiveSmallIntegerField()),
                        ("price_minor", models.BigIntegerField()),
                        (
                            "pledge",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="add_ons",
                                to="payments.cashpledge",
                            ),
                        ),
                        (
                            "reward",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="projects.reward"
                            ),
                        ),
                    ],
                    options={
                        "constraints": [
                            models.UniqueConstraint(fields=("pledge", "reward"), name="add_on_once_a_pledge"),
                            models.CheckConstraint(
                                condition=models.Q(("quantity__gt", 0)), name="add_on_quantity_positive"
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="PledgeDay",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("currency", models.CharField(max_length=3)),
                        ("state", models.CharField(max_length=14)),
                        ("day", models.DateField()),
                        ("pledges", models.BigIntegerField()),
                        ("amount", models.BigIntegerField()),
                        (
                            "project",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="projects.project"
                            ),
                        ),
                    ],
                    options={
                        "constraints": [
                            models.UniqueConstraint(
                                fields=("project", "currency", "state", "day"), name="pledge_day_once"
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="PledgeMail",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("kind", models.CharField(max_length=20)),
                        ("number", models.PositiveIntegerField(default=0)),
                        ("created_at", models.DateTimeField()),
                        ("sent_at", models.DateTimeField(null=True)),
                        (
                            "pledge",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="mails",
                                to="payments.cashpledge",
                            ),
                        ),
                    ],
                    options={
                        "indexes": [
                            models.Index(condition=models.Q(("sent_at", None)), fields=["id"], name="pledge_mail_open")
                        ],
                        "constraints": [
                            models.UniqueConstraint(fields=("pledge", "kind", "number"), name="pledge_mail_once")
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="ProviderCustomer",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("customer_id", models.CharField(max_length=80, unique=True)),
                        (
                            "user",
                            models.OneToOneField(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                    ],
                ),
                migrations.CreateModel(
                    name="ReconciliationDifference",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("reference", models.CharField(max_length=120)),
                        ("kind", models.CharField(max_length=40)),
                        ("detail", models.CharField(max_length=300)),
                        ("explanation", models.CharField(blank=True, max_length=1000)),
                        ("found_at", models.DateTimeField()),
                        ("gone_at", models.DateTimeField(null=True)),
                        (
                            "explained_by",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                    ],
                    options={
                        "constraints": [
                            models.UniqueConstraint(
                                condition=models.Q(("gone_at", None)),
                                fields=("reference", "kind"),
                                name="open_difference_once",
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="Refund",
                    fields=[
                        ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                        ("amount_minor", models.BigIntegerField()),
                        ("tip_minor", models.BigIntegerField(default=0)),
                        (
                            "cause",
                            models.CharField(
                                choices=[
                                    ("failed", "the project failed"),
                                    ("canceled", "the project was canceled"),
                                    ("abandoned", "the project was abandoned"),
                                    ("late", "charged after the pledge had ended"),
                                    ("creator", "given back by the creator"),
                                    ("staff", "given back by the platform"),
                                    ("withdrawal", "the backer withdrew"),
                                ],
                                max_length=10,
                            ),
                        ),
                        ("reason", models.CharField(blank=True, max_length=1000)),
                        (
                            "state",
                            models.CharField(
                                choices=[
                                    ("pending", "on its way to the provider"),
                                    ("sent", "at the bank"),
                                    ("succeeded", "paid back"),
                                    ("failed", "refused by the bank"),
                                ],
                                default="pending",
                                max_length=10,
                            ),
                        ),
                        ("idempotency_key", models.CharField(max_length=120, unique=True)),
                        ("provider_id", models.CharField(blank=True, max_length=80)),
                        ("message", models.CharField(blank=True, max_length=300)),
                        ("created_at", models.DateTimeField()),
                        ("next_attempt_at", models.DateTimeField(null=True)),
                        ("attempts", models.PositiveSmallIntegerField(default=0)),
                        ("finished_at", models.DateTimeField(null=True)),
                        (
                            "pledge",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="refunds",
                                to="payments.cashpledge",
                            ),
                        ),
                        (
                            "requested_by",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                    ],
                    options={
                        "ordering": ("-created_at",),
                        "indexes": [
                            models.Index(
                                condition=models.Q(("state__in", ("pending", "sent"))),
                                fields=["next_attempt_at"],
                                name="refund_due",
                            ),
                            models.Index(
                                condition=models.Q(("state", "failed")), fields=["-finished_at"], name="refund_failed"
                            ),
                        ],
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("amount_minor__gt", 0),
                                    ("tip_minor__gte", 0),
                                    ("tip_minor__lte", models.F("amount_minor")),
                                ),
                                name="refund_is_positive",
                            ),
                            models.UniqueConstraint(
                                condition=models.Q(("provider_id", ""), _negated=True),
                                fields=("provider_id",),
                                name="one_refund_a_provider_refund",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="ReplacedCard",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("payment_method_id", models.CharField(max_length=80)),
                        ("setup_intent_id", models.CharField(db_index=True, max_length=80)),
                        ("released_at", models.DateTimeField(null=True)),
                        (
                            "pledge",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="replaced_cards",
                                to="payments.cashpledge",
                            ),
                        ),
                    ],
                ),
                migrations.CreateModel(
                    name="SettledDay",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("currency", models.CharField(max_length=3)),
                        ("day", models.DateField()),
                        ("amount", models.BigIntegerField()),
                        (
                            "project",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="projects.project"
                            ),
                        ),
                    ],
                    options={
                        "constraints": [
                            models.UniqueConstraint(fields=("project", "currency", "day"), name="settled_day_once")
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="WebhookEvent",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("event_id", models.CharField(max_length=80, unique=True)),
                        ("kind", models.CharField(max_length=80)),
                        ("object_id", models.CharField(max_length=80)),
                        ("payload", models.JSONField()),
                        ("received_at", models.DateTimeField()),
                        ("processed_at", models.DateTimeField(null=True)),
                        ("attempts", models.PositiveIntegerField(default=0)),
                        ("error", models.CharField(blank=True, max_length=300)),
                    ],
                    options={
                        "indexes": [
                            models.Index(
                                condition=models.Q(("processed_at", None)), fields=["received_at"], name="webhook_open"
                            ),
                            models.Index(
                                condition=models.Q(("error", ""), _negated=True),
                                fields=["-received_at"],
                                name="webhook_with_error",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="CashPledgeTransition",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("source", models.CharField(max_length=14)),
                        ("target", models.CharField(max_length=14)),
                        ("amount_before", models.BigIntegerField()),
                        ("amount_after", models.BigIntegerField()),
                        ("reason", models.CharField(blank=True, max_length=300)),
                        ("happened_at", models.DateTimeField()),
                        (
                            "pledge",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="transitions",
                                to="payments.cashpledge",
                            ),
                        ),
                    ],
                    options={
                        "ordering": ("pk",),
                        "indexes": [models.Index(fields=["happened_at"], name="cash_transition_time")],
                    },
                ),
                migrations.CreateModel(
                    name="Dispute",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("provider_id", models.CharField(max_length=80, unique=True)),
                        ("amount_minor", models.BigIntegerField()),
                        ("tip_minor", models.BigIntegerField(default=0)),
                        ("currency", models.CharField(max_length=3)),
                        ("reason", models.CharField(max_length=60)),
                        (
                            "state",
                            models.CharField(
                                choices=[
                                    ("needs_response", "needs evidence"),
                                    ("under_review", "at the bank"),
                                    ("won", "won"),
                                    ("lost", "lost"),
                                ],
                                default="needs_response",
                                max_length=16,
                            ),
                        ),
                        ("due_at", models.DateTimeField(null=True)),
                        ("opened_at", models.DateTimeField()),
                        ("closed_at", models.DateTimeField(null=True)),
                        ("evidence", models.TextField(blank=True, max_length=8000)),
                        ("evidence_sent_at", models.DateTimeField(null=True)),
                        (
                            "evidence_by",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "pledge",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="disputes",
                                to="payments.cashpledge",
                            ),
                        ),
                    ],
                    options={
                        "ordering": ("due_at", "pk"),
                        "indexes": [
                            models.Index(
                                condition=models.Q(("state__in", ("needs_response", "under_review"))),
                                fields=["due_at"],
                                name="dispute_open",
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="Hold",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("reason", models.CharField(max_length=1000)),
                        ("set_at", models.DateTimeField()),
                        ("lifted_at", models.DateTimeField(null=True)),
                        ("lift_reason", models.CharField(blank=True, max_length=1000)),
                        (
                            "lifted_by",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "pledge",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="holds",
                                to="payments.cashpledge",
                            ),
                        ),
                        (
                            "project",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="holds",
                                to="projects.project",
                            ),
                        ),
                        (
                            "set_by",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "user",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="holds",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                    ],
                    options={
                        "ordering": ("-pk",),
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(("pledge__isnull", False), ("project", None), ("user", None)),
                                    models.Q(("pledge", None), ("project__isnull", False), ("user", None)),
                                    models.Q(("pledge", None), ("project", None), ("user__isnull", False)),
                                    _connector="OR",
                                ),
                                name="hold_covers_one_thing",
                            ),
                            models.UniqueConstraint(
                                condition=models.Q(("lifted_at", None)), fields=("pledge",), name="one_hold_a_pledge"
                            ),
                            models.UniqueConstraint(
                                condition=models.Q(("lifted_at", None)), fields=("project",), name="one_hold_a_project"
                            ),
                            models.UniqueConstraint(
                                condition=models.Q(("lifted_at", None)), fields=("user",), name="one_hold_a_user"
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="LedgerDay",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("kind", models.CharField(max_length=16)),
                        ("account", models.CharField(max_length=20)),
                        ("currency", models.CharField(max_length=3)),
                        ("day", models.DateField()),
                        ("debit", models.BigIntegerField()),
                        ("credit", models.BigIntegerField()),
                        (
                            "project",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="projects.project"
                            ),
                        ),
                    ],
                    options={
                        "constraints": [
                            models.UniqueConstraint(
                                fields=("project", "kind", "account", "currency", "day"), name="ledger_day_once"
                            )
                        ],
                    },
                ),
                migrations.AddIndex(
                    model_name="cashpledge",
                    index=models.Index(
                        condition=models.Q(("state__in", ("locked", "retrying"))),
                        fields=["next_attempt_at"],
                        name="cash_pledge_due",
                    ),
                ),
                migrations.AddIndex(
                    model_name="cashpledge",
                    index=models.Index(fields=["project", "state"], name="cash_pledge_by_project"),
                ),
                migrations.AddIndex(
                    model_name="cashpledge",
                    index=models.Index(fields=["project", "-created_at"], name="cash_pledge_newest"),
                ),
                migrations.AddIndex(
                    model_name="cashpledge",
                    index=models.Index(
                        condition=models.Q(("collected_at__isnull", False), ("settled_at", None)),
                        fields=["project", "collected_at"],
                        include=("amount_minor", "refunded_minor", "state"),
                        name="cash_pledge_unsettled",
                    ),
                ),
                migrations.AddIndex(
                    model_name="cashpledge",
                    index=models.Index(
                        condition=models.Q(("state__in", ("started", "needs_action", "disputed"))),
                        fields=["state"],
                        name="cash_pledge_open",
                    ),
                ),
                migrations.AddIndex(
                    model_name="cashpledge",
                    index=models.Index(
                        condition=models.Q(
                            ("is_card_released", False), ("state__in", ("released", "canceled", "dropped"))
                        ),
                        fields=["state"],
                        name="cash_pledge_card_kept",
                    ),
                ),
                migrations.AddIndex(
                    model_name="cashpledge",
                    index=models.Index(fields=["-created_at"], name="cash_pledge_recent"),
                ),
                migrations.AddIndex(
                    model_name="cashpledge",
                    index=models.Index(
                        condition=models.Q(("rewards_opened_at", None), ("state", "collected")),
                        fields=["collected_at"],
                        name="cash_pledge_rewards_due",
                    ),
                ),
                migrations.AddIndex(
                    model_name="cashpledge",
                    index=models.Index(
                        condition=models.Q(("rewards_opened_at__isnull", False), ("state__in", ("refunded", "lost"))),
                        fields=["state"],
                        name="cash_pledge_rewards_gone",
                    ),
                ),
                migrations.AddIndex(
                    model_name="cashpledge",
                    index=models.Index(
                        condition=models.Q(("card_fingerprint", ""), _negated=True),
                        fields=["card_fingerprint"],
                        name="cash_pledge_fingerprint",
                    ),
                ),
                migrations.AddConstraint(
                    model_name="cashpledge",
                    constraint=models.CheckConstraint(
                        condition=models.Q(("amount_minor__gt", 0)), name="cash_pledge_is_positive"
                    ),
                ),
                migrations.AddConstraint(
                    model_name="cashpledge",
                    constraint=models.CheckConstraint(
                        condition=models.Q(("tip_minor__gte", 0)), name="cash_pledge_tip_not_negative"
                    ),
                ),
                migrations.AddConstraint(
                    model_name="cashpledge",
                    constraint=models.CheckConstraint(
                        condition=models.Q(
                            ("refunded_minor__gte", 0),
                            (
                                "refunded_minor__lte",
                                django.db.models.expressions.CombinedExpression(
                                    models.F("amount_minor"), "+", models.F("tip_minor")
                                ),
                            ),
                        ),
                        name="cash_pledge_refund_bounded",
                    ),
                ),
                migrations.AddConstraint(
                    model_name="cashpledge",
                    constraint=models.UniqueConstraint(
                        fields=("support", "period"), name="one_pledge_a_support_period"
                    ),
                ),
                migrations.AddConstraint(
                    model_name="cashpledge",
                    constraint=models.UniqueConstraint(
                        condition=models.Q(("payment_intent_id", ""), _negated=True),
                        fields=("payment_intent_id",),
                        name="one_pledge_a_payment_intent",
                    ),
                ),
                migrations.AddConstraint(
                    model_name="cashpledge",
                    constraint=models.UniqueConstraint(
                        condition=models.Q(("setup_intent_id", ""), _negated=True),
                        fields=("setup_intent_id",),
                        name="one_pledge_a_setup_intent",
                    ),
                ),
            ],
        ),
        migrations.RunSQL(LEDGER_RULES.FORWARD, LEDGER_RULES.BACKWARD),
        migrations.RunSQL(MONEY_DAYS.FORWARD, MONEY_DAYS.BACKWARD),
        migrations.RunSQL(SETTLED_DAYS.FORWARD, SETTLED_DAYS.BACKWARD),
    ]
