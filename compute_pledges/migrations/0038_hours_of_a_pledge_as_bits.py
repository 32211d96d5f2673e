"""The hours of a pledge's week as one value of 168 bits, kept by triggers: what reconciliation reads, not the rows."""

from django.db import migrations

FORWARD = """
ALTER TABLE compute_pledges_computepledge ADD COLUMN week_hours bit(168) NOT NULL DEFAULT repeat('0', 168)::bit(168);
CREATE FUNCTION pledge_hours_as_bits() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE compute_pledges_computepledge p SET week_hours = coalesce(
        (SELECT bit_or(set_bit(repeat('0', 168)::bit(168), h.slot, 1))
         FROM compute_pledges_pledgehour h WHERE h.pledge_id = p.id), repeat('0', 168)::bit(168))
    WHERE p.id IN (SELECT pledge_id FROM changed);
    RETURN NULL;
END $$;
CREATE TRIGGER pledge_hours_added AFTER INSERT ON compute_pledges_pledgehour REFERENCING NEW TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION pledge_hours_as_bits();
CREATE TRIGGER pledge_hours_removed AFTER DELETE ON compute_pledges_pledgehour REFERENCING OLD TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION pledge_hours_as_bits();
UPDATE compute_pledges_computepledge p SET week_hours = h.bits
FROM (SELECT pledge_id, bit_or(set_bit(repeat('0', 168)::bit(168), slot, 1)) AS bits
      FROM compute_pledges_pledgehour GROUP BY 1) h
WHERE h.pledge_id = p.id;
"""
BACKWARD = """
DROP TRIGGER pledge_hours_added ON compute_pledges_pledgehour;
DROP TRIGGER pledge_hours_removed ON compute_pledges_pledgehour;
DROP FUNCTION pledge_hours_as_bits();
ALTER TABLE compute_pledges_computepledge DROP COLUMN week_hours;
"""


class Migration(migrations.Migration):
    dependencies = [("compute_pledges", "0037_what_a_card_was_written_from")]
    operations = [
        # Deferred checks of the rows that were filled come first: a table with pending ones cannot be altered.
        migrations.RunSQL("SET CONSTRAINTS ALL IMMEDIATE", migrations.RunSQL.noop),
        migrations.RunSQL([FORWARD], [BACKWARD]),
    ]
