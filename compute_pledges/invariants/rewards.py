"""What pledges are frozen at, what their weeks sum to, the rewards that they hold, and what rented machines cost."""

from audit.invariants import Invariant
from compute_pledges.services.counting import SHARE_WITHOUT_RECORD_PERCENT

REWARDS = (
    Invariant(
        "weeks_sum_to_the_journal",
        "All weeks of a pledge that are closed say together what the journal says of it until then.",
        """
        WITH closed AS (SELECT max(weeks_until) AS day FROM compute_pledges_journalclosing),
        rows AS (
            SELECT pledge_id, coalesce(sum(device_us) FILTER (WHERE credit = 'reported'), 0) AS reported,
                   coalesce(sum(device_us) FILTER (WHERE credit = 'verified'), 0) AS verified,
                   coalesce(sum(device_us) FILTER (WHERE credit = 'reversed'), 0) AS reversed
            FROM compute_pledges_gputimeentry, closed
            WHERE pledge_id IS NOT NULL AND recorded_at < closed.day::timestamp AT TIME ZONE 'UTC' GROUP BY 1
        ), weeks AS (
            SELECT pledge_id, sum(reported_us) AS reported, sum(verified_us) AS verified, sum(reversed_us) AS reversed
            FROM compute_pledges_pledgeweek, closed WHERE week_starts_at < closed.day GROUP BY 1)
        SELECT 'pledge ' || pledge_id, coalesce(w.verified, 0) || ' verified, journal ' || coalesce(r.verified, 0)
        FROM rows r FULL JOIN weeks w USING (pledge_id)
        WHERE (coalesce(r.reported, 0), coalesce(r.verified, 0), coalesce(r.reversed, 0))
              <> (coalesce(w.reported, 0), coalesce(w.verified, 0), coalesce(w.reversed, 0))
        """,
    ),
    Invariant(
        "no_more_is_due_than_was_promised",
        "The weeks of a pledge owe together at most what was promised.",
        """
        SELECT 'pledge ' || p.id, sum(w.promised_us) || ' of ' || p.pledged_us
        FROM compute_pledges_computepledge p JOIN compute_pledges_pledgeweek w ON w.pledge_id = p.id
        GROUP BY p.id HAVING sum(w.promised_us) > p.pledged_us
        """,
    ),
    Invariant(
        "what_is_frozen_is_what_counts",
        "After the closing a pledge counts what was frozen at the deadline.",
        """
        SELECT 'pledge ' || p.id, p.counted_h100_us || ', frozen at ' || c.counted_h100_us
        FROM compute_pledges_pledgecount c JOIN compute_pledges_computepledge p ON p.id = c.pledge_id
        WHERE c.frozen_at IS NOT NULL AND c.counted_h100_us <> p.counted_h100_us
        """,
    ),
    Invariant(
        "machines_without_a_record_fill_at_most_a_quarter",
        "What counts of unproven time of machines without a record is together at most 25 % of the compute minimum.",
        f"""
        SELECT 'project ' || j.id, sum(c.counted_rest_h100_us) || ' of ' || j.compute_minimum_us
        FROM compute_pledges_pledgecount c JOIN compute_pledges_computepledge p ON p.id = c.pledge_id
        JOIN projects_project j ON j.id = p.project_id
        WHERE NOT c.has_record AND j.compute_minimum_us > 0 AND p.counted_h100_us > 0 AND NOT p.is_takeover
        GROUP BY j.id HAVING sum(c.counted_rest_h100_us) > j.compute_minimum_us * {SHARE_WITHOUT_RECORD_PERCENT} / 100
        """,  # noqa: S608  # reason: a constant
    ),
    Invariant(
        "a_day_of_a_vendor_is_on_one_invoice",
        "No verified time of a rented machine is explained by two invoices.",
        """
        SELECT 'lease ' || r.lease_id, count(*) || ' invoices'
        FROM compute_pledges_sponsorinvoice i JOIN compute_pledges_sponsoreddevice s ON s.vendor_id = i.vendor_id
        JOIN compute_pledges_workresult r ON r.device_id = s.device_id AND r.state IN ('verified', 'settled')
            AND (r.received_at AT TIME ZONE 'UTC')::date BETWEEN i.starts_on AND i.ends_on
        WHERE i.state <> 'refused' GROUP BY r.lease_id HAVING count(*) > 1
        """,
    ),
    Invariant(
        "invoices_stay_within_the_promised_budget",
        "Invoices of rented machines cost together at most what backers were promised.",
        """
        SELECT 'project ' || j.id, sum(i.amount_minor) || ' of ' || j.sponsored_budget_minor
        FROM compute_pledges_sponsorinvoice i JOIN projects_project j ON j.id = i.project_id
        WHERE i.state <> 'refused' GROUP BY j.id HAVING sum(i.amount_minor) > j.sponsored_budget_minor
        """,
    ),
    Invariant(
        "claimed_stock_is_held",
        "As many of a reward for GPU time are claimed as pledges hold one.",
        """
        SELECT 'reward ' || r.id, r.claimed || ' claimed, ' || count(p.id) || ' held'
        FROM projects_reward r LEFT JOIN compute_pledges_computepledge p ON p.reward_id = r.id AND p.holds_stock
        WHERE r.threshold_gpu_us IS NOT NULL GROUP BY r.id HAVING r.claimed <> count(p.id)
        """,
    ),
    Invariant(
        "granted_rewards_are_earned",
        # A reversal of this hour has until then to take the reward back.
        "A granted reward is behind settled time of its pledge that reaches its threshold.",
        """
        SELECT 'pledge ' || p.id, coalesce(sum(e.moved), 0) || ' of ' || r.threshold_gpu_us
        FROM compute_pledges_computepledge p JOIN projects_reward r ON r.id = p.reward_id
        LEFT JOIN LATERAL (
            SELECT CASE WHEN credit = 'settled' THEN h100_us ELSE -h100_us END AS moved
            FROM compute_pledges_gputimeentry WHERE pledge_id = p.id
              AND (credit = 'settled' OR debit = 'settled' AND recorded_at < now() - interval '1 hour')) e ON true
        WHERE p.reward_granted_at IS NOT NULL GROUP BY p.id, r.threshold_gpu_us
        HAVING coalesce(sum(e.moved), 0) < r.threshold_gpu_us
        """,
    ),
)
