"""Invariants of payouts, disputes, rewards and tips."""

from audit.invariants import Invariant
from payments.invariants.named import CHARGED

PEOPLE = (
    Invariant(
        "no_payout_above_settled",
        "No project was released more than was charged, settled and not given back.",
        """
        SELECT 'project ' || project_id, 'released ' || released || ' of ' || settled FROM (
            SELECT r.project_id, r.released, coalesce((
                SELECT sum(p.amount_minor) FROM payments_cashpledge p
                WHERE p.project_id = r.project_id AND p.settled_at IS NOT NULL), 0) AS settled
            FROM (SELECT project_id, sum(gross_minor) AS released FROM payments_payout
                  WHERE state IN ('released', 'paid') AND kind = 'tranche' GROUP BY 1) r) x
        WHERE released > settled""",
    ),
    Invariant(
        "payouts_are_booked",
        "Every released payout is in the ledger as released, and as transferred when paid.",
        """
        SELECT p.id::text, p.state FROM payments_payout p
        WHERE (p.state IN ('released', 'paid')) <> EXISTS (
                SELECT 1 FROM payments_ledgertransaction t WHERE t.reference = 'release:' || p.id)
           OR (p.state = 'paid') <> (p.provider_id <> '')""",
    ),
    Invariant(
        "payable_is_what_is_being_sent",
        "What is payable to creators is what is released and not paid.",
        """
        WITH payable AS (
            SELECT project_id, sum(credit - debit) AS total FROM payments_ledgerday
            WHERE account = 'creator_payable' GROUP BY 1
        ), sending AS (
            SELECT project_id, sum(amount_minor) AS total FROM payments_payout WHERE state = 'released' GROUP BY 1)
        SELECT 'project ' || project_id, coalesce(payable.total, 0) || ' payable, ' || coalesce(sending.total, 0)
        FROM payable FULL JOIN sending USING (project_id)
        WHERE coalesce(payable.total, 0) <> coalesce(sending.total, 0)""",
    ),
    Invariant(
        "disputed_is_what_banks_hold",
        "What the ledger keeps as disputed is the sum of the undecided disputes.",
        """
        WITH held AS (
            SELECT t.pledge_id, sum(e.debit - e.credit) AS total FROM payments_ledgerentry e
            JOIN payments_ledgertransaction t ON t.id = e.transaction_id WHERE e.account = 'disputed' GROUP BY 1)
        SELECT held.pledge_id::text, held.total || ' kept, none open' FROM held WHERE held.total <> 0
          AND NOT EXISTS (SELECT 1 FROM payments_dispute d WHERE d.pledge_id = held.pledge_id
                          AND d.state IN ('needs_response', 'under_review'))""",
    ),
    Invariant(
        "rewards_are_what_is_claimed",
        "The stock of a reward that is claimed is what standing pledges hold of it.",
        f"""
        WITH wanted AS (
            SELECT reward_id, sum(n) AS n FROM (
                SELECT reward_id, 1 AS n FROM payments_cashpledge
                WHERE reward_id IS NOT NULL AND state NOT IN ('canceled', 'dropped', 'refunded')
                UNION ALL
                SELECT a.reward_id, a.quantity FROM payments_pledgeaddon a
                JOIN payments_cashpledge p ON p.id = a.pledge_id
                WHERE p.state NOT IN ('canceled', 'dropped', 'refunded')) x GROUP BY 1)
        SELECT 'reward ' || r.id, r.claimed || ' claimed, ' || coalesce(w.n, 0) || ' held' FROM projects_reward r
        LEFT JOIN wanted w ON w.reward_id = r.id
        WHERE r.threshold_minor IS NOT NULL AND r.claimed <> coalesce(w.n, 0)
          AND NOT EXISTS (
            SELECT 1 FROM payments_cashpledge p JOIN payments_cashpledgetransition t ON t.pledge_id = p.id
            WHERE t.source IN ('canceled', 'dropped', 'refunded') AND p.state IN {CHARGED}
              AND (p.reward_id = r.id OR EXISTS (
                  SELECT 1 FROM payments_pledgeaddon a WHERE a.pledge_id = p.id AND a.reward_id = r.id)))""",  # noqa: S608  # reason: constants
    ),
    Invariant(
        "shared_stock_is_what_its_rewards_claim",
        "The stock that rewards share is claimed as far as these rewards are.",
        """
        SELECT 'pool ' || p.id, p.claimed || ' claimed, ' || coalesce(sum(r.claimed), 0) || ' by its rewards'
        FROM projects_stockpool p LEFT JOIN projects_reward r ON r.pool_id = p.id
        GROUP BY p.id HAVING p.claimed <> coalesce(sum(r.claimed), 0)""",
    ),
    Invariant(
        "dead_projects_charge_nobody",
        "No pledge was charged for the first time after its project had failed or was canceled.",
        """
        SELECT p.id::text, p.collected_at::text FROM payments_cashpledge p
        JOIN (SELECT project_id, min(happened_at) AS at FROM projects_projecttransition
              WHERE target IN ('failed', 'canceled') GROUP BY 1) d ON d.project_id = p.project_id
        JOIN payments_payment a ON a.pledge_id = p.id AND a.state = 'succeeded' AND a.sent_at > d.at
        WHERE p.collected_at > d.at""",
    ),
    Invariant(
        "tips_are_tips",
        "The platform's tips are the tips of charged pledges, less what went back of them.",
        f"""
        WITH booked AS (
            SELECT project_id, sum(credit - debit) AS total FROM payments_ledgerday
            WHERE account = 'platform_tips' GROUP BY 1
        ), pledged AS (
            SELECT p.project_id, sum(p.tip_minor) - coalesce(sum(r.tips), 0) AS total FROM payments_cashpledge p
            LEFT JOIN (SELECT pledge_id, sum(tip_minor) AS tips FROM payments_refund
                       WHERE state IN ('sent', 'succeeded') GROUP BY 1) r ON r.pledge_id = p.id
            WHERE p.state IN {CHARGED} AND p.state <> 'lost' AND NOT EXISTS (
                SELECT 1 FROM payments_dispute d WHERE d.pledge_id = p.id AND d.state = 'lost') GROUP BY 1)
        SELECT 'project ' || project_id,
               coalesce(booked.total, 0) || ' booked, ' || coalesce(pledged.total, 0) || ' given'
        FROM booked FULL JOIN pledged USING (project_id)
        WHERE coalesce(booked.total, 0) <> coalesce(pledged.total, 0)""",  # noqa: S608  # reason: constants
    ),
)
