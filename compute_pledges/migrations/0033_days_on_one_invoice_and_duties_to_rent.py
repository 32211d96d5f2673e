"""A day of a vendor's machines is on one invoice; hours that a creator owes by renting are followed."""

import django.contrib.postgres.constraints
import django.contrib.postgres.fields.ranges
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("compute_pledges", "0032_vendors_are_rows"),
        ("projects", "0007_rented_time_is_its_own_kind"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="RentDuty",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
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
            ],
            options={
                "ordering": ("-opened_at",),
            },
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
            constraint=django.contrib.postgres.constraints.ExclusionConstraint(
                condition=models.Q(("state", "refused"), _negated=True),
                expressions=[
                    (
                        models.Func(models.F("vendor"), models.F("vendor"), models.Value("[]"), function="int8range"),
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
        migrations.AddField(
            model_name="rentduty",
            name="project",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="rent_duties", to="projects.project"
            ),
        ),
        migrations.AddConstraint(
            model_name="rentduty",
            constraint=models.UniqueConstraint(
                condition=models.Q(("state__in", ("open", "started"))),
                fields=("project",),
                name="one_standing_rent_duty",
            ),
        ),
        migrations.AddConstraint(
            model_name="rentduty",
            constraint=models.CheckConstraint(
                condition=models.Q(("first_owed_us__gt", 0), ("owed_us__gte", 0)), name="rent_duty_is_positive"
            ),
        ),
    ]
