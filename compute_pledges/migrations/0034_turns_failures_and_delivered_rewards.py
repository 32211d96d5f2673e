"""What a machine was before each turn, what sweeps failed on, and rewards that their creator says are delivered."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("compute_pledges", "0033_days_on_one_invoice_and_duties_to_rent"),
    ]

    operations = [
        migrations.AddField(
            model_name="computepledge",
            name="reward_delivered_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="computepledge",
            name="reward_delivery",
            field=models.CharField(blank=True, max_length=300),
        ),
        migrations.AddField(
            model_name="pledgecount",
            name="counted_rest_h100_us",
            field=models.BigIntegerField(default=0),
        ),
        migrations.AddField(
            model_name="pledgecount",
            name="has_record",
            field=models.BooleanField(default=False),
        ),
        migrations.CreateModel(
            name="SweepFailure",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
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
            name="DeviceTurn",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "state_before",
                    models.CharField(
                        choices=[("active", "active"), ("quarantined", "in quarantine"), ("revoked", "revoked")],
                        max_length=12,
                    ),
                ),
                ("valid_before", models.PositiveIntegerField()),
                ("happened_at", models.DateTimeField()),
                (
                    "device",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="turns", to="compute_pledges.device"
                    ),
                ),
            ],
            options={
                "ordering": ("happened_at", "pk"),
                "indexes": [models.Index(fields=["device", "happened_at"], name="turns_of_device")],
            },
        ),
    ]
