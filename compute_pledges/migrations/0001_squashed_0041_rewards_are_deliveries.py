"""The schema as it stands after the migrations that this replaces: a new database is made in a fifth of the time.

A database that has some of them goes on with the rest of them. What triggers and functions say is written there.
"""

from importlib import import_module

import compute_pledges.models.runs
import django.contrib.postgres.constraints
import django.contrib.postgres.fields.ranges
import django.db.models.deletion
import django.db.models.functions.text
import uuid
import values.tables
from django.conf import settings
from django.db import migrations, models


JOURNAL_IS_APPEND_ONLY = import_module("compute_pledges.migrations.0002_journal_is_append_only")
DECLARED_RUNS = import_module("compute_pledges.migrations.0009_declared_runs")
HOURS_OF_A_PLEDGE_AS_BITS = import_module("compute_pledges.migrations.0038_hours_of_a_pledge_as_bits")


class Migration(migrations.Migration):
    replaces = [
        ("compute_pledges", "0001_initial"),
        ("compute_pledges", "0002_journal_is_append_only"),
        ("compute_pledges", "0003_what_the_anchor_received"),
        ("compute_pledges", "0004_bytes_are_not_kept_for_ever"),
        ("compute_pledges", "0005_what_counts_without_a_record"),
        ("compute_pledges", "0006_hours_counts_offers_sponsoring"),
        ("compute_pledges", "0007_hours_of_known_pledges"),
        ("compute_pledges", "0008_when_a_pledge_was_rolled"),
        ("compute_pledges", "0009_declared_runs"),
        ("compute_pledges", "0010_what_agents_say"),
        ("compute_pledges", "0011_shared_reduction"),
        ("compute_pledges", "0012_sums_of_days"),
        ("compute_pledges", "0020_teams_and_releases"),
        ("compute_pledges", "0021_specifications_are_kept"),
        ("compute_pledges", "0022_weeks_and_needs"),
        ("compute_pledges", "0023_what_anchors_and_machines_time"),
        ("compute_pledges", "0024_run_drafts_and_errors"),
        ("compute_pledges", "0030_trust"),
        ("compute_pledges", "0031_who_left_the_lists_when"),
        ("compute_pledges", "0032_vendors_are_rows"),
        ("compute_pledges", "0033_days_on_one_invoice_and_duties_to_rent"),
        ("compute_pledges", "0034_turns_failures_and_delivered_rewards"),
        ("compute_pledges", "0035_language_of_data"),
        ("compute_pledges", "0035_screens"),
        ("compute_pledges", "0036_files_of_statistics"),
        ("compute_pledges", "0037_what_a_card_was_written_from"),
        ("compute_pledges", "0038_hours_of_a_pledge_as_bits"),
        ("compute_pledges", "0039_journal_by_pledge_and_moment"),
        ("compute_pledges", "0040_replays_after_an_appeal"),
        ("compute_pledges", "0041_rewards_are_deliveries"),
    ]

    initial = True

    dependencies = [
        ("accounts", "0002_language"),
        ("accounts", "__first__"),
        ("projects", "0025_invitation_language"),
    ]

    operations = [
        values.tables.CreateTogether(
            operations=[
                migrations.CreateModel(
                    name="Device",
                    fields=[
                        ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                        ("name", models.CharField(max_length=80)),
                        ("public_key", models.BinaryField(max_length=32, unique=True)),
                        ("catalog_slug", models.SlugField(default="cpu-thread")),
                        ("reported_hardware", models.JSONField(default=dict)),
                        (
                            "state",
                            models.CharField(
                                choices=[
                                    ("active", "active"),
                                    ("quarantined", "in quarantine"),
                                    ("revoked", "revoked"),
                                ],
                                default="active",
                                max_length=12,
                            ),
                        ),
                        ("quarantine_reason", models.CharField(blank=True, max_length=300)),
                        (
                            "calibrated_flops_per_second",
                            models.DecimalField(decimal_places=0, max_digits=30, null=True),
                        ),
                        ("calibrated_at", models.DateTimeField(null=True)),
                        ("best_flops_per_second", models.DecimalField(decimal_places=0, default=0, max_digits=30)),
                        ("is_rate_supervised", models.BooleanField(default=False)),
                        ("consecutive_valid", models.PositiveIntegerField(default=0)),
                        ("valid_before_quarantine", models.PositiveIntegerField(default=0)),
                        ("quarantined_at", models.DateTimeField(null=True)),
                        ("paired_at", models.DateTimeField()),
                        ("last_seen_at", models.DateTimeField(null=True)),
                        ("time_zone", models.CharField(blank=True, max_length=64)),
                        (
                            "owner",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="devices",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                    ],
                    options={
                        "ordering": ("paired_at",),
                    },
                ),
                migrations.CreateModel(
                    name="ComputePledge",
                    fields=[
                        ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                        ("client_token", models.UUIDField(unique=True)),
                        ("catalog_slug", models.SlugField()),
                        ("pledged_us", models.BigIntegerField()),
                        ("hours_per_week", models.PositiveSmallIntegerField(default=168)),
                        ("credible_h100_us", models.BigIntegerField(default=0)),
                        ("counted_h100_us", models.BigIntegerField(default=0)),
                        ("recounts", models.PositiveIntegerField(default=0)),
                        ("h100_per_device_ppb", models.BigIntegerField(default=0)),
                        (
                            "state",
                            models.CharField(
                                choices=[
                                    ("offered", "offered"),
                                    ("accepted", "accepted"),
                                    ("delivering", "delivering"),
                                    ("fulfilled", "fulfilled"),
                                    ("partly_fulfilled", "partly fulfilled"),
                                    ("expired", "expired"),
                                    ("withdrawn", "withdrawn"),
                                    ("declined", "declined by the creator"),
                                ],
                                default="offered",
                                max_length=20,
                            ),
                        ),
                        ("created_at", models.DateTimeField()),
                        ("accepted_at", models.DateTimeField(null=True)),
                        ("time_zone", models.CharField(default="UTC", max_length=64)),
                        (
                            "on_failure",
                            models.CharField(
                                choices=[
                                    ("return", "give my hours back to me"),
                                    ("roll_over", "offer them to the project that lacks them most"),
                                ],
                                default="return",
                                max_length=10,
                            ),
                        ),
                        ("rolled_at", models.DateTimeField(null=True)),
                        ("is_takeover", models.BooleanField(default=False)),
                        ("welcomed_at", models.DateTimeField(null=True)),
                        ("end_reason", models.CharField(blank=True, max_length=300)),
                        ("ended_at", models.DateTimeField(null=True)),
                        ("is_late_withdrawal", models.BooleanField(default=False)),
                        ("reward_granted_at", models.DateTimeField(null=True)),
                        ("holds_stock", models.BooleanField(default=False)),
                        (
                            "backer",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="compute_pledges",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "device",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="pledges",
                                to="compute_pledges.device",
                            ),
                        ),
                        (
                            "project",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="compute_pledges",
                                to="projects.project",
                            ),
                        ),
                        (
                            "reward",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="compute_pledges",
                                to="projects.reward",
                            ),
                        ),
                        (
                            "rolled_from",
                            models.OneToOneField(
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="rolled_to",
                                to="compute_pledges.computepledge",
                            ),
                        ),
                    ],
                    options={
                        "ordering": ("-created_at",),
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(("pledged_us__gt", 0)), name="compute_pledge_is_positive"
                            ),
                            models.CheckConstraint(
                                condition=models.Q(("hours_per_week__range", (1, 168))),
                                name="compute_pledge_week_hours",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="JournalClosing",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("closed_until", models.DateField()),
                        ("weeks_until", models.DateField(null=True)),
                    ],
                ),
                migrations.CreateModel(
                    name="Lease",
                    fields=[
                        ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                        (
                            "kind",
                            models.CharField(
                                choices=[("training", "training"), ("calibration", "calibration")], max_length=12
                            ),
                        ),
                        ("peer_id", models.CharField(max_length=80)),
                        ("seed", models.BigIntegerField()),
                        ("nonce", models.CharField(max_length=32)),
                        ("batch", models.PositiveIntegerField()),
                        ("sequence", models.PositiveIntegerField()),
                        ("max_steps", models.PositiveIntegerField()),
                        ("segment_steps", models.PositiveIntegerField()),
                        ("spec_sha256", models.CharField(max_length=64)),
                        (
                            "state",
                            models.CharField(
                                choices=[("open", "open"), ("answered", "answered"), ("expired", "expired")],
                                default="open",
                                max_length=10,
                            ),
                        ),
                        ("issued_at", models.DateTimeField()),
                        ("expires_at", models.DateTimeField()),
                        ("fetch_seconds", models.FloatField(null=True)),
                        (
                            "device",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="leases",
                                to="compute_pledges.device",
                            ),
                        ),
                    ],
                ),
                migrations.CreateModel(
                    name="TrainingRun",
                    fields=[
                        ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                        ("name", models.CharField(max_length=80)),
                        ("config", models.JSONField()),
                        ("hyper", models.JSONField()),
                        ("data", models.JSONField()),
                        (
                            "task",
                            models.CharField(
                                choices=[
                                    ("causal-lm", "Causal language model"),
                                    ("image-diffusion", "Image diffusion"),
                                    ("masked-lm", "Masked language model"),
                                    ("audio-representation", "Audio representation"),
                                ],
                                default="causal-lm",
                                max_length=24,
                            ),
                        ),
                        ("tokenizer", models.JSONField(default=compute_pledges.models.runs.bytes_tokenizer)),
                        ("flops_per_sample", models.DecimalField(decimal_places=0, max_digits=30, null=True)),
                        ("planned_samples", models.BigIntegerField(null=True)),
                        ("forked_round", models.PositiveIntegerField(null=True)),
                        ("start_sha256", models.CharField(blank=True, max_length=64)),
                        ("prompt", models.CharField(max_length=200)),
                        ("parameters", models.BigIntegerField()),
                        ("activations", models.BigIntegerField(default=0)),
                        ("layers", models.PositiveIntegerField()),
                        ("width", models.PositiveIntegerField()),
                        (
                            "state",
                            models.CharField(
                                choices=[("running", "running"), ("paused", "paused"), ("stopped", "stopped")],
                                default="running",
                                max_length=10,
                            ),
                        ),
                        ("anchor_peer_id", models.CharField(blank=True, max_length=80)),
                        ("anchor_addresses", models.JSONField(default=list)),
                        ("error", models.CharField(blank=True, max_length=500)),
                        ("error_at", models.DateTimeField(null=True)),
                        ("created_at", models.DateTimeField()),
                    ],
                    options={
                        "ordering": ("-created_at",),
                    },
                ),
                migrations.CreateModel(
                    name="ReleaseFile",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("name", models.CharField(max_length=80)),
                        ("content_type", models.CharField(max_length=60)),
                        ("sha256", models.CharField(max_length=64)),
                        ("size", models.BigIntegerField()),
                    ],
                    options={
                        "ordering": ("name",),
                    },
                ),
                migrations.CreateModel(
                    name="StandingChoice",
                    fields=[
                        (
                            "user",
                            models.OneToOneField(
                                on_delete=django.db.models.deletion.CASCADE,
                                primary_key=True,
                                related_name="standing_choice",
                                serialize=False,
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        ("is_hidden", models.BooleanField(default=False)),
                        ("changed_at", models.DateTimeField(null=True)),
                    ],
                ),
                migrations.CreateModel(
                    name="StatisticsFile",
                    fields=[
                        ("name", models.CharField(max_length=40, primary_key=True, serialize=False)),
                        ("content_type", models.CharField(max_length=60)),
                        ("sha256", models.CharField(max_length=64)),
                        ("previous_sha256", models.CharField(blank=True, max_length=64)),
                        ("size", models.BigIntegerField()),
                        ("rows", models.BigIntegerField()),
                        ("as_of", models.DateTimeField()),
                    ],
                    options={
                        "ordering": ("name",),
                    },
                ),
                migrations.CreateModel(
                    name="AuditorSeat",
                    fields=[
                        (
                            "device",
                            models.OneToOneField(
                                on_delete=django.db.models.deletion.PROTECT,
                                primary_key=True,
                                related_name="auditor_seat",
                                serialize=False,
                                to="compute_pledges.device",
                            ),
                        ),
                        (
                            "state",
                            models.CharField(
                                choices=[("active", "active"), ("suspended", "suspended")],
                                default="active",
                                max_length=10,
                            ),
                        ),
                        ("reason", models.CharField(blank=True, max_length=300)),
                        ("since", models.DateTimeField()),
                        ("suspended_at", models.DateTimeField(null=True)),
                    ],
                ),
                migrations.CreateModel(
                    name="DeviceReport",
                    fields=[
                        (
                            "device",
                            models.OneToOneField(
                                on_delete=django.db.models.deletion.CASCADE,
                                primary_key=True,
                                related_name="report",
                                serialize=False,
                                to="compute_pledges.device",
                            ),
                        ),
                        ("version", models.CharField(blank=True, max_length=20)),
                        ("limits", models.JSONField(default=list)),
                        ("limits_at", models.DateTimeField(null=True)),
                        ("benchmark", models.JSONField(default=dict)),
                        ("benchmarked_at", models.DateTimeField(null=True)),
                    ],
                ),
                migrations.CreateModel(
                    name="Audit",
                    fields=[
                        ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                        ("attempt", models.PositiveSmallIntegerField(default=1)),
                        (
                            "purpose",
                            models.CharField(
                                choices=[
                                    ("verdict", "decides about the block"),
                                    ("recheck", "looks again at what an auditor passed"),
                                    ("appeal", "evidence for an appeal"),
                                    (
                                        "anew",
                                        "decides about what a quarantine refused unseen, after an appeal was granted",
                                    ),
                                ],
                                default="verdict",
                                max_length=8,
                            ),
                        ),
                        (
                            "cause",
                            models.CharField(
                                choices=[
                                    ("newcomer", "the machine has no record yet"),
                                    ("calibration", "the block measures the machine"),
                                    ("drawn", "drawn by chance"),
                                    ("fast", "faster than the machine has ever been"),
                                    ("alike", "its update resembles another machine's"),
                                    ("first_loss", "its first loss is not that of its data"),
                                ],
                                default="drawn",
                                max_length=11,
                            ),
                        ),
                        (
                            "state",
                            models.CharField(
                                choices=[
                                    ("revealing", "waits for the machine to reveal a segment"),
                                    ("pending", "pending"),
                                    ("claimed", "claimed"),
                                    ("passed", "passed"),
                                    ("failed", "failed"),
                                    ("unclear", "unclear"),
                                    ("void", "void: its auditor is not trusted any more"),
                                ],
                                default="pending",
                                max_length=10,
                            ),
                        ),
                        ("segment", models.PositiveIntegerField(null=True)),
                        ("reveal", models.JSONField(default=dict)),
                        ("reveal_until", models.DateTimeField(null=True)),
                        ("auditor_name", models.CharField(blank=True, max_length=80)),
                        ("troubles", models.PositiveSmallIntegerField(default=0)),
                        ("not_before", models.DateTimeField(null=True)),
                        ("claimed_at", models.DateTimeField(null=True)),
                        ("finished_at", models.DateTimeField(null=True)),
                        ("relative_l2", models.FloatField(null=True)),
                        ("max_loss_difference", models.FloatField(null=True)),
                        ("seconds", models.FloatField(null=True)),
                        ("error", models.CharField(blank=True, max_length=300)),
                        (
                            "auditor",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="audits_done",
                                to="compute_pledges.device",
                            ),
                        ),
                    ],
                ),
                migrations.CreateModel(
                    name="PledgeCount",
                    fields=[
                        (
                            "pledge",
                            models.OneToOneField(
                                on_delete=django.db.models.deletion.CASCADE,
                                primary_key=True,
                                related_name="count",
                                serialize=False,
                                to="compute_pledges.computepledge",
                            ),
                        ),
                        ("free_us", models.BigIntegerField()),
                        ("verified_us", models.BigIntegerField()),
                        ("deliverable_us", models.BigIntegerField()),
                        ("factor_ppm", models.PositiveIntegerField()),
                        ("credible_h100_us", models.BigIntegerField()),
                        ("counted_h100_us", models.BigIntegerField()),
                        (
                            "why",
                            models.CharField(
                                choices=[
                                    ("whole", "all of it counts"),
                                    ("schedule", "the schedule is shorter"),
                                    ("record", "weighted by the owner's record"),
                                    ("quarter", "machines without a record share a quarter"),
                                    ("team", "the project's own team never counts"),
                                    ("machine", "no active, measured machine"),
                                    ("memory", "the machine holds none of the project's runs"),
                                ],
                                max_length=10,
                            ),
                        ),
                        ("has_record", models.BooleanField(default=False)),
                        ("counted_rest_h100_us", models.BigIntegerField(default=0)),
                        ("counted_at", models.DateTimeField()),
                        ("frozen_at", models.DateTimeField(null=True)),
                    ],
                ),
                migrations.CreateModel(
                    name="DataSet",
                    fields=[
                        ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                        ("name", models.CharField(max_length=120)),
                        ("license", models.CharField(max_length=120)),
                        ("language", models.CharField(blank=True, max_length=200)),
                        (
                            "format",
                            models.CharField(
                                choices=[
                                    ("text", "UTF-8 text"),
                                    ("images-u8", "images as raw bytes of height, width, channel"),
                                    ("audio-s16", "16-bit mono audio at 16 kHz without a header"),
                                ],
                                max_length=10,
                            ),
                        ),
                        (
                            "source",
                            models.CharField(
                                choices=[
                                    ("upload", "uploaded to this platform"),
                                    ("operator", "provided by the operator"),
                                    ("hub", "Hugging Face"),
                                ],
                                max_length=10,
                            ),
                        ),
                        ("origin", models.JSONField(default=dict)),
                        ("shards", models.JSONField(default=list)),
                        ("held_out", models.JSONField(default=list)),
                        (
                            "state",
                            models.CharField(
                                choices=[
                                    ("importing", "being fetched"),
                                    ("ready", "ready"),
                                    ("failed", "could not be fetched"),
                                ],
                                max_length=10,
                            ),
                        ),
                        ("error", models.CharField(blank=True, max_length=300)),
                        ("claimed_at", models.DateTimeField(null=True)),
                        ("created_at", models.DateTimeField()),
                        (
                            "owner",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="data_sets",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                    ],
                    options={
                        "ordering": ("name", "created_at"),
                    },
                ),
                migrations.CreateModel(
                    name="DeviceChallenge",
                    fields=[
                        ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                        ("challenge", models.BinaryField(max_length=32)),
                        ("expires_at", models.DateTimeField()),
                        ("used_at", models.DateTimeField(null=True)),
                        (
                            "owner",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                    ],
                ),
                migrations.CreateModel(
                    name="DeviceRate",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("day", models.DateField()),
                        ("flops_per_second", models.DecimalField(decimal_places=0, max_digits=30)),
                        (
                            "device",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="rates",
                                to="compute_pledges.device",
                            ),
                        ),
                    ],
                    options={
                        "constraints": [
                            models.UniqueConstraint(fields=("device", "day"), name="device_rate_once_a_day")
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="DeviceTurn",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        (
                            "state_before",
                            models.CharField(
                                choices=[
                                    ("active", "active"),
                                    ("quarantined", "in quarantine"),
                                    ("revoked", "revoked"),
                                ],
                                max_length=12,
                            ),
                        ),
                        ("valid_before", models.PositiveIntegerField()),
                        ("happened_at", models.DateTimeField()),
                        (
                            "device",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="turns",
                                to="compute_pledges.device",
                            ),
                        ),
                    ],
                    options={
                        "ordering": ("happened_at", "pk"),
                        "indexes": [models.Index(fields=["device", "happened_at"], name="turns_of_device")],
                    },
                ),
                migrations.CreateModel(
                    name="HoursOffer",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("missing_h100_us", models.BigIntegerField()),
                        ("memory_bytes", models.BigIntegerField(default=0)),
                        ("opened_at", models.DateTimeField()),
                        ("looked_at", models.DateTimeField()),
                        ("closed_at", models.DateTimeField(null=True)),
                        (
                            "project",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="hours_offers",
                                to="projects.project",
                            ),
                        ),
                    ],
                    options={
                        "ordering": ("-opened_at",),
                        "constraints": [
                            models.UniqueConstraint(
                                condition=models.Q(("closed_at", None)),
                                fields=("project",),
                                name="one_open_hours_offer",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(("missing_h100_us__gt", 0)), name="hours_offer_is_positive"
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="WorkResult",
                    fields=[
                        (
                            "lease",
                            models.OneToOneField(
                                on_delete=django.db.models.deletion.PROTECT,
                                primary_key=True,
                                related_name="result",
                                serialize=False,
                                to="compute_pledges.lease",
                            ),
                        ),
                        ("receipt", models.JSONField()),
                        ("signature", models.BinaryField(max_length=64)),
                        ("update_sha256", models.CharField(db_index=True, max_length=64)),
                        ("steps", models.PositiveIntegerField()),
                        ("tokens", models.BigIntegerField()),
                        ("flops", models.DecimalField(decimal_places=0, max_digits=30)),
                        ("device_us", models.BigIntegerField(default=0)),
                        ("h100_us", models.BigIntegerField(default=0)),
                        ("is_merged", models.BooleanField(default=False)),
                        ("anchor_weight", models.FloatField(null=True)),
                        (
                            "state",
                            models.CharField(
                                choices=[
                                    ("reported", "reported"),
                                    ("auditing", "being audited"),
                                    ("verified", "verified"),
                                    ("settled", "settled"),
                                    ("rejected", "rejected"),
                                    ("reversed", "reversed"),
                                ],
                                default="reported",
                                max_length=10,
                            ),
                        ),
                        ("reason", models.CharField(blank=True, max_length=300)),
                        ("turn", models.PositiveSmallIntegerField(default=0)),
                        ("received_at", models.DateTimeField()),
                        ("verified_at", models.DateTimeField(null=True)),
                    ],
                ),
                migrations.CreateModel(
                    name="GpuTimeEntry",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        (
                            "debit",
                            models.CharField(
                                choices=[
                                    ("promised", "promised"),
                                    ("reported", "reported"),
                                    ("verified", "verified"),
                                    ("settled", "settled"),
                                    ("rejected", "rejected"),
                                    ("reversed", "reversed"),
                                ],
                                max_length=10,
                            ),
                        ),
                        (
                            "credit",
                            models.CharField(
                                choices=[
                                    ("promised", "promised"),
                                    ("reported", "reported"),
                                    ("verified", "verified"),
                                    ("settled", "settled"),
                                    ("rejected", "rejected"),
                                    ("reversed", "reversed"),
                                ],
                                max_length=10,
                            ),
                        ),
                        ("device_us", models.BigIntegerField()),
                        ("h100_us", models.BigIntegerField()),
                        ("turn", models.PositiveSmallIntegerField(default=0)),
                        ("recorded_at", models.DateTimeField(db_index=True)),
                        (
                            "device",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="entries",
                                to="compute_pledges.device",
                            ),
                        ),
                        (
                            "pledge",
                            models.ForeignKey(
                                db_index=False,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="entries",
                                to="compute_pledges.computepledge",
                            ),
                        ),
                        (
                            "project",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="gpu_time_entries",
                                to="projects.project",
                            ),
                        ),
                        (
                            "lease",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="entries",
                                to="compute_pledges.lease",
                            ),
                        ),
                    ],
                    options={
                        "indexes": [
                            models.Index(
                                condition=models.Q(("pledge__isnull", False)),
                                fields=["pledge", "recorded_at"],
                                include=("credit", "device_us"),
                                name="entries_of_pledge",
                            )
                        ],
                        "constraints": [
                            models.UniqueConstraint(
                                fields=("lease", "turn", "debit", "credit"), name="gpu_time_movement_once"
                            ),
                            models.CheckConstraint(
                                condition=models.Q(("debit", models.F("credit")), _negated=True), name="gpu_time_moves"
                            ),
                            models.CheckConstraint(
                                condition=models.Q(("device_us__gte", 0), ("h100_us__gte", 0)),
                                name="gpu_time_is_not_negative",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="ModelRelease",
                    fields=[
                        (
                            "run",
                            models.OneToOneField(
                                on_delete=django.db.models.deletion.PROTECT,
                                primary_key=True,
                                related_name="release",
                                serialize=False,
                                to="compute_pledges.trainingrun",
                            ),
                        ),
                        (
                            "state",
                            models.CharField(
                                choices=[
                                    ("preparing", "being prepared"),
                                    ("released", "released"),
                                    ("failed", "could not be prepared"),
                                ],
                                default="preparing",
                                max_length=10,
                            ),
                        ),
                        ("license", models.CharField(max_length=120)),
                        ("intended_use", models.TextField(max_length=4000)),
                        ("limitations", models.TextField(max_length=4000)),
                        ("card", models.TextField(blank=True)),
                        ("facts", models.JSONField(default=dict)),
                        ("error", models.CharField(blank=True, max_length=300)),
                        ("asked_at", models.DateTimeField()),
                        ("released_at", models.DateTimeField(null=True)),
                    ],
                ),
                migrations.CreateModel(
                    name="RunTensors",
                    fields=[
                        (
                            "run",
                            models.OneToOneField(
                                on_delete=django.db.models.deletion.PROTECT,
                                primary_key=True,
                                related_name="tensors",
                                serialize=False,
                                to="compute_pledges.trainingrun",
                            ),
                        ),
                        ("shapes", models.JSONField()),
                    ],
                ),
                migrations.AddField(
                    model_name="trainingrun",
                    name="data_set",
                    field=models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="runs",
                        to="compute_pledges.dataset",
                    ),
                ),
                migrations.AddField(
                    model_name="trainingrun",
                    name="forked_from",
                    field=models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="forks",
                        to="compute_pledges.trainingrun",
                    ),
                ),
                migrations.AddField(
                    model_name="trainingrun",
                    name="project",
                    field=models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="training_runs", to="projects.project"
                    ),
                ),
                migrations.AddField(
                    model_name="trainingrun",
                    name="started_by",
                    field=models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                migrations.AddField(
                    model_name="lease",
                    name="run",
                    field=models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="leases",
                        to="compute_pledges.trainingrun",
                    ),
                ),
                migrations.CreateModel(
                    name="GpuTimeDay",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("day", models.DateField()),
                        (
                            "debit",
                            models.CharField(
                                choices=[
                                    ("promised", "promised"),
                                    ("reported", "reported"),
                                    ("verified", "verified"),
                                    ("settled", "settled"),
                                    ("rejected", "rejected"),
                                    ("reversed", "reversed"),
                                ],
                                max_length=10,
                            ),
                        ),
                        (
                            "credit",
                            models.CharField(
                                choices=[
                                    ("promised", "promised"),
                                    ("reported", "reported"),
                                    ("verified", "verified"),
                                    ("settled", "settled"),
                                    ("rejected", "rejected"),
                                    ("reversed", "reversed"),
                                ],
                                max_length=10,
                            ),
                        ),
                        ("device_us", models.BigIntegerField()),
                        ("h100_us", models.BigIntegerField()),
                        ("tokens", models.BigIntegerField()),
                        ("blocks", models.BigIntegerField()),
                        (
                            "project",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="projects.project"
                            ),
                        ),
                        (
                            "run",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to="compute_pledges.trainingrun",
                            ),
                        ),
                    ],
                    options={
                        "constraints": [
                            models.UniqueConstraint(fields=("run", "day", "debit", "credit"), name="gpu_time_day_once")
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="PlantedBlock",
                    fields=[
                        ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                        (
                            "flaw",
                            models.CharField(
                                choices=[
                                    ("losses", "losses that the replay does not give"),
                                    ("update", "bytes of another block in the update"),
                                ],
                                max_length=8,
                            ),
                        ),
                        ("receipt", models.JSONField()),
                        ("reveal", models.JSONField(default=dict)),
                        ("auditor_name", models.CharField(blank=True, max_length=80)),
                        ("claimed_at", models.DateTimeField()),
                        ("finished_at", models.DateTimeField(null=True)),
                        ("was_caught", models.BooleanField(null=True)),
                        (
                            "auditor",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="planted_blocks",
                                to="compute_pledges.device",
                            ),
                        ),
                        (
                            "source",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="plantings",
                                to="compute_pledges.audit",
                            ),
                        ),
                    ],
                    options={
                        "indexes": [models.Index(fields=["auditor", "finished_at"], name="planted_of_auditor")],
                    },
                ),
                migrations.CreateModel(
                    name="PledgeHour",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("slot", models.PositiveSmallIntegerField()),
                        (
                            "device",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to="compute_pledges.device",
                            ),
                        ),
                        (
                            "pledge",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="hours",
                                to="compute_pledges.computepledge",
                            ),
                        ),
                    ],
                    options={
                        "ordering": ("slot",),
                        "constraints": [
                            models.UniqueConstraint(fields=("pledge", "slot"), name="pledge_hour_once"),
                            models.UniqueConstraint(fields=("device", "slot"), name="device_hour_backs_one_project"),
                            models.CheckConstraint(condition=models.Q(("slot__lt", 168)), name="pledge_hour_in_week"),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="PledgeWeek",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("week_starts_at", models.DateField()),
                        ("promised_us", models.BigIntegerField()),
                        ("reported_us", models.BigIntegerField()),
                        ("verified_us", models.BigIntegerField()),
                        ("reversed_us", models.BigIntegerField()),
                        ("reconciled_at", models.DateTimeField()),
                        (
                            "pledge",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="weeks",
                                to="compute_pledges.computepledge",
                            ),
                        ),
                    ],
                    options={
                        "ordering": ("week_starts_at",),
                        "constraints": [
                            models.UniqueConstraint(fields=("pledge", "week_starts_at"), name="pledge_week_once")
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="RentDuty",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        (
                            "state",
                            models.CharField(
                                choices=[
                                    ("open", "to be rented"),
                                    ("started", "rented machines are at work"),
                                    ("met", "met"),
                                    ("broken", "not kept"),
                                    ("lapsed", "lapsed: the project ended"),
                                ],
                                default="open",
                                max_length=8,
                            ),
                        ),
                        ("first_owed_us", models.BigIntegerField()),
                        ("owed_us", models.BigIntegerField()),
                        ("rented_before_us", models.BigIntegerField()),
                        ("opened_at", models.DateTimeField()),
                        ("start_by_at", models.DateTimeField()),
                        ("due_at", models.DateTimeField()),
                        ("looked_at", models.DateTimeField()),
                        ("started_at", models.DateTimeField(null=True)),
                        ("ended_at", models.DateTimeField(null=True)),
                        ("told_state", models.CharField(blank=True, max_length=8)),
                        (
                            "project",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="rent_duties",
                                to="projects.project",
                            ),
                        ),
                    ],
                    options={
                        "ordering": ("-opened_at",),
                        "constraints": [
                            models.UniqueConstraint(
                                condition=models.Q(("state__in", ("open", "started"))),
                                fields=("project",),
                                name="one_standing_rent_duty",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(("first_owed_us__gt", 0), ("owed_us__gte", 0)),
                                name="rent_duty_is_positive",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="Round",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("index", models.PositiveIntegerField()),
                        ("theta_sha256", models.CharField(max_length=64)),
                        ("spec_sha256", models.CharField(blank=True, max_length=64)),
                        ("duration_seconds", models.FloatField()),
                        ("opened_at", models.DateTimeField()),
                        ("closed_at", models.DateTimeField(null=True)),
                        ("held_out_loss", models.FloatField(null=True)),
                        ("tokens", models.BigIntegerField(default=0)),
                        ("sample", models.TextField(blank=True)),
                        ("is_rolled_back", models.BooleanField(default=False)),
                        ("rejected_loss", models.FloatField(null=True)),
                        ("sample_sha256", models.CharField(blank=True, max_length=64)),
                        ("state_sha256", models.CharField(blank=True, max_length=64)),
                        ("exchange_seconds", models.FloatField(null=True)),
                        ("communication_seconds", models.FloatField(null=True)),
                        ("reduction_plan", models.JSONField(default=dict)),
                        ("reduction_parts", models.JSONField(default=dict)),
                        ("merged_weights", models.JSONField(default=dict)),
                        ("merged_hashes", models.JSONField(default=dict)),
                        ("alike", models.JSONField(default=dict)),
                        ("first_losses", models.JSONField(default=dict)),
                        ("pruned_at", models.DateTimeField(null=True)),
                        (
                            "run",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="rounds",
                                to="compute_pledges.trainingrun",
                            ),
                        ),
                    ],
                    options={
                        "ordering": ("run", "index"),
                        "constraints": [models.UniqueConstraint(fields=("run", "index"), name="round_once")],
                    },
                ),
                migrations.AddField(
                    model_name="lease",
                    name="round",
                    field=models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="leases", to="compute_pledges.round"
                    ),
                ),
                migrations.CreateModel(
                    name="RunChange",
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
                                    ("declared", "declared"),
                                    ("forked", "forked"),
                                    ("paused", "paused"),
                                    ("resumed", "resumed"),
                                    ("stopped", "stopped for good"),
                                    ("changed", "settings changed"),
                                    ("finished", "trained on all that was planned"),
                                    ("ended", "ended with its project"),
                                ],
                                max_length=10,
                            ),
                        ),
                        ("after_round", models.PositiveIntegerField(null=True)),
                        ("difference", models.JSONField(default=dict)),
                        ("reason", models.CharField(blank=True, max_length=300)),
                        ("made_at", models.DateTimeField()),
                        (
                            "actor",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "run",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="changes",
                                to="compute_pledges.trainingrun",
                            ),
                        ),
                    ],
                    options={
                        "ordering": ("pk",),
                    },
                ),
                migrations.CreateModel(
                    name="RunDraft",
                    fields=[
                        ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                        ("name", models.CharField(max_length=80)),
                        ("config", models.JSONField()),
                        ("hyper", models.JSONField()),
                        ("tokenizer", models.JSONField(default=compute_pledges.models.runs.bytes_tokenizer)),
                        ("planned", models.BigIntegerField(null=True)),
                        ("prompt", models.CharField(blank=True, max_length=200)),
                        ("updated_at", models.DateTimeField()),
                        (
                            "author",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "data_set",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to="compute_pledges.dataset",
                            ),
                        ),
                        (
                            "project",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="run_drafts",
                                to="projects.project",
                            ),
                        ),
                        (
                            "run",
                            models.OneToOneField(
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="draft",
                                to="compute_pledges.trainingrun",
                            ),
                        ),
                    ],
                    options={
                        "indexes": [
                            models.Index(condition=models.Q(("run", None)), fields=["updated_at"], name="drafts_by_age")
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="RunSpecification",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("sha256", models.CharField(max_length=64)),
                        ("body", models.JSONField()),
                        (
                            "run",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="specifications",
                                to="compute_pledges.trainingrun",
                            ),
                        ),
                    ],
                    options={
                        "constraints": [models.UniqueConstraint(fields=("run", "sha256"), name="specification_once")],
                    },
                ),
                migrations.CreateModel(
                    name="SponsorInvoice",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("reference", models.CharField(max_length=80)),
                        ("amount_minor", models.BigIntegerField()),
                        (
                            "currency",
                            models.CharField(
                                choices=[("EUR", "EUR"), ("USD", "USD"), ("GBP", "GBP"), ("JPY", "JPY")], max_length=3
                            ),
                        ),
                        ("billed_us", models.BigIntegerField()),
                        ("starts_on", models.DateField()),
                        ("ends_on", models.DateField()),
                        ("evidence_url", models.URLField(blank=True, max_length=300)),
                        ("evidence_sha256", models.CharField(blank=True, max_length=64)),
                        (
                            "state",
                            models.CharField(
                                choices=[
                                    ("entered", "waits for confirmation"),
                                    ("confirmed", "confirmed"),
                                    ("refused", "refused"),
                                ],
                                default="entered",
                                max_length=10,
                            ),
                        ),
                        ("entered_at", models.DateTimeField()),
                        ("decided_at", models.DateTimeField(null=True)),
                        ("decision_reason", models.CharField(blank=True, max_length=1000)),
                        (
                            "decided_by",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "entered_by",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "project",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="sponsor_invoices",
                                to="projects.project",
                            ),
                        ),
                    ],
                    options={
                        "ordering": ("starts_on", "pk"),
                    },
                ),
                migrations.CreateModel(
                    name="InvoiceEvidence",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("name", models.CharField(max_length=120)),
                        ("content_type", models.CharField(max_length=40)),
                        ("content", models.BinaryField(max_length=2000000)),
                        (
                            "invoice",
                            models.OneToOneField(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="evidence",
                                to="compute_pledges.sponsorinvoice",
                            ),
                        ),
                    ],
                ),
                migrations.CreateModel(
                    name="SponsorVendor",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("name", models.CharField(max_length=120)),
                        (
                            "project",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="sponsor_vendors",
                                to="projects.project",
                            ),
                        ),
                    ],
                    options={
                        "ordering": ("pk",),
                        "constraints": [
                            models.UniqueConstraint(
                                models.F("project"), django.db.models.functions.text.Lower("name"), name="vendor_once"
                            )
                        ],
                    },
                ),
                migrations.AddField(
                    model_name="sponsorinvoice",
                    name="vendor",
                    field=models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="invoices",
                        to="compute_pledges.sponsorvendor",
                    ),
                ),
                migrations.CreateModel(
                    name="SponsoredDevice",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("marked_at", models.DateTimeField()),
                        (
                            "device",
                            models.OneToOneField(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="sponsored",
                                to="compute_pledges.device",
                            ),
                        ),
                        (
                            "marked_by",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "project",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="sponsored_devices",
                                to="projects.project",
                            ),
                        ),
                        (
                            "vendor",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="devices",
                                to="compute_pledges.sponsorvendor",
                            ),
                        ),
                    ],
                    options={
                        "ordering": ("marked_at",),
                    },
                ),
                migrations.CreateModel(
                    name="SweepFailure",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("sweep", models.CharField(max_length=40)),
                        ("item", models.CharField(max_length=80)),
                        ("error", models.CharField(max_length=300)),
                        ("first_failed_at", models.DateTimeField()),
                        ("failed_at", models.DateTimeField()),
                        ("times", models.PositiveIntegerField(default=1)),
                    ],
                    options={
                        "ordering": ("-failed_at",),
                        "constraints": [models.UniqueConstraint(fields=("sweep", "item"), name="sweep_failure_once")],
                    },
                ),
                migrations.CreateModel(
                    name="Team",
                    fields=[
                        ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                        ("name", models.CharField(max_length=60)),
                        ("about", models.CharField(blank=True, max_length=300)),
                        ("invitation", models.CharField(max_length=43, unique=True)),
                        ("created_at", models.DateTimeField()),
                        (
                            "captain",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                    ],
                    options={
                        "ordering": ("name",),
                        "constraints": [
                            models.UniqueConstraint(
                                django.db.models.functions.text.Lower("name"), name="team_name_once"
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="TeamMembership",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("joined_at", models.DateTimeField()),
                        ("left_at", models.DateTimeField(null=True)),
                        (
                            "team",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="memberships",
                                to="compute_pledges.team",
                            ),
                        ),
                        (
                            "user",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="team_memberships",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                    ],
                    options={
                        "ordering": ("joined_at",),
                        "indexes": [models.Index(fields=["user", "joined_at"], name="membership_of_person")],
                        "constraints": [
                            models.UniqueConstraint(
                                condition=models.Q(("left_at", None)), fields=("user",), name="in_one_team"
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("left_at", None), ("left_at__gte", models.F("joined_at")), _connector="OR"
                                ),
                                name="membership_order",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="Upload",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("sha256", models.CharField(db_index=True, max_length=64)),
                        ("size", models.BigIntegerField()),
                        ("finished_at", models.DateTimeField()),
                        (
                            "lease",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="uploads",
                                to="compute_pledges.lease",
                            ),
                        ),
                    ],
                    options={
                        "constraints": [
                            models.UniqueConstraint(fields=("lease", "sha256"), name="uploaded_once_a_lease")
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="Appeal",
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
                                    ("verdict", "a block was refused wrongly"),
                                    ("rate", "the machine is slower than its class"),
                                ],
                                max_length=8,
                            ),
                        ),
                        ("text", models.CharField(max_length=2000)),
                        (
                            "state",
                            models.CharField(
                                choices=[("open", "open"), ("granted", "granted"), ("denied", "denied")],
                                default="open",
                                max_length=8,
                            ),
                        ),
                        ("opened_at", models.DateTimeField()),
                        ("decided_at", models.DateTimeField(null=True)),
                        ("answer", models.CharField(blank=True, max_length=1000)),
                        ("restored_blocks", models.PositiveIntegerField(default=0)),
                        (
                            "decided_by",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "evidence",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to="compute_pledges.audit",
                            ),
                        ),
                        (
                            "device",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="appeals",
                                to="compute_pledges.device",
                            ),
                        ),
                    ],
                    options={
                        "ordering": ("-opened_at",),
                        "constraints": [
                            models.UniqueConstraint(
                                condition=models.Q(("state", "open")),
                                fields=("device", "kind"),
                                name="one_open_appeal_a_kind",
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="ComputeMail",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("kind", models.CharField(max_length=24)),
                        ("key", models.CharField(max_length=80)),
                        ("facts", models.JSONField(default=dict)),
                        ("created_at", models.DateTimeField()),
                        ("sent_at", models.DateTimeField(null=True)),
                        (
                            "user",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                    ],
                    options={
                        "ordering": ("pk",),
                        "indexes": [
                            models.Index(
                                condition=models.Q(("sent_at", None)), fields=["created_at"], name="compute_mail_due"
                            )
                        ],
                        "constraints": [
                            models.UniqueConstraint(fields=("user", "kind", "key"), name="compute_mail_once")
                        ],
                    },
                ),
                migrations.AddField(
                    model_name="workresult",
                    name="device",
                    field=models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="results", to="compute_pledges.device"
                    ),
                ),
                migrations.AddField(
                    model_name="workresult",
                    name="pledge",
                    field=models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="results",
                        to="compute_pledges.computepledge",
                    ),
                ),
                migrations.AddField(
                    model_name="audit",
                    name="result",
                    field=models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="audits",
                        to="compute_pledges.workresult",
                    ),
                ),
                migrations.AddField(
                    model_name="releasefile",
                    name="release",
                    field=models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="files",
                        to="compute_pledges.modelrelease",
                    ),
                ),
                migrations.AddField(
                    model_name="modelrelease",
                    name="released_by",
                    field=models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                migrations.AddField(
                    model_name="modelrelease",
                    name="round",
                    field=models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="compute_pledges.round"
                    ),
                ),
                migrations.AddIndex(
                    model_name="trainingrun",
                    index=models.Index(fields=["project", "state"], name="runs_of_project"),
                ),
                migrations.AddIndex(
                    model_name="lease",
                    index=models.Index(condition=models.Q(("state", "open")), fields=["expires_at"], name="lease_due"),
                ),
                migrations.AddIndex(
                    model_name="lease",
                    index=models.Index(fields=["run", "issued_at"], name="leases_of_run"),
                ),
                migrations.AddIndex(
                    model_name="lease",
                    index=models.Index(fields=["run", "device"], name="machines_of_run"),
                ),
                migrations.AddConstraint(
                    model_name="lease",
                    constraint=models.UniqueConstraint(
                        condition=models.Q(("state", "open")), fields=("device",), name="one_open_lease_a_device"
                    ),
                ),
                migrations.AddConstraint(
                    model_name="lease",
                    constraint=models.UniqueConstraint(fields=("round", "peer_id"), name="one_machine_a_peer_id"),
                ),
                migrations.AddConstraint(
                    model_name="sponsorinvoice",
                    constraint=models.UniqueConstraint(
                        condition=models.Q(("state", "refused"), _negated=True),
                        fields=("project", "vendor", "reference"),
                        name="invoice_once",
                    ),
                ),
                migrations.AddConstraint(
                    model_name="sponsorinvoice",
                    constraint=models.CheckConstraint(
                        condition=models.Q(("amount_minor__gt", 0), ("billed_us__gt", 0)), name="invoice_is_positive"
                    ),
                ),
                migrations.AddConstraint(
                    model_name="sponsorinvoice",
                    constraint=models.CheckConstraint(
                        condition=models.Q(("ends_on__gte", models.F("starts_on"))), name="invoice_period"
                    ),
                ),
                migrations.AddConstraint(
                    model_name="sponsorinvoice",
                    constraint=django.contrib.postgres.constraints.ExclusionConstraint(
                        condition=models.Q(("state", "refused"), _negated=True),
                        expressions=[
                            (
                                models.Func(
                                    models.F("vendor"), models.F("vendor"), models.Value("[]"), function="int8range"
                                ),
                                "&&",
                            ),
                            (
                                models.Func(
                                    models.F("starts_on"),
                                    models.F("ends_on"),
                                    models.Value("[]"),
                                    function="daterange",
                                    output_field=django.contrib.postgres.fields.ranges.DateRangeField(),
                                ),
                                "&&",
                            ),
                        ],
                        name="invoice_days_once",
                    ),
                ),
                migrations.AddIndex(
                    model_name="workresult",
                    index=models.Index(fields=["state", "received_at"], name="result_state"),
                ),
                migrations.AddIndex(
                    model_name="audit",
                    index=models.Index(
                        condition=models.Q(("state__in", ("revealing", "pending", "claimed"))),
                        fields=["state"],
                        name="audits_open",
                    ),
                ),
                migrations.AddIndex(
                    model_name="audit",
                    index=models.Index(fields=["auditor", "finished_at"], name="audits_of_auditor"),
                ),
                migrations.AddConstraint(
                    model_name="audit",
                    constraint=models.UniqueConstraint(fields=("result", "attempt"), name="audit_attempt_once"),
                ),
                migrations.AddConstraint(
                    model_name="releasefile",
                    constraint=models.UniqueConstraint(fields=("release", "name"), name="release_file_once"),
                ),
            ],
        ),
        migrations.RunSQL(JOURNAL_IS_APPEND_ONLY.FORWARD, JOURNAL_IS_APPEND_ONLY.BACKWARD),
        migrations.RunSQL(DECLARED_RUNS.APPEND_ONLY, DECLARED_RUNS.CHANGEABLE),
        migrations.RunSQL(HOURS_OF_A_PLEDGE_AS_BITS.FORWARD, HOURS_OF_A_PLEDGE_AS_BITS.BACKWARD),
    ]
