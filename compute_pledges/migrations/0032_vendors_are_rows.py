"""Vendors are rows instead of typed names; what rented machines filled is counted apart, by further rows."""

import django.db.models.deletion
import django.db.models.functions.text
from django.db import migrations, models

# Names that differ in case or spaces alone are one vendor; it is called as the first machine was marked.
VENDORS = """
INSERT INTO compute_pledges_sponsorvendor (project_id, name)
SELECT DISTINCT ON (project_id, lower(name)) project_id, name FROM (
    SELECT project_id, btrim(regexp_replace(vendor_name, '\\s+', ' ', 'g')) AS name, marked_at AS at FROM compute_pledges_sponsoreddevice
    UNION ALL
    SELECT project_id, btrim(regexp_replace(vendor_name, '\\s+', ' ', 'g')), entered_at FROM compute_pledges_sponsorinvoice) n
ORDER BY project_id, lower(name), at;
UPDATE compute_pledges_sponsoreddevice d SET vendor_id = v.id FROM compute_pledges_sponsorvendor v
WHERE v.project_id = d.project_id AND lower(v.name) = lower(btrim(regexp_replace(d.vendor_name, '\\s+', ' ', 'g')));
UPDATE compute_pledges_sponsorinvoice i SET vendor_id = v.id FROM compute_pledges_sponsorvendor v
WHERE v.project_id = i.project_id AND lower(v.name) = lower(btrim(regexp_replace(i.vendor_name, '\\s+', ' ', 'g')));
"""
# Of invoices that say the same day twice the first stays; the others are refused, with the reason, to be entered anew.
OVERLAPS = """
UPDATE compute_pledges_sponsorinvoice late
SET state = 'refused', decided_at = now(),
    decision_reason = 'Days of it are on invoice ' || early.reference || ' already. Enter it for its other days.'
FROM compute_pledges_sponsorinvoice early
WHERE early.vendor_id = late.vendor_id AND early.id < late.id AND early.state <> 'refused' AND late.state <> 'refused'
  AND daterange(early.starts_on, early.ends_on, '[]') && daterange(late.starts_on, late.ends_on, '[]');
"""
# Further rows: what rented machines filled is taken from the volunteers' kind and put where the plan bounds it.
APART = """
INSERT INTO projects_contribution (project_id, source, stage, event, kind, amount, recorded_at)
SELECT c.project_id, c.source, 'realized', 'apart:' || m.kind, m.kind, m.sign * c.amount, now()
FROM (SELECT project_id, source, sum(amount) AS amount FROM projects_contribution
      WHERE stage = 'realized' AND kind = 'compute' GROUP BY 1, 2) c
JOIN compute_pledges_workresult r ON c.source = 'lease:' || r.lease_id
JOIN compute_pledges_sponsoreddevice s ON s.device_id = r.device_id
CROSS JOIN (VALUES ('compute', -1), ('sponsored', 1)) m(kind, sign)
WHERE c.amount <> 0
"""


def vendor(name):
    return models.ForeignKey(
        on_delete=django.db.models.deletion.PROTECT, related_name=name, to="compute_pledges.sponsorvendor"
    )


class Migration(migrations.Migration):
    dependencies = [
        ("compute_pledges", "0031_who_left_the_lists_when"),
        ("projects", "0007_rented_time_is_its_own_kind"),
    ]
    operations = [
        migrations.CreateModel(
            name="SponsorVendor",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=120)),
                (
                    "project",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="sponsor_vendors",
                        to="projects.project",
                    ),
                ),
            ],
            options={
                "ordering": ("pk",),
                "constraints": [
                    models.UniqueConstraint(
                        models.F("project"), django.db.models.functions.text.Lower("name"), name="vendor_once"
                    )
                ],
            },
        ),
        migrations.RemoveConstraint("sponsorinvoice", "invoice_once"),
        migrations.RenameField("sponsoreddevice", "vendor", "vendor_name"),
        migrations.RenameField("sponsorinvoice", "vendor", "vendor_name"),
        migrations.AddField("sponsoreddevice", "vendor", models.ForeignKey(
            null=True, on_delete=django.db.models.deletion.PROTECT, related_name="devices",
            to="compute_pledges.sponsorvendor",
        )),
        migrations.AddField("sponsorinvoice", "vendor", models.ForeignKey(
            null=True, on_delete=django.db.models.deletion.PROTECT, related_name="invoices",
            to="compute_pledges.sponsorvendor",
        )),
        migrations.RunSQL([VENDORS, OVERLAPS, APART], migrations.RunSQL.noop),
        migrations.RunSQL("SET CONSTRAINTS ALL IMMEDIATE", migrations.RunSQL.noop),
        migrations.RemoveField("sponsoreddevice", "vendor_name"),
        migrations.RemoveField("sponsorinvoice", "vendor_name"),
        migrations.AlterField("sponsoreddevice", "vendor", vendor("devices")),
        migrations.AlterField("sponsorinvoice", "vendor", vendor("invoices")),
    ]  # fmt: skip
