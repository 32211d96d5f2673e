"""Sums of contributions by day, kept by a statement trigger, and filled from the rows that are there."""

from django.db import migrations

# A source stands when what it promised is more than nothing; the change of that is counted on the day of its last row.
FORWARD = """
CREATE FUNCTION contribution_day_add() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO projects_contributionday (project_id, kind, stage, day, amount, standing)
    SELECT project_id, kind, stage, day, sum(amount), sum(standing) FROM (
        SELECT project_id, kind, stage, (recorded_at AT TIME ZONE 'UTC')::date AS day, amount, 0 AS standing FROM added
        UNION ALL
        SELECT project_id, kind, stage, day, 0, (total > 0)::int - (total - fresh > 0)::int FROM (
            SELECT a.project_id, a.kind, a.stage, max((a.recorded_at AT TIME ZONE 'UTC')::date) AS day,
                   sum(a.amount) AS fresh,
                   (SELECT sum(c.amount) FROM projects_contribution c
                    WHERE c.source = a.source AND c.stage = a.stage) AS total
            FROM added a WHERE a.stage = 'pledged' GROUP BY a.project_id, a.kind, a.stage, a.source) s
    ) m GROUP BY project_id, kind, stage, day ORDER BY project_id, kind, stage, day
    ON CONFLICT (project_id, kind, stage, day) DO UPDATE SET
        amount = projects_contributionday.amount + EXCLUDED.amount,
        standing = projects_contributionday.standing + EXCLUDED.standing;
    RETURN NULL;
END $$;
CREATE TRIGGER contribution_day AFTER INSERT ON projects_contribution REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION contribution_day_add();
INSERT INTO projects_contributionday (project_id, kind, stage, day, amount, standing)
SELECT project_id, kind, stage, day, sum(amount), sum(standing) FROM (
    SELECT project_id, kind, stage, (recorded_at AT TIME ZONE 'UTC')::date AS day, amount, 0 AS standing
    FROM projects_contribution
    UNION ALL
    SELECT project_id, kind, stage, max((recorded_at AT TIME ZONE 'UTC')::date), 0, (sum(amount) > 0)::int
    FROM projects_contribution WHERE stage = 'pledged' GROUP BY project_id, kind, stage, source
) m GROUP BY project_id, kind, stage, day;
"""
BACKWARD = """
DROP TRIGGER contribution_day ON projects_contribution;
DROP FUNCTION contribution_day_add();
"""


class Migration(migrations.Migration):
    dependencies = [("projects", "0003_money_plan")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
