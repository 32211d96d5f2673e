"""What runs need is stored with them, and weeks are closed; the weeks that are known are worked out anew."""

from django.db import migrations, models

from training_cluster.protocol_hyper import DEFAULT_HYPER
from training_cluster.protocol_models import ConfigRefused, plan_of


def count_activations(apps, schema_editor):
    for run in apps.get_model("compute_pledges", "TrainingRun").objects.all().iterator():
        try:
            sequence = int({**DEFAULT_HYPER, **run.hyper}["sequence"])
            run.activations = plan_of(run.config, sequence).tally.activations
        except ConfigRefused:
            # An old configuration that is not allowed any more keeps the need of its weights alone.
            continue
        run.save(update_fields=["activations"])


class Migration(migrations.Migration):
    dependencies = [("compute_pledges", "0021_specifications_are_kept")]

    operations = [
        migrations.AddField("journalclosing", "weeks_until", models.DateField(null=True)),
        migrations.AddField("trainingrun", "activations", models.BigIntegerField(default=0)),
        migrations.AlterField(
            "pledgecount",
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
        migrations.RunPython(count_activations, migrations.RunPython.noop),
        # Weeks are derived: reconciliation writes them again, by the schedule and the runs.
        migrations.RunSQL("DELETE FROM compute_pledges_pledgeweek", migrations.RunSQL.noop),
    ]
