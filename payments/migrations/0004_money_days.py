"""Sums by day of the ledger and of the pledges' states, kept by statement triggers and filled from what is there."""

from django.db import migrations

LEDGER = """
INSERT INTO payments_ledgerday (project_id, kind, account, currency, day, debit, credit)
SELECT t.project_id, t.kind, e.account, e.currency, (t.recorded_at AT TIME ZONE 'UTC')::date, sum(e.debit), sum(e.credit)
FROM {rows} e JOIN payments_ledgertransaction t ON t.id = e.transaction_id
GROUP BY 1, 2, 3, 4, 5 ORDER BY 1, 2, 3, 4, 5
"""
PLEDGES = """
INSERT INTO payments_pledgeday (project_id, currency, state, day, pledges, amount)
SELECT project_id, currency, state, day, sum(pledges), sum(amount) FROM (
    SELECT p.project_id, p.currency, t.target AS state, (t.happened_at AT TIME ZONE 'UTC')::date AS day,
           1 AS pledges, t.amount_after AS amount
    FROM {rows} t JOIN payments_cashpledge p ON p.id = t.pledge_id
    UNION ALL
    SELECT p.project_id, p.currency, t.source, (t.happened_at AT TIME ZONE 'UTC')::date, -1, -t.amount_before
    FROM {rows} t JOIN payments_cashpledge p ON p.id = t.pledge_id WHERE t.source <> 'started'
) m GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4
"""
FORWARD = f"""
UPDATE payments_cashpledgetransition t SET amount_before = p.amount_minor, amount_after = p.amount_minor
FROM payments_cashpledge p WHERE p.id = t.pledge_id;
ALTER TABLE payments_ledgertransaction DISABLE TRIGGER ledger_transaction_append_only;
UPDATE payments_ledgertransaction t SET provider_id = split_part(t.reference, ':', 2), provider_currency = e.currency,
    provider_amount_minor = e.gross, provider_fee_minor = e.fee
FROM (SELECT transaction_id, max(currency) AS currency,
             sum(credit - debit) FILTER (WHERE account = 'project_held') AS gross,
             coalesce(sum(debit - credit) FILTER (WHERE account = 'provider_fees'), 0) AS fee
      FROM payments_ledgerentry GROUP BY transaction_id) e
WHERE e.transaction_id = t.id AND t.kind IN ('charge', 'refund');
ALTER TABLE payments_ledgertransaction ENABLE TRIGGER ledger_transaction_append_only;

CREATE FUNCTION ledger_day_add() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    {LEDGER.format(rows="added")}
    ON CONFLICT (project_id, kind, account, currency, day) DO UPDATE SET
        debit = payments_ledgerday.debit + EXCLUDED.debit, credit = payments_ledgerday.credit + EXCLUDED.credit;
    RETURN NULL;
END $$;
CREATE TRIGGER ledger_day AFTER INSERT ON payments_ledgerentry REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION ledger_day_add();
{LEDGER.format(rows="payments_ledgerentry")};

CREATE FUNCTION pledge_day_add() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    {PLEDGES.format(rows="added")}
    ON CONFLICT (project_id, currency, state, day) DO UPDATE SET
        pledges = payments_pledgeday.pledges + EXCLUDED.pledges, amount = payments_pledgeday.amount + EXCLUDED.amount;
    RETURN NULL;
END $$;
CREATE TRIGGER pledge_day AFTER INSERT ON payments_cashpledgetransition REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION pledge_day_add();
{PLEDGES.format(rows="payments_cashpledgetransition")};
CREATE TRIGGER cash_transition_append_only BEFORE UPDATE OR DELETE ON payments_cashpledgetransition
    FOR EACH ROW EXECUTE FUNCTION ledger_refuse_change();
"""
BACKWARD = """
DROP TRIGGER cash_transition_append_only ON payments_cashpledgetransition;
DROP TRIGGER pledge_day ON payments_cashpledgetransition;
DROP FUNCTION pledge_day_add();
DROP TRIGGER ledger_day ON payments_ledgerentry;
DROP FUNCTION ledger_day_add();
"""


class Migration(migrations.Migration):
    dependencies = [("payments", "0003_complete_money"), ("projects", "0004_contribution_days")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
