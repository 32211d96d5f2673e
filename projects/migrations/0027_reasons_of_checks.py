"""Why a link could not be read: a code with its facts in the place of an English sentence."""

from django.db import migrations, models
from django.utils import timezone


def keep_hashes(apps, _editor):
    """A hash that differs stays. What could not be read is read again soon, and says why then."""
    releases = apps.get_model("projects", "OutputRelease").objects
    for release in releases.filter(verdict="differs").only("pk", "check_words"):
        releases.filter(pk=release.pk).update(check_facts={"sha256": release.check_words})
    releases.filter(verdict="unreached").update(check_at=timezone.now())


class Migration(migrations.Migration):
    dependencies = [("projects", "0026_longer_searches")]

    operations = [
        migrations.AddField("outputrelease", "check_reason", models.CharField(blank=True, max_length=12)),
        migrations.AddField("outputrelease", "check_facts", models.JSONField(blank=True, default=dict)),
        migrations.RunPython(keep_hashes, migrations.RunPython.noop),
        migrations.RemoveField("outputrelease", "check_words"),
    ]
