"""What pledges are frozen at, what their weeks sum to, and the rewards that they hold or were granted."""

from audit.invariants import Invariant

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
