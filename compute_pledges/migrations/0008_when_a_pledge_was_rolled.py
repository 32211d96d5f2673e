from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("compute_pledges", "0007_hours_of_known_pledges")]
    operations = [
        migrations.AddField(model_name="computepledge", name="rolled_at", field=models.DateTimeField(null=True))
    ]
