"""Invariants of the ledger itself, of the daily sums, and of charges."""

from audit.invariants import Invariant
from payments.invariants.named import CHARGED

BOOKS = (
    Invariant(
        "zero_sum_by_transaction",
        "Debits equal credits in every transaction and currency.",
        """
        SELECT transaction_id::text, currency || ' ' || sum(debit - credit) FROM payments_ledgerentry
        GROUP BY transaction_id, currency HAVING sum(debit) <> sum(credit)""",
    ),
    Invariant(
        "zero_sum_by_currency",
        "Over all accounts, each currency sums to zero.",
        """
        SELECT currency, sum(debit - credit)::text FROM payments_ledgerday
        GROUP BY currency HAVING sum(debit) <> sum(credit)""",
    ),
    Invariant(
        "transactions_have_entries",
        "No ledger transaction is empty.",
        """
        SELECT t.reference, t.kind FROM payments_ledgertransaction t
        WHERE NOT EXISTS (SELECT 1 FROM payments_ledgerentry e WHERE e.transaction_id = t.id)
          AND t.kind NOT IN ('transfer', 'settlement')""",
    ),
    Invariant(
        "ledger_days_equal_entries",
        "The ledger's daily sums equal its entries.",
        """
        WITH rows AS (
            SELECT t.project_id, t.kind, e.account, e.currency, sum(e.debit) AS debit, sum(e.credit) AS credit
            FROM payments_ledgerentry e JOIN payments_ledgertransaction t ON t.id = e.transaction_id
            GROUP BY 1, 2, 3, 4
        ), days AS (
            SELECT project_id, kind, account, currency, sum(debit) AS debit, sum(credit) AS credit
            FROM payments_ledgerday GROUP BY 1, 2, 3, 4)
        SELECT 'project ' || project_id || ' ' || account || ' ' || currency, kind
        FROM rows FULL JOIN days USING (project_id, kind, account, currency)
        WHERE (rows.debit, rows.credit) IS DISTINCT FROM (days.debit, days.credit)""",
    ),
    Invariant(
        "pledge_days_equal_pledges",
        "The daily sums of the pledges' states equal the pledges.",
        """
        WITH rows AS (
            SELECT project_id, currency, state, count(*) AS pledges, sum(amount_minor) AS amount
            FROM payments_cashpledge WHERE state <> 'started' GROUP BY 1, 2, 3
        ), days AS (
            SELECT project_id, currency, state, sum(pledges) AS pledges, sum(amount) AS amount
            FROM payments_pledgeday GROUP BY 1, 2, 3 HAVING sum(pledges) <> 0 OR sum(amount) <> 0)
        SELECT 'project ' || project_id || ' ' || state,
               coalesce(rows.amount, 0) || ' in rows, ' || coalesce(days.amount, 0) || ' in days'
        FROM rows FULL JOIN days USING (project_id, currency, state)
        WHERE (rows.pledges, rows.amount) IS DISTINCT FROM (days.pledges, days.amount)""",
    ),
    Invariant(
        "contribution_days_equal_contributions",
        "The totals that goals are judged on equal the contributions.",
        """
        WITH rows AS (
            SELECT project_id, kind, stage, sum(amount) AS amount FROM projects_contribution GROUP BY 1, 2, 3
        ), days AS (
            SELECT project_id, kind, stage, sum(amount) AS amount FROM projects_contributionday GROUP BY 1, 2, 3)
        SELECT 'project ' || project_id || ' ' || kind || ' ' || stage,
               coalesce(rows.amount, 0) || ' in rows, ' || coalesce(days.amount, 0) || ' in days'
        FROM rows FULL JOIN days USING (project_id, kind, stage)
        WHERE coalesce(rows.amount, 0) <> coalesce(days.amount, 0)""",
    ),
    Invariant(
        "state_is_the_last_transition",
        "A pledge is in the state that its history ends with.",
        """
        SELECT p.id::text, p.state || ', history ' || coalesce(t.target, 'empty') FROM payments_cashpledge p
        LEFT JOIN (SELECT pledge_id, max(id) AS id FROM payments_cashpledgetransition GROUP BY 1) newest
            ON newest.pledge_id = p.id
        LEFT JOIN payments_cashpledgetransition t ON t.id = newest.id
        WHERE p.state <> coalesce(t.target, 'started')""",
    ),
    Invariant(
        "charged_pledges_have_one_charge",
        "Every charged pledge has exactly one charge in the ledger, and no other pledge has any.",
        f"""
        WITH charges AS (
            SELECT pledge_id, count(*) AS n FROM payments_ledgertransaction WHERE kind = 'charge' GROUP BY 1)
        SELECT coalesce(p.id, c.pledge_id)::text, coalesce(p.state, '?') || ', ' || coalesce(c.n, 0) || ' charges'
        FROM (SELECT id, state FROM payments_cashpledge WHERE state IN {CHARGED}) p
        FULL JOIN charges c ON c.pledge_id = p.id WHERE p.id IS NULL OR c.n IS DISTINCT FROM 1""",  # noqa: S608  # reason: constants
    ),
    Invariant(
        "one_successful_attempt_a_pledge",
        "No pledge has two attempts that succeeded.",
        """
        SELECT pledge_id::text, count(*) || ' attempts succeeded' FROM payments_payment WHERE state = 'succeeded'
        GROUP BY pledge_id HAVING count(*) > 1""",
    ),
    Invariant(
        "charge_is_the_pledge",
        "What a charge booked for project and tip is what was pledged, to the minor unit.",
        """
        SELECT p.id::text,
               'pledged ' || p.amount_minor || ' + ' || p.tip_minor || ', booked ' || sum(e.credit - e.debit)
        FROM payments_ledgertransaction t JOIN payments_cashpledge p ON p.id = t.pledge_id
        JOIN payments_ledgerentry e ON e.transaction_id = t.id
        WHERE t.kind = 'charge' AND e.account IN ('project_held', 'platform_tips')
        GROUP BY p.id HAVING sum(e.credit - e.debit) <> p.amount_minor + p.tip_minor
            OR bool_or(e.currency <> p.currency)""",
    ),
)
