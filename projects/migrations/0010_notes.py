import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


def number_notes(apps, schema_editor):
    """Notes that exist are counted in the order in which they were published."""
    note_model = apps.get_model("projects", "LabNote")
    last = {}
    for note in note_model.objects.order_by("published_at", "pk").iterator():
        last[note.project_id] = last.get(note.project_id, 0) + 1
        note_model.objects.filter(pk=note.pk).update(number=last[note.project_id])


class Migration(migrations.Migration):
    dependencies = [
        ("projects", "0009_following"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.RenameField("labnote", "mailed_at", "told_at"),
        migrations.AddField("labnote", "number", models.PositiveIntegerField(null=True)),
        migrations.RunPython(number_notes, migrations.RunPython.noop),
    ]
