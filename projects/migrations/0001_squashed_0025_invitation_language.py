"""The schema as it stands after the migrations that this replaces: a new database is made in a fifth of the time.

A database that has some of them goes on with the rest of them. What triggers and functions say is written there.
"""

from importlib import import_module

import django.contrib.postgres.fields
import django.contrib.postgres.indexes
import django.contrib.postgres.search
import django.db.models.deletion
import django.db.models.functions.text
import projects.models.labels
import uuid
import values.tables
from django.conf import settings
from django.contrib.postgres.operations import TrigramExtension
from django.db import migrations, models


CONTRIBUTION_DAYS = import_module("projects.migrations.0004_contribution_days")
LISTING = import_module("projects.migrations.0008_listing")
PLAIN_WORDS = import_module("projects.migrations.0024_plain_words")


class Migration(migrations.Migration):
    replaces = [
        ("projects", "0001_initial"),
        ("projects", "0002_review_comments"),
        ("projects", "0003_money_plan"),
        ("projects", "0004_contribution_days"),
        ("projects", "0005_compute_plan_and_team"),
        ("projects", "0006_compute_shortfall"),
        ("projects", "0007_rented_time_is_its_own_kind"),
        ("projects", "0008_listing"),
        ("projects", "0009_following"),
        ("projects", "0010_notes"),
        ("projects", "0011_notes_and_their_changes"),
        ("projects", "0012_discussion_and_profiles"),
        ("projects", "0013_teams_and_roles"),
        ("projects", "0014_disclosure"),
        ("projects", "0015_reviews"),
        ("projects", "0016_course"),
        ("projects", "0017_rewards_and_deliveries"),
        ("projects", "0018_output_releases"),
        ("projects", "0019_trust"),
        ("projects", "0020_finding"),
        ("projects", "0021_referrals"),
        ("projects", "0022_comments_on_every_line"),
        ("projects", "0023_checked_links"),
        ("projects", "0024_plain_words"),
        ("projects", "0025_invitation_language"),
    ]

    initial = True

    dependencies = [
        ("accounts", "0002_language"),
        ("accounts", "__first__"),
    ]

    operations = [
        TrigramExtension(),
        values.tables.CreateTogether(
            operations=[
                migrations.CreateModel(
                    name="Delivery",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("source", models.CharField(max_length=120, unique=True)),
                        ("quantity", models.PositiveSmallIntegerField(default=1)),
                        (
                            "state",
                            models.CharField(
                                choices=[
                                    ("todo", "to do"),
                                    ("in_work", "in work"),
                                    ("sent", "sent"),
                                    ("delivered", "delivered"),
                                    ("revoked", "taken back"),
                                ],
                                default="todo",
                                max_length=10,
                            ),
                        ),
                        ("note", models.CharField(blank=True, max_length=300)),
                        ("promised_on", models.DateField(null=True)),
                        ("opened_at", models.DateTimeField()),
                        ("delivered_at", models.DateTimeField(null=True)),
                        (
                            "word",
                            models.CharField(
                                blank=True,
                                choices=[
                                    ("", "not said yet"),
                                    ("got", "it is here"),
                                    ("missing", "it has not arrived"),
                                ],
                                default="",
                                max_length=8,
                            ),
                        ),
                        ("word_at", models.DateTimeField(null=True)),
                        ("answers", models.JSONField(default=dict)),
                        ("answered_at", models.DateTimeField(null=True)),
                        ("reminders", models.PositiveSmallIntegerField(default=0)),
                        ("remind_at", models.DateTimeField(null=True)),
                        (
                            "person",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="deliveries",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                    ],
                    options={
                        "ordering": ("pk",),
                    },
                ),
                migrations.CreateModel(
                    name="Milestone",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("number", models.PositiveSmallIntegerField()),
                        ("title", models.CharField(max_length=80)),
                        ("evidence_wanted", models.CharField(max_length=300)),
                        ("share_bp", models.PositiveSmallIntegerField()),
                        ("due_on", models.DateField(blank=True, null=True)),
                    ],
                    options={
                        "ordering": ("number",),
                    },
                ),
                migrations.CreateModel(
                    name="OutputRelease",
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
                                    ("weights", "weights"),
                                    ("data", "data"),
                                    ("code", "code"),
                                    ("paper", "paper"),
                                    ("checkpoints", "checkpoints"),
                                ],
                                max_length=12,
                            ),
                        ),
                        ("title", models.CharField(max_length=120, verbose_name="title")),
                        ("url", models.CharField(blank=True, max_length=500)),
                        ("sha256", models.CharField(max_length=64)),
                        ("card", models.TextField(blank=True)),
                        ("license", models.CharField(max_length=120)),
                        ("source", models.CharField(max_length=80, unique=True)),
                        ("released_at", models.DateTimeField()),
                        ("public_at", models.DateTimeField()),
                        ("is_told", models.BooleanField(default=False)),
                        (
                            "verdict",
                            models.CharField(
                                choices=[
                                    ("own", "kept here"),
                                    ("waiting", "not checked yet"),
                                    ("same", "checked"),
                                    ("differs", "differs"),
                                    ("unreached", "could not be checked"),
                                ],
                                default="own",
                                max_length=9,
                            ),
                        ),
                        ("checked_at", models.DateTimeField(blank=True, null=True)),
                        ("check_at", models.DateTimeField(blank=True, null=True)),
                        ("checks", models.PositiveSmallIntegerField(default=0)),
                        ("check_words", models.CharField(blank=True, max_length=200)),
                        (
                            "released_by",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                    ],
                    options={
                        "ordering": ("-released_at", "-pk"),
                    },
                ),
                migrations.CreateModel(
                    name="Profile",
                    fields=[
                        (
                            "user",
                            models.OneToOneField(
                                on_delete=django.db.models.deletion.CASCADE,
                                primary_key=True,
                                related_name="profile",
                                serialize=False,
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        ("about", models.TextField(blank=True, max_length=2000)),
                        ("about_html", models.TextField(blank=True)),
                        (
                            "links",
                            django.contrib.postgres.fields.ArrayField(
                                base_field=models.URLField(), blank=True, default=list, size=5
                            ),
                        ),
                        ("shows_backed", models.BooleanField(default=False)),
                        ("may_be_found", models.BooleanField(default=False)),
                        ("changed_at", models.DateTimeField()),
                    ],
                ),
                migrations.CreateModel(
                    name="Project",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("slug", models.SlugField(max_length=80, unique=True)),
                        ("title", models.CharField(max_length=80)),
                        ("promise", models.CharField(max_length=160)),
                        ("story", models.TextField(max_length=40000)),
                        ("story_html", models.TextField(blank=True)),
                        ("renderer_version", models.PositiveSmallIntegerField(default=0)),
                        (
                            "model_kind",
                            models.CharField(
                                choices=[
                                    ("language", "language"),
                                    ("vision", "vision"),
                                    ("audio", "audio"),
                                    ("multimodal", "multimodal"),
                                    ("other", "other"),
                                ],
                                max_length=12,
                            ),
                        ),
                        ("weights_license", models.CharField(max_length=120)),
                        ("data_license", models.CharField(max_length=120)),
                        ("code_license", models.CharField(max_length=120)),
                        ("tags", models.CharField(blank=True, default="", max_length=200)),
                        ("languages", models.CharField(blank=True, default="", max_length=200)),
                        (
                            "memory_gib",
                            models.PositiveSmallIntegerField(
                                blank=True,
                                choices=[
                                    (8, "up to 8 GiB"),
                                    (12, "up to 12 GiB"),
                                    (16, "up to 16 GiB"),
                                    (24, "up to 24 GiB"),
                                    (48, "up to 48 GiB"),
                                    (80, "up to 80 GiB"),
                                    (999, "over 80 GiB"),
                                ],
                                null=True,
                            ),
                        ),
                        ("planned_parameters", models.BigIntegerField(blank=True, null=True)),
                        ("planned_tokens", models.BigIntegerField(blank=True, null=True)),
                        (
                            "currency",
                            models.CharField(
                                choices=[("EUR", "EUR"), ("USD", "USD"), ("GBP", "GBP"), ("JPY", "JPY")], max_length=3
                            ),
                        ),
                        ("funding_minimum", models.BigIntegerField(default=0)),
                        ("funding_stretch", models.BigIntegerField(blank=True, null=True)),
                        ("compute_minimum_us", models.BigIntegerField(default=0)),
                        ("compute_stretch_us", models.BigIntegerField(blank=True, null=True)),
                        (
                            "funding_model",
                            models.CharField(
                                choices=[
                                    ("all_or_nothing", "all or nothing"),
                                    ("keep_what_you_raise", "keep what you raise"),
                                ],
                                max_length=20,
                            ),
                        ),
                        (
                            "shortfall_rule",
                            models.CharField(
                                choices=[
                                    ("stay_funded", "stay funded"),
                                    ("fail_and_refund", "fail and refund everyone"),
                                ],
                                default="stay_funded",
                                max_length=16,
                            ),
                        ),
                        ("time_zone", models.CharField(default="UTC", max_length=64)),
                        ("deadline_at", models.DateTimeField()),
                        ("compute_ends_at", models.DateTimeField()),
                        (
                            "state",
                            models.CharField(
                                choices=[
                                    ("draft", "draft"),
                                    ("in_review", "in review"),
                                    ("changes_requested", "changes requested"),
                                    ("approved", "approved"),
                                    ("live", "live"),
                                    ("paused", "paused"),
                                    ("collecting", "collecting"),
                                    ("funded", "funded"),
                                    ("failed", "failed"),
                                    ("delivering", "delivering"),
                                    ("completed", "completed"),
                                    ("abandoned", "abandoned"),
                                    ("canceled", "canceled"),
                                    ("suspended", "suspended"),
                                ],
                                default="draft",
                                max_length=20,
                            ),
                        ),
                        ("platform_fee_bp", models.PositiveSmallIntegerField(default=500)),
                        ("reserve_bp", models.PositiveSmallIntegerField(default=1000)),
                        ("takes_late_pledges", models.BooleanField(default=False)),
                        ("takes_monthly_support", models.BooleanField(default=False)),
                        ("sponsored_hours_us", models.BigIntegerField(default=0)),
                        ("sponsored_budget_minor", models.BigIntegerField(default=0)),
                        (
                            "compute_shortfall_rule",
                            models.CharField(
                                choices=[
                                    ("train_less", "the run ends with what was delivered"),
                                    ("rent", "rented machines make up for it, as far as the plan goes"),
                                ],
                                default="train_less",
                                max_length=12,
                            ),
                        ),
                        ("accepts_by_hand", models.BooleanField(default=False)),
                        ("created_at", models.DateTimeField(auto_now_add=True)),
                        ("launched_at", models.DateTimeField(blank=True, null=True)),
                        ("first_deadline_at", models.DateTimeField(blank=True, null=True)),
                        ("extension_reason", models.CharField(blank=True, default="", max_length=1000)),
                        (
                            "creator",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="projects",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                    ],
                    options={
                        "ordering": ("-launched_at", "-pk"),
                        "indexes": [models.Index(fields=["state", "deadline_at"], name="project_state_deadline")],
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(("compute_minimum_us__gte", 0), ("funding_minimum__gte", 0)),
                                name="project_goals_not_negative",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(("compute_ends_at__gte", models.F("deadline_at"))),
                                name="project_compute_end",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(("platform_fee_bp__lte", 3000), ("reserve_bp__lte", 5000)),
                                name="project_deductions_bounded",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(("sponsored_budget_minor__gte", 0), ("sponsored_hours_us__gte", 0)),
                                name="project_sponsoring_not_negative",
                            ),
                        ],
                    },
                    bases=(projects.models.labels.QuickLabels, models.Model),
                ),
                migrations.CreateModel(
                    name="Reward",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("title", models.CharField(max_length=80)),
                        ("description", models.CharField(blank=True, max_length=500)),
                        ("threshold_minor", models.BigIntegerField(blank=True, null=True)),
                        ("threshold_gpu_us", models.BigIntegerField(blank=True, null=True)),
                        ("limit", models.PositiveIntegerField(blank=True, null=True)),
                        ("claimed", models.PositiveIntegerField(default=0)),
                        ("is_add_on", models.BooleanField(default=False)),
                        (
                            "law_class",
                            models.CharField(
                                choices=[
                                    ("gift", "a thank-you, not a sale"),
                                    ("digital", "digital content"),
                                    ("goods", "goods that are sent"),
                                ],
                                default="gift",
                                max_length=8,
                            ),
                        ),
                        ("available_until", models.DateTimeField(blank=True, null=True)),
                        ("delivers_on", models.DateField(blank=True, null=True)),
                        ("needs_address", models.BooleanField(default=False)),
                        (
                            "benefits",
                            django.contrib.postgres.fields.ArrayField(
                                base_field=models.CharField(
                                    choices=[
                                        ("checkpoints", "early access to the weights"),
                                        ("inference", "a token for inference, with a quota"),
                                        ("card_name", "the backer's name on the model card"),
                                        ("thanks", "a thank-you note with the backer's name"),
                                    ],
                                    max_length=12,
                                ),
                                blank=True,
                                default=list,
                                size=None,
                            ),
                        ),
                        ("inference_quota", models.PositiveIntegerField(default=0)),
                        ("thanks_text", models.CharField(blank=True, max_length=1000)),
                        (
                            "project",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="rewards",
                                to="projects.project",
                            ),
                        ),
                    ],
                    options={
                        "ordering": ("threshold_minor", "threshold_gpu_us", "pk"),
                    },
                ),
                migrations.CreateModel(
                    name="Collection",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("slug", models.SlugField(max_length=80, unique=True)),
                        ("title", models.CharField(max_length=80, verbose_name="title")),
                        ("text", models.TextField(max_length=4000, verbose_name="text")),
                        ("text_html", models.TextField()),
                        ("is_shown", models.BooleanField(default=False)),
                        ("made_at", models.DateTimeField()),
                        (
                            "made_by",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                    ],
                    options={
                        "ordering": ("-made_at", "-pk"),
                    },
                ),
                migrations.CreateModel(
                    name="DeliveryAddress",
                    fields=[
                        (
                            "delivery",
                            models.OneToOneField(
                                on_delete=django.db.models.deletion.CASCADE,
                                primary_key=True,
                                related_name="address",
                                serialize=False,
                                to="projects.delivery",
                            ),
                        ),
                        ("name", models.CharField(max_length=120)),
                        ("lines", models.CharField(max_length=300)),
                        ("postcode", models.CharField(blank=True, max_length=20)),
                        ("city", models.CharField(max_length=100)),
                        ("country", models.CharField(max_length=2)),
                        ("given_at", models.DateTimeField()),
                    ],
                ),
                migrations.CreateModel(
                    name="DeliveryStep",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("source", models.CharField(max_length=10)),
                        ("target", models.CharField(max_length=10)),
                        ("note", models.CharField(blank=True, max_length=300)),
                        ("happened_at", models.DateTimeField()),
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
                            "delivery",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="steps",
                                to="projects.delivery",
                            ),
                        ),
                    ],
                    options={
                        "ordering": ("pk",),
                    },
                ),
                migrations.CreateModel(
                    name="LabNote",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("number", models.PositiveIntegerField(null=True)),
                        ("title", models.CharField(max_length=120)),
                        ("body", models.TextField(max_length=40000)),
                        ("body_html", models.TextField()),
                        (
                            "audience",
                            models.CharField(
                                choices=[("public", "Everyone"), ("backers", "Backers only")],
                                default="public",
                                max_length=8,
                            ),
                        ),
                        ("version", models.PositiveIntegerField(default=1)),
                        ("publish_at", models.DateTimeField(blank=True, null=True)),
                        ("published_at", models.DateTimeField(blank=True, null=True)),
                        ("told_at", models.DateTimeField(blank=True, null=True)),
                        (
                            "author",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "project",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="lab_notes",
                                to="projects.project",
                            ),
                        ),
                    ],
                    options={
                        "ordering": ("-published_at", "-pk"),
                        "indexes": [
                            models.Index(
                                condition=models.Q(("published_at", None)),
                                fields=["publish_at"],
                                name="lab_note_scheduled",
                            ),
                            models.Index(
                                condition=models.Q(("published_at__isnull", False), ("told_at", None)),
                                fields=["published_at"],
                                name="lab_note_untold",
                            ),
                        ],
                        "constraints": [
                            models.UniqueConstraint(fields=("project", "number"), name="lab_note_number_once"),
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(("number", None), ("published_at", None)),
                                    models.Q(("number__isnull", False), ("published_at__isnull", False)),
                                    _connector="OR",
                                ),
                                name="lab_note_numbered_once_published",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="Comment",
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
                                choices=[("comment", "comment"), ("question", "question")],
                                default="comment",
                                max_length=8,
                            ),
                        ),
                        ("body", models.TextField(max_length=4000)),
                        ("body_html", models.TextField()),
                        ("written_at", models.DateTimeField()),
                        ("edited_at", models.DateTimeField(null=True)),
                        ("deleted_at", models.DateTimeField(null=True)),
                        ("hidden_at", models.DateTimeField(null=True)),
                        ("hidden_reason", models.CharField(blank=True, max_length=500)),
                        ("locked_at", models.DateTimeField(null=True)),
                        ("answered_at", models.DateTimeField(null=True)),
                        (
                            "author",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="comments",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "hidden_by",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "thread",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="answers",
                                to="projects.comment",
                            ),
                        ),
                        (
                            "note",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="comments",
                                to="projects.labnote",
                            ),
                        ),
                        (
                            "project",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="comments",
                                to="projects.project",
                            ),
                        ),
                    ],
                    options={
                        "ordering": ("pk",),
                        "indexes": [
                            models.Index(
                                condition=models.Q(("thread", None)),
                                fields=["project", "note", "-id"],
                                name="comment_threads",
                            ),
                            models.Index(fields=["author", "-id"], name="comment_by_author"),
                        ],
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("hidden_at", None), models.Q(("hidden_reason", ""), _negated=True), _connector="OR"
                                ),
                                name="hidden_for_a_reason",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(("thread", None), ("kind", "comment"), _connector="OR"),
                                name="answers_are_no_questions",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="LabNoteChange",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("changed_at", models.DateTimeField()),
                        ("reason", models.CharField(max_length=300)),
                        ("title_before", models.CharField(max_length=120)),
                        ("body_before", models.TextField()),
                        (
                            "changed_by",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "note",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="changes",
                                to="projects.labnote",
                            ),
                        ),
                    ],
                    options={
                        "ordering": ("-pk",),
                    },
                ),
                migrations.CreateModel(
                    name="MilestoneEvidence",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("text", models.TextField(max_length=4000)),
                        ("url", models.URLField(blank=True, max_length=300)),
                        ("submitted_at", models.DateTimeField()),
                        (
                            "author",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "milestone",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="evidence",
                                to="projects.milestone",
                            ),
                        ),
                    ],
                    options={
                        "ordering": ("-pk",),
                    },
                ),
                migrations.CreateModel(
                    name="OutputFile",
                    fields=[
                        (
                            "release",
                            models.OneToOneField(
                                on_delete=django.db.models.deletion.CASCADE,
                                primary_key=True,
                                related_name="file",
                                serialize=False,
                                to="projects.outputrelease",
                            ),
                        ),
                        ("name", models.CharField(max_length=80)),
                        ("size", models.PositiveIntegerField()),
                        ("content", models.BinaryField()),
                    ],
                ),
                migrations.AddField(
                    model_name="outputrelease",
                    name="project",
                    field=models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="output_releases",
                        to="projects.project",
                    ),
                ),
                migrations.AddField(
                    model_name="milestone",
                    name="project",
                    field=models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="milestones", to="projects.project"
                    ),
                ),
                migrations.CreateModel(
                    name="LineComment",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("submission", models.PositiveIntegerField()),
                        ("part", models.CharField(default="story", max_length=12)),
                        ("paragraph", models.PositiveIntegerField()),
                        ("quote", models.TextField(max_length=2000)),
                        ("words", models.TextField(max_length=2000)),
                        ("written_at", models.DateTimeField()),
                        ("answer", models.TextField(blank=True, max_length=2000)),
                        ("answered_at", models.DateTimeField(blank=True, null=True)),
                        (
                            "answered_by",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "reviewer",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "project",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="line_comments",
                                to="projects.project",
                            ),
                        ),
                    ],
                    options={
                        "ordering": ("paragraph", "pk"),
                    },
                ),
                migrations.CreateModel(
                    name="FaqEntry",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("question", models.CharField(max_length=200)),
                        ("answer", models.TextField(max_length=4000)),
                        ("answer_html", models.TextField()),
                        ("position", models.PositiveSmallIntegerField()),
                        ("changed_at", models.DateTimeField()),
                        (
                            "asked_in",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.SET_NULL,
                                related_name="+",
                                to="projects.comment",
                            ),
                        ),
                        (
                            "written_by",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "project",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE, related_name="faq", to="projects.project"
                            ),
                        ),
                    ],
                    options={
                        "ordering": ("position", "pk"),
                    },
                ),
                migrations.AddField(
                    model_name="delivery",
                    name="project",
                    field=models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="deliveries", to="projects.project"
                    ),
                ),
                migrations.CreateModel(
                    name="DataSource",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("name", models.CharField(max_length=120)),
                        ("url", models.URLField(blank=True, max_length=300)),
                        ("license", models.CharField(max_length=120)),
                        (
                            "consent",
                            models.CharField(
                                choices=[
                                    ("licensed", "its licence allows it"),
                                    ("public_domain", "public domain"),
                                    ("given", "people in it agreed"),
                                    ("own", "made by the team"),
                                    ("unclear", "not cleared yet"),
                                ],
                                max_length=14,
                            ),
                        ),
                        (
                            "personal_data",
                            models.CharField(
                                choices=[
                                    ("none", "none"),
                                    ("pseudonymous", "pseudonymous"),
                                    ("yes", "yes, people can be recognized"),
                                    ("unknown", "not checked"),
                                ],
                                max_length=14,
                            ),
                        ),
                        ("note", models.CharField(blank=True, max_length=300)),
                        (
                            "project",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="data_sources",
                                to="projects.project",
                            ),
                        ),
                    ],
                    options={
                        "ordering": ("pk",),
                    },
                ),
                migrations.CreateModel(
                    name="ContributionDay",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("stage", models.CharField(max_length=10)),
                        ("kind", models.CharField(max_length=10)),
                        ("day", models.DateField()),
                        ("amount", models.BigIntegerField()),
                        ("standing", models.BigIntegerField()),
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
                                fields=("project", "kind", "stage", "day"), name="contribution_day_once"
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="Contribution",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("source", models.CharField(max_length=80)),
                        (
                            "stage",
                            models.CharField(choices=[("pledged", "pledged"), ("realized", "realized")], max_length=10),
                        ),
                        ("event", models.CharField(max_length=60)),
                        (
                            "kind",
                            models.CharField(
                                choices=[("money", "money"), ("compute", "compute"), ("sponsored", "rented compute")],
                                max_length=10,
                            ),
                        ),
                        ("amount", models.BigIntegerField()),
                        ("recorded_at", models.DateTimeField()),
                        (
                            "project",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="contributions",
                                to="projects.project",
                            ),
                        ),
                    ],
                    options={
                        "indexes": [
                            models.Index(
                                fields=["project", "kind", "stage"], include=("amount",), name="contribution_totals"
                            )
                        ],
                        "constraints": [
                            models.UniqueConstraint(fields=("source", "stage", "event"), name="contribution_once")
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="CollectionEntry",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("place", models.PositiveSmallIntegerField()),
                        (
                            "collection",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="entries",
                                to="projects.collection",
                            ),
                        ),
                        (
                            "project",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE, related_name="+", to="projects.project"
                            ),
                        ),
                    ],
                    options={
                        "ordering": ("place",),
                        "constraints": [
                            models.UniqueConstraint(fields=("collection", "project"), name="collected_once")
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="BudgetLine",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("title", models.CharField(max_length=80)),
                        ("amount_minor", models.BigIntegerField(blank=True, null=True)),
                        ("hours_us", models.BigIntegerField(blank=True, null=True)),
                        ("note", models.CharField(blank=True, max_length=300)),
                        (
                            "project",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="budget_lines",
                                to="projects.project",
                            ),
                        ),
                    ],
                    options={
                        "ordering": ("pk",),
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(("amount_minor__gt", 0), ("hours_us", None)),
                                    models.Q(("amount_minor", None), ("hours_us__gt", 0)),
                                    _connector="OR",
                                ),
                                name="budget_line_is_money_or_hours",
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="ProjectFollow",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("since", models.DateTimeField()),
                        (
                            "project",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="follows",
                                to="projects.project",
                            ),
                        ),
                        (
                            "user",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="project_follows",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                    ],
                    options={
                        "constraints": [
                            models.UniqueConstraint(fields=("user", "project"), name="project_followed_once")
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="ProjectTransition",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("source", models.CharField(max_length=20)),
                        ("target", models.CharField(max_length=20)),
                        ("reason", models.CharField(blank=True, max_length=1000)),
                        ("happened_at", models.DateTimeField()),
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
                            "project",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="transitions",
                                to="projects.project",
                            ),
                        ),
                    ],
                    options={
                        "ordering": ("pk",),
                    },
                ),
                migrations.CreateModel(
                    name="PromisedOutput",
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
                                    ("weights", "weights"),
                                    ("data", "data"),
                                    ("code", "code"),
                                    ("paper", "paper"),
                                    ("checkpoints", "checkpoints"),
                                ],
                                max_length=12,
                            ),
                        ),
                        ("description", models.CharField(max_length=200)),
                        ("due_on", models.DateField(blank=True, null=True)),
                        (
                            "project",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="promised_outputs",
                                to="projects.project",
                            ),
                        ),
                    ],
                    options={
                        "ordering": ("due_on", "pk"),
                    },
                ),
                migrations.AddField(
                    model_name="outputrelease",
                    name="promise",
                    field=models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="releases",
                        to="projects.promisedoutput",
                    ),
                ),
                migrations.CreateModel(
                    name="ReferralDay",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("day", models.DateField()),
                        ("source", models.CharField(max_length=60)),
                        ("visits", models.PositiveIntegerField(default=0)),
                        ("pledges", models.PositiveIntegerField(default=0)),
                        (
                            "project",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="referral_days",
                                to="projects.project",
                            ),
                        ),
                    ],
                    options={
                        "constraints": [
                            models.UniqueConstraint(fields=("project", "day", "source"), name="referral_day_once")
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="Report",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        (
                            "target",
                            models.CharField(
                                choices=[("project", "project"), ("comment", "comment"), ("person", "person")],
                                max_length=8,
                            ),
                        ),
                        ("target_id", models.BigIntegerField()),
                        (
                            "reason",
                            models.CharField(
                                choices=[
                                    ("fraud", "it deceives people who pay"),
                                    ("data", "data without right or consent"),
                                    ("rights", "somebody else's work or name"),
                                    ("abuse", "abuse, threats or hate"),
                                    ("spam", "advertising"),
                                    ("other", "something else"),
                                ],
                                max_length=8,
                            ),
                        ),
                        ("words", models.TextField(max_length=2000)),
                        ("reported_at", models.DateTimeField()),
                        (
                            "state",
                            models.CharField(
                                choices=[("open", "open"), ("acting", "being looked at"), ("closed", "closed")],
                                default="open",
                                max_length=8,
                            ),
                        ),
                        (
                            "outcome",
                            models.CharField(
                                blank=True,
                                choices=[
                                    ("nothing", "nothing was found"),
                                    ("talked", "the person was talked to"),
                                    ("removed", "what was reported is gone"),
                                    ("suspended", "the project or account was stopped"),
                                ],
                                max_length=10,
                            ),
                        ),
                        ("closing_words", models.TextField(blank=True, max_length=1000)),
                        ("closed_at", models.DateTimeField(blank=True, null=True)),
                        (
                            "handler",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "reporter",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="reports",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                    ],
                    options={
                        "ordering": ("pk",),
                        "indexes": [models.Index(fields=["state", "id"], name="report_queue")],
                        "constraints": [
                            models.UniqueConstraint(
                                condition=models.Q(("state", "closed"), _negated=True),
                                fields=("target", "target_id", "reporter"),
                                name="one_open_report",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(("state", "closed"), _negated=True),
                                    models.Q(models.Q(("outcome", ""), _negated=True), ("closed_at__isnull", False)),
                                    _connector="OR",
                                ),
                                name="report_closed_with",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="Review",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("submission", models.PositiveIntegerField()),
                        (
                            "decision",
                            models.CharField(
                                choices=[
                                    ("approve", "approve"),
                                    ("request_changes", "request changes"),
                                    ("comment", "comment"),
                                ],
                                max_length=16,
                            ),
                        ),
                        ("reasons", models.TextField(blank=True, max_length=4000)),
                        ("decided_at", models.DateTimeField()),
                        (
                            "project",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="reviews",
                                to="projects.project",
                            ),
                        ),
                        (
                            "reviewer",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="reviews",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                    ],
                    options={
                        "ordering": ("-decided_at",),
                        "constraints": [
                            models.UniqueConstraint(
                                condition=models.Q(("decision", "comment"), _negated=True),
                                fields=("project", "reviewer", "submission"),
                                name="one_decision_a_reviewer",
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="ReviewClaim",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("claimed_at", models.DateTimeField()),
                        ("released_at", models.DateTimeField(blank=True, null=True)),
                        (
                            "project",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="review_claims",
                                to="projects.project",
                            ),
                        ),
                        (
                            "reviewer",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="review_claims",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                    ],
                    options={
                        "ordering": ("claimed_at",),
                        "constraints": [
                            models.UniqueConstraint(
                                condition=models.Q(("released_at", None)),
                                fields=("project", "reviewer"),
                                name="one_open_claim_a_reviewer",
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="ReviewPoint",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("key", models.CharField(max_length=20)),
                        (
                            "verdict",
                            models.CharField(
                                choices=[
                                    ("holds", "holds"),
                                    ("concern", "a concern"),
                                    ("not_needed", "does not apply"),
                                ],
                                max_length=12,
                            ),
                        ),
                        ("evidence", models.CharField(blank=True, max_length=500)),
                        (
                            "review",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE, related_name="points", to="projects.review"
                            ),
                        ),
                    ],
                    options={
                        "ordering": ("pk",),
                        "constraints": [models.UniqueConstraint(fields=("review", "key"), name="review_point_once")],
                    },
                ),
                migrations.CreateModel(
                    name="RewardImage",
                    fields=[
                        (
                            "reward",
                            models.OneToOneField(
                                on_delete=django.db.models.deletion.CASCADE,
                                primary_key=True,
                                related_name="image",
                                serialize=False,
                                to="projects.reward",
                            ),
                        ),
                        ("content", models.BinaryField()),
                        ("sha256", models.CharField(max_length=64)),
                        ("width", models.PositiveSmallIntegerField()),
                        ("height", models.PositiveSmallIntegerField()),
                        ("alt", models.CharField(max_length=160)),
                    ],
                ),
                migrations.AddField(
                    model_name="delivery",
                    name="reward",
                    field=models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="deliveries", to="projects.reward"
                    ),
                ),
                migrations.CreateModel(
                    name="RewardQuestion",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("text", models.CharField(max_length=200)),
                        (
                            "kind",
                            models.CharField(
                                choices=[("text", "a text"), ("choice", "one of several")], default="text", max_length=6
                            ),
                        ),
                        (
                            "choices",
                            django.contrib.postgres.fields.ArrayField(
                                base_field=models.CharField(max_length=80), blank=True, default=list, size=None
                            ),
                        ),
                        ("is_required", models.BooleanField(default=True)),
                        ("position", models.PositiveSmallIntegerField()),
                        (
                            "reward",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="questions",
                                to="projects.reward",
                            ),
                        ),
                    ],
                    options={
                        "ordering": ("position", "pk"),
                    },
                ),
                migrations.CreateModel(
                    name="Risk",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("title", models.CharField(max_length=120)),
                        ("answer", models.CharField(max_length=600)),
                        (
                            "project",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE, related_name="risks", to="projects.project"
                            ),
                        ),
                    ],
                    options={
                        "ordering": ("pk",),
                    },
                ),
                migrations.CreateModel(
                    name="SavedSearch",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("name", models.CharField(max_length=80, verbose_name="name")),
                        ("query", models.CharField(max_length=1000)),
                        (
                            "every",
                            models.CharField(
                                choices=[("day", "once a day"), ("week", "once a week"), ("never", "not at all")],
                                default="week",
                                max_length=5,
                            ),
                        ),
                        ("created_at", models.DateTimeField()),
                        ("looked_at", models.DateTimeField()),
                        (
                            "owner",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="saved_searches",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                    ],
                    options={
                        "ordering": ("name", "pk"),
                        "indexes": [models.Index(fields=["every", "looked_at"], name="saved_search_due")],
                        "constraints": [models.UniqueConstraint(fields=("owner", "query"), name="search_saved_once")],
                    },
                ),
                migrations.CreateModel(
                    name="StockPool",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("name", models.CharField(max_length=80)),
                        ("limit", models.PositiveIntegerField()),
                        ("claimed", models.PositiveIntegerField(default=0)),
                        (
                            "project",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="stock_pools",
                                to="projects.project",
                            ),
                        ),
                    ],
                    options={
                        "ordering": ("pk",),
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(("claimed__lte", models.F("limit"))), name="pool_is_not_oversold"
                            ),
                            models.UniqueConstraint(fields=("project", "name"), name="pool_name_once"),
                        ],
                    },
                ),
                migrations.AddField(
                    model_name="reward",
                    name="pool",
                    field=models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="rewards",
                        to="projects.stockpool",
                    ),
                ),
                migrations.CreateModel(
                    name="SuspensionAppeal",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("words", models.TextField(max_length=4000)),
                        ("opened_at", models.DateTimeField()),
                        ("decided_at", models.DateTimeField(blank=True, null=True)),
                        ("is_granted", models.BooleanField(default=False)),
                        ("answer", models.TextField(blank=True, max_length=1000)),
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
                            "opened_by",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "project",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="suspension_appeals",
                                to="projects.project",
                            ),
                        ),
                    ],
                    options={
                        "ordering": ("pk",),
                        "constraints": [
                            models.UniqueConstraint(
                                condition=models.Q(("decided_at", None)), fields=("project",), name="one_open_appeal"
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="TeamInvitation",
                    fields=[
                        ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                        ("email", models.EmailField(max_length=254)),
                        (
                            "role",
                            models.CharField(
                                choices=[
                                    ("co_creator", "co-creator"),
                                    ("writer", "writer"),
                                    ("trainer", "trainer"),
                                    ("steward", "steward"),
                                    ("member", "member"),
                                ],
                                max_length=12,
                            ),
                        ),
                        ("invited_at", models.DateTimeField()),
                        ("language", models.CharField(blank=True, max_length=10)),
                        ("closed_at", models.DateTimeField(blank=True, null=True)),
                        ("is_accepted", models.BooleanField(default=False)),
                        ("claimed_at", models.DateTimeField(blank=True, null=True)),
                        ("attempts", models.PositiveSmallIntegerField(default=0)),
                        ("sent_at", models.DateTimeField(blank=True, null=True)),
                        (
                            "invited_by",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "project",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="invitations",
                                to="projects.project",
                            ),
                        ),
                    ],
                    options={
                        "ordering": ("invited_at",),
                        "constraints": [
                            models.UniqueConstraint(
                                django.db.models.functions.text.Lower("email"),
                                models.F("project"),
                                condition=models.Q(("closed_at", None)),
                                name="one_open_invitation_an_address",
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="Teammate",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        (
                            "role",
                            models.CharField(
                                choices=[
                                    ("co_creator", "co-creator"),
                                    ("writer", "writer"),
                                    ("trainer", "trainer"),
                                    ("steward", "steward"),
                                    ("member", "member"),
                                ],
                                default="member",
                                max_length=12,
                            ),
                        ),
                        ("added_at", models.DateTimeField()),
                        ("ended_at", models.DateTimeField(blank=True, null=True)),
                        (
                            "project",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="teammates",
                                to="projects.project",
                            ),
                        ),
                        (
                            "user",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="teams_of_projects",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                    ],
                    options={
                        "ordering": ("added_at",),
                        "constraints": [models.UniqueConstraint(fields=("project", "user"), name="teammate_once")],
                    },
                ),
                migrations.CreateModel(
                    name="CreatorFollow",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("since", models.DateTimeField()),
                        (
                            "creator",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="followers",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "user",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="creator_follows",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                    ],
                    options={
                        "constraints": [
                            models.UniqueConstraint(fields=("user", "creator"), name="creator_followed_once"),
                            models.CheckConstraint(
                                condition=models.Q(("user", models.F("creator")), _negated=True),
                                name="nobody_follows_themselves",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="Benefit",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("kind", models.CharField(max_length=12)),
                        ("granted_at", models.DateTimeField()),
                        ("digest", models.CharField(blank=True, max_length=64)),
                        ("quota", models.PositiveBigIntegerField(default=0)),
                        ("used", models.PositiveBigIntegerField(default=0)),
                        (
                            "delivery",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="benefits",
                                to="projects.delivery",
                            ),
                        ),
                    ],
                    options={
                        "ordering": ("kind",),
                        "constraints": [
                            models.UniqueConstraint(fields=("delivery", "kind"), name="benefit_once"),
                            models.UniqueConstraint(
                                condition=models.Q(("digest", ""), _negated=True), fields=("digest",), name="token_once"
                            ),
                            models.CheckConstraint(
                                condition=models.Q(("used__lte", models.F("quota"))), name="quota_is_kept"
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="ProjectListing",
                    fields=[
                        (
                            "project",
                            models.OneToOneField(
                                on_delete=django.db.models.deletion.CASCADE,
                                primary_key=True,
                                related_name="listing",
                                serialize=False,
                                to="projects.project",
                            ),
                        ),
                        ("document", django.contrib.postgres.search.SearchVectorField()),
                        ("words", models.TextField()),
                        (
                            "languages",
                            django.contrib.postgres.fields.ArrayField(
                                base_field=models.CharField(max_length=20), size=None
                            ),
                        ),
                        ("trend", models.FloatField(default=0)),
                        ("money_permille", models.IntegerField(null=True)),
                        ("compute_permille", models.IntegerField(null=True)),
                    ],
                    options={
                        "indexes": [
                            django.contrib.postgres.indexes.GinIndex(fields=["document"], name="listing_document"),
                            django.contrib.postgres.indexes.GinIndex(
                                django.contrib.postgres.indexes.OpClass("words", name="gin_trgm_ops"),
                                name="listing_words",
                            ),
                        ],
                    },
                ),
                migrations.AddConstraint(
                    model_name="milestone",
                    constraint=models.UniqueConstraint(fields=("project", "number"), name="milestone_number_once"),
                ),
                migrations.AddConstraint(
                    model_name="milestone",
                    constraint=models.CheckConstraint(
                        condition=models.Q(("share_bp__gt", 0), ("share_bp__lte", 10000)),
                        name="milestone_share_bounded",
                    ),
                ),
                migrations.AddIndex(
                    model_name="outputrelease",
                    index=models.Index(
                        condition=models.Q(("check_at__isnull", False)), fields=["check_at"], name="release_to_check"
                    ),
                ),
                migrations.AddIndex(
                    model_name="outputrelease",
                    index=models.Index(
                        condition=models.Q(("is_told", False)), fields=["public_at"], name="release_untold"
                    ),
                ),
                migrations.AddConstraint(
                    model_name="outputrelease",
                    constraint=models.CheckConstraint(
                        condition=models.Q(("public_at__gte", models.F("released_at"))), name="release_public_after"
                    ),
                ),
                migrations.AddIndex(
                    model_name="delivery",
                    index=models.Index(fields=["project", "state"], name="delivery_by_project"),
                ),
                migrations.AddIndex(
                    model_name="delivery",
                    index=models.Index(fields=["person", "-id"], name="delivery_by_person"),
                ),
                migrations.AddIndex(
                    model_name="delivery",
                    index=models.Index(
                        condition=models.Q(("remind_at__isnull", False)),
                        fields=["remind_at"],
                        name="delivery_to_remind",
                    ),
                ),
                migrations.AddConstraint(
                    model_name="reward",
                    constraint=models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("threshold_gpu_us", None), ("threshold_minor__gt", 0)),
                            models.Q(("threshold_gpu_us__gt", 0), ("threshold_minor", None)),
                            _connector="OR",
                        ),
                        name="reward_has_one_threshold",
                    ),
                ),
                migrations.AddConstraint(
                    model_name="reward",
                    constraint=models.CheckConstraint(
                        condition=models.Q(("limit", None), ("claimed__lte", models.F("limit")), _connector="OR"),
                        name="reward_is_not_oversold",
                    ),
                ),
            ],
        ),
        migrations.RunSQL(CONTRIBUTION_DAYS.FORWARD, CONTRIBUTION_DAYS.BACKWARD),
        migrations.RunSQL(LISTING.FORWARD, LISTING.BACKWARD),
        migrations.RunSQL(PLAIN_WORDS.FORWARD, PLAIN_WORDS.BACKWARD),
    ]
