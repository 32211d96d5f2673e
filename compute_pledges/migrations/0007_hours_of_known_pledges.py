"""Pledges that were made with a number of hours a week get that many hours, from Monday on."""

from django.db import migrations

# An hour of a machine backs one project: only the oldest open pledge of a machine takes its hours.
FORWARD = """
INSERT INTO compute_pledges_pledgehour (pledge_id, device_id, slot)
SELECT p.id, CASE WHEN p.is_open AND p.place = 1 THEN p.device_id END, s.slot
FROM (SELECT id, device_id, hours_per_week, state IN ('offered', 'accepted', 'delivering') AS is_open,
             row_number() OVER (PARTITION BY device_id, state IN ('offered', 'accepted', 'delivering')
                                ORDER BY created_at, id) AS place
      FROM compute_pledges_computepledge) p
CROSS JOIN generate_series(0, 167) AS s(slot)
WHERE s.slot < p.hours_per_week;
UPDATE compute_pledges_computepledge SET holds_stock = true
WHERE reward_id IS NOT NULL AND state IN ('accepted', 'delivering', 'fulfilled', 'partly_fulfilled');
"""


class Migration(migrations.Migration):
    dependencies = [("compute_pledges", "0006_hours_counts_offers_sponsoring")]
    operations = [migrations.RunSQL(FORWARD, migrations.RunSQL.noop)]
