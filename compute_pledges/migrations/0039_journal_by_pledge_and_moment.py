"""The journal by pledge and moment, so that the weeks of a few pledges are read from an index alone."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("compute_pledges", "0038_hours_of_a_pledge_as_bits"),
        ("projects", "0007_rented_time_is_its_own_kind"),
    ]

    operations = [
        migrations.AlterField(
            model_name="gputimeentry",
            name="pledge",
            field=models.ForeignKey(
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="entries",
                to="compute_pledges.computepledge",
            ),
        ),
        migrations.AddIndex(
            model_name="gputimeentry",
            index=models.Index(
                condition=models.Q(("pledge__isnull", False)),
                fields=["pledge", "recorded_at"],
                include=("credit", "device_us"),
                name="entries_of_pledge",
            ),
        ),
    ]
