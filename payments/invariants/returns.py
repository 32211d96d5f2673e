"""Invariants of refunds, of what counts towards goals, and of settling."""

from audit.invariants import Invariant
from payments.invariants.named import CHARGED

RETURNS = (
    Invariant(
        "settled_days_equal_pledges",
        "The daily sums of what settled equal the settled pledges.",
        """
        WITH rows AS (
            SELECT project_id, currency, sum(amount_minor) AS amount FROM payments_cashpledge
            WHERE settled_at IS NOT NULL GROUP BY 1, 2
        ), days AS (SELECT project_id, currency, sum(amount) AS amount FROM payments_settledday GROUP BY 1, 2)
        SELECT 'project ' || project_id || ' ' || currency,
               coalesce(rows.amount, 0) || ' in rows, ' || coalesce(days.amount, 0) || ' in days'
        FROM rows FULL JOIN days USING (project_id, currency)
        WHERE coalesce(rows.amount, 0) <> coalesce(days.amount, 0)""",
    ),
    Invariant(
        "refunded_minor_is_the_refunds",
        "What a pledge counts as refunded is the sum of its standing refunds.",
        """
        SELECT p.id::text, p.refunded_minor || ', refunds ' || coalesce(r.total, 0) FROM payments_cashpledge p
        FULL JOIN (SELECT pledge_id, sum(amount_minor) AS total FROM payments_refund
                   WHERE state IN ('pending', 'sent', 'succeeded') GROUP BY 1) r ON r.pledge_id = p.id
        WHERE p.refunded_minor <> coalesce(r.total, 0)""",
    ),
    Invariant(
        "refunds_never_pass_the_charge",
        "No pledge gives back more than it was charged, and only charged pledges give back.",
        f"""
        SELECT p.id::text, p.state || ' ' || p.refunded_minor FROM payments_cashpledge p
        WHERE p.refunded_minor > p.amount_minor + p.tip_minor
           OR (p.refunded_minor > 0 AND p.state NOT IN {CHARGED})""",  # noqa: S608  # reason: constants
    ),
    Invariant(
        "booked_refunds_are_in_the_ledger",
        "Every refund that left is booked once, with its amount.",
        """
        WITH booked AS (
            SELECT t.pledge_id, sum(e.debit - e.credit) AS total FROM payments_ledgertransaction t
            JOIN payments_ledgerentry e ON e.transaction_id = t.id
            WHERE t.kind IN ('refund', 'refund_failure') AND e.account IN ('project_held', 'platform_tips') GROUP BY 1
        ), sent AS (
            SELECT pledge_id, sum(amount_minor) AS total FROM payments_refund
            WHERE state IN ('sent', 'succeeded') GROUP BY 1)
        SELECT coalesce(booked.pledge_id, sent.pledge_id)::text,
               coalesce(booked.total, 0) || ' booked, ' || coalesce(sent.total, 0) || ' sent'
        FROM booked FULL JOIN sent USING (pledge_id) WHERE coalesce(booked.total, 0) <> coalesce(sent.total, 0)""",
    ),
    Invariant(
        "realized_is_the_ledger",
        "What counts as realized for a pledge is what the ledger holds of it for the project.",
        """
        WITH held AS (
            SELECT t.pledge_id, sum(e.credit - e.debit) AS total FROM payments_ledgertransaction t
            JOIN payments_ledgerentry e ON e.transaction_id = t.id
            WHERE t.pledge_id IS NOT NULL AND e.account = 'project_held' GROUP BY 1
        ), counted AS (
            SELECT split_part(source, ':', 2)::uuid AS pledge_id, sum(amount) AS total FROM projects_contribution
            WHERE kind = 'money' AND stage = 'realized' AND source LIKE 'cash_pledge:%' GROUP BY 1)
        SELECT held.pledge_id::text, held.total || ' held, ' || coalesce(counted.total, 0) || ' counted'
        FROM held JOIN payments_cashpledge p ON p.id = held.pledge_id
        JOIN projects_project o ON o.id = p.project_id LEFT JOIN counted ON counted.pledge_id = held.pledge_id
        WHERE held.total <> coalesce(counted.total, 0) AND o.creator_id <> p.backer_id
          AND NOT EXISTS (SELECT 1 FROM projects_teammate m
                          WHERE (m.project_id, m.user_id) = (p.project_id, p.backer_id))""",
    ),
    Invariant(
        "pledged_is_what_stands",
        "What counts as pledged is the sum of the pledges that stand.",
        """
        WITH standing AS (
            SELECT project_id, sum(amount_minor) FILTER (WHERE state IN ('active', 'locked', 'retrying', 'needs_action')
                                                         AND support_id IS NULL) AS waiting
            FROM payments_cashpledge p
            WHERE backer_id <> (SELECT creator_id FROM projects_project o WHERE o.id = p.project_id)
              AND NOT EXISTS (SELECT 1 FROM projects_teammate m
                          WHERE (m.project_id, m.user_id) = (p.project_id, p.backer_id)) GROUP BY 1
        ), money AS (
            SELECT project_id, sum(amount) FILTER (WHERE stage = 'pledged') AS pledged,
                   sum(amount) FILTER (WHERE stage = 'realized') AS realized
            FROM projects_contributionday WHERE kind = 'money' GROUP BY 1)
        SELECT 'project ' || project_id, coalesce(pledged, 0) || ' counted, ' || coalesce(waiting, 0) || ' waiting, '
            || coalesce(realized, 0) || ' realized'
        FROM standing FULL JOIN money USING (project_id)
        WHERE coalesce(pledged, 0) <> coalesce(waiting, 0) + coalesce(realized, 0)
          AND NOT EXISTS (SELECT 1 FROM payments_cashpledge p JOIN payments_cashpledgetransition t ON t.pledge_id = p.id
                          WHERE p.project_id = standing.project_id AND t.source IN ('canceled', 'dropped'))
          AND NOT EXISTS (SELECT 1 FROM payments_cashpledge p WHERE p.project_id = standing.project_id
                          AND p.state = 'released')""",
    ),
    Invariant(
        "settled_is_booked",
        "A pledge is settled when, and only when, its settlement is booked.",
        """
        SELECT p.id::text, CASE WHEN t.id IS NULL THEN 'not booked' ELSE 'not marked' END FROM payments_cashpledge p
        FULL JOIN (SELECT id, pledge_id FROM payments_ledgertransaction WHERE kind = 'settlement') t
            ON t.pledge_id = p.id
        WHERE (p.settled_at IS NULL) <> (t.id IS NULL)""",
    ),
)
