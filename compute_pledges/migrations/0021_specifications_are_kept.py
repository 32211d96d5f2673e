"""Leases and rounds get the specification that their run has: no run's settings could be changed before."""

import hashlib

import django.db.models.deletion
from django.db import migrations, models

from training_cluster.protocol import canonical_json


def keep_specifications(apps, _schema_editor):
    """The body as agents read it, once for each run that gave work out."""
    runs, specifications, leases, rounds = (
        apps.get_model("compute_pledges", name) for name in ("TrainingRun", "RunSpecification", "Lease", "Round")
    )
    for run in runs.objects.iterator():
        body = {
            "run_id": str(run.pk), "name": run.name, "config": run.config, "tokenizer": run.tokenizer,
            "data": run.data, "hyper": run.hyper, "prompt": run.prompt,
        }  # fmt: skip
        if run.start_sha256:
            body["start"] = run.start_sha256
        sha256 = hashlib.sha256(canonical_json(body)).hexdigest()
        specifications.objects.create(run=run, sha256=sha256, body=body)
        leases.objects.filter(run=run).update(spec_sha256=sha256)
        rounds.objects.filter(run=run).update(spec_sha256=sha256)


class Migration(migrations.Migration):
    dependencies = [("compute_pledges", "0012_sums_of_days")]

    operations = [
        migrations.CreateModel(
            name="RunSpecification",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
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
        ),
        migrations.AddConstraint(
            model_name="runspecification",
            constraint=models.UniqueConstraint(fields=("run", "sha256"), name="specification_once"),
        ),
        migrations.AddField(
            model_name="round", name="spec_sha256", field=models.CharField(blank=True, max_length=64, default=""),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name="lease", name="spec_sha256", field=models.CharField(max_length=64, default=""),
            preserve_default=False,
        ),
        migrations.RunPython(keep_specifications, migrations.RunPython.noop),
    ]  # fmt: skip
