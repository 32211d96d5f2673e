from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("compute_pledges", "0020_teams_and_releases"),
    ]

    operations = [
        migrations.AddField(
            model_name="round",
            name="reduction_parts",
            field=models.JSONField(default=dict),
        ),
        migrations.AddField(
            model_name="round",
            name="reduction_plan",
            field=models.JSONField(default=dict),
        ),
    ]
