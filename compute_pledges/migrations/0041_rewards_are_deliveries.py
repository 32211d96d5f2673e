from django.db import migrations, models


def owe_what_was_granted(apps, schema_editor):
    """What settled hours earned so far is owed, or delivered, as the creator said."""
    pledges = apps.get_model("compute_pledges", "ComputePledge")
    deliveries = apps.get_model("projects", "Delivery")
    granted = pledges.objects.exclude(reward_granted_at=None).exclude(reward=None)
    for pledge in granted.iterator():
        is_delivered = pledge.reward_delivered_at is not None
        deliveries.objects.get_or_create(
            source=f"compute_pledge:{pledge.pk}",
            defaults={
                "project_id": pledge.project_id,
                "reward_id": pledge.reward_id,
                "person_id": pledge.backer_id,
                "state": "delivered" if is_delivered else "todo",
                "note": pledge.reward_delivery,
                "opened_at": pledge.reward_granted_at,
                "delivered_at": pledge.reward_delivered_at,
            },
        )


class Migration(migrations.Migration):
    dependencies = [
        ("compute_pledges", "0040_replays_after_an_appeal"),
        ("projects", "0017_rewards_and_deliveries"),
    ]

    operations = [
        migrations.RunPython(owe_what_was_granted, migrations.RunPython.noop),
        migrations.RemoveField("computepledge", "reward_delivered_at"),
        migrations.RemoveField("computepledge", "reward_delivery"),
    ]
