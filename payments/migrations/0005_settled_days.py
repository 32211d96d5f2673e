"""Gross of settled charges by UTC day, kept by a trigger and filled from what is there; indexes of what staff looks for."""

import django.db.models.deletion
from django.db import migrations, models

SETTLED = """
INSERT INTO payments_settledday (project_id, currency, day, amount)
SELECT p.project_id, p.currency, (t.recorded_at AT TIME ZONE 'UTC')::date, sum(p.amount_minor)
FROM {rows} t JOIN payments_cashpledge p ON p.id = t.pledge_id WHERE t.kind = 'settlement'
GROUP BY 1, 2, 3 ORDER BY 1, 2, 3
"""
FORWARD = f"""
CREATE FUNCTION settled_day_add() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    {SETTLED.format(rows="added")}
    ON CONFLICT (project_id, currency, day) DO UPDATE SET amount = payments_settledday.amount + EXCLUDED.amount;
    RETURN NULL;
END $$;
CREATE TRIGGER settled_day AFTER INSERT ON payments_ledgertransaction REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION settled_day_add();
{SETTLED.format(rows="payments_ledgertransaction")};
"""
BACKWARD = """
DROP TRIGGER settled_day ON payments_ledgertransaction;
DROP FUNCTION settled_day_add();
"""


class Migration(migrations.Migration):
    dependencies = [("payments", "0004_money_days"), ("projects", "0004_contribution_days")]
    operations = [
        migrations.CreateModel(
            name="SettledDay",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("currency", models.CharField(max_length=3)),
                ("day", models.DateField()),
                ("amount", models.BigIntegerField()),
                (
                    "project",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="projects.project"
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("project", "currency", "day"), name="settled_day_once")
                ],
            },
        ),
        migrations.RunSQL(FORWARD, BACKWARD),
        migrations.AddIndex("cashpledge", models.Index(fields=["-created_at"], name="cash_pledge_recent")),
        migrations.AddIndex(
            "cashpledge",
            models.Index(
                condition=models.Q(("card_fingerprint", ""), _negated=True),
                fields=["card_fingerprint"],
                name="cash_pledge_fingerprint",
            ),
        ),
        migrations.AddIndex(
            "webhookevent",
            models.Index(
                condition=models.Q(("error", ""), _negated=True), fields=["-received_at"], name="webhook_with_error"
            ),
        ),
        migrations.AddIndex(
            "refund",
            models.Index(condition=models.Q(("state", "failed")), fields=["-finished_at"], name="refund_failed"),
        ),
    ]
