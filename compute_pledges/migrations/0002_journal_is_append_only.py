"""The journal refuses changes, and every row carries its transaction for the watermark of reconciliation."""

from django.db import migrations

FORWARD = """
ALTER TABLE compute_pledges_gputimeentry ADD COLUMN transaction_id xid8 NOT NULL DEFAULT pg_current_xact_id();
CREATE INDEX gpu_time_transaction ON compute_pledges_gputimeentry (transaction_id);
CREATE FUNCTION gpu_time_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the journal of GPU time is append-only' USING ERRCODE = 'integrity_constraint_violation';
END $$;
CREATE TRIGGER gpu_time_append_only BEFORE UPDATE OR DELETE ON compute_pledges_gputimeentry
    FOR EACH ROW EXECUTE FUNCTION gpu_time_refuse_change();
"""
BACKWARD = """
DROP TRIGGER gpu_time_append_only ON compute_pledges_gputimeentry;
DROP FUNCTION gpu_time_refuse_change();
ALTER TABLE compute_pledges_gputimeentry DROP COLUMN transaction_id;
"""


class Migration(migrations.Migration):
    dependencies = [("compute_pledges", "0001_initial")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
