"""What staff did can neither be changed nor deleted, whoever asks the database."""

from django.db import migrations

FORWARD = """
CREATE FUNCTION staff_action_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'staff actions are append-only' USING ERRCODE = 'integrity_constraint_violation';
END $$;
CREATE TRIGGER staff_action_append_only BEFORE UPDATE OR DELETE ON audit_staffaction
    FOR EACH ROW EXECUTE FUNCTION staff_action_refuse_change();
"""
BACKWARD = """
DROP TRIGGER staff_action_append_only ON audit_staffaction;
DROP FUNCTION staff_action_refuse_change();
"""


class Migration(migrations.Migration):
    dependencies = [("audit", "0001_initial")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
