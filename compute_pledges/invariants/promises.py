"""Goals and pledges against the work behind them."""

from audit.invariants import Invariant

PROMISES = (
    Invariant(
        "only_merged_work_fills_the_goal",
        "A block adds its H100-equivalent time to the goal while it counts and was merged, and nothing otherwise: a "
        "volunteer's to the goal, a rented machine's to what the plan of the launch lets fill it.",
        """
        SELECT 'lease ' || r.lease_id, coalesce(c.compute, 0) || ' and rented ' || coalesce(c.sponsored, 0) || ' of '
               || r.h100_us || ', ' || r.state
        FROM compute_pledges_workresult r
        LEFT JOIN (SELECT source, sum(amount) FILTER (WHERE kind = 'compute') AS compute,
                          sum(amount) FILTER (WHERE kind = 'sponsored') AS sponsored FROM projects_contribution
                   WHERE stage = 'realized' AND kind IN ('compute', 'sponsored') GROUP BY source) c
            ON c.source = 'lease:' || r.lease_id
        LEFT JOIN compute_pledges_sponsoreddevice s ON s.device_id = r.device_id
        CROSS JOIN LATERAL (
            SELECT CASE WHEN r.is_merged AND r.state IN ('verified', 'settled') THEN r.h100_us ELSE 0 END AS counts) w
        WHERE coalesce(c.compute, 0) <> CASE WHEN s.id IS NULL THEN w.counts ELSE 0 END
           OR coalesce(c.sponsored, 0) <> CASE WHEN s.id IS NULL THEN 0 ELSE w.counts END
        """,
    ),
    Invariant(
        "the_goal_is_filled_by_blocks",
        "Every amount that fills a compute goal names a block of that project's runs.",
        """
        SELECT 'contribution ' || c.id, c.source FROM projects_contribution c
        LEFT JOIN compute_pledges_lease l ON c.source = 'lease:' || l.id
        LEFT JOIN compute_pledges_trainingrun t ON t.id = l.run_id
        WHERE c.stage = 'realized' AND c.kind IN ('compute', 'sponsored') AND t.project_id IS DISTINCT FROM c.project_id
        """,
    ),
    Invariant(
        "merged_needs_the_anchor",
        "A merged block is one that the anchor named, with the receipt's steps, in a round that was kept.",
        """
        SELECT 'lease ' || r.lease_id,
               'weight ' || coalesce(r.anchor_weight::text, 'none') || ', ' || r.steps || ' steps'
        FROM compute_pledges_workresult r JOIN compute_pledges_lease l ON l.id = r.lease_id
        JOIN compute_pledges_round o ON o.id = l.round_id
        WHERE r.is_merged AND (r.anchor_weight IS NULL OR o.is_rolled_back
              OR r.state IN ('verified', 'settled') AND abs(r.anchor_weight - r.steps) > 0.5)
        """,
    ),
    Invariant(
        "counted_hours_are_on_the_meter",
        "What a pledge of GPU time counts is what the project's meter has of it.",
        """
        SELECT 'pledge ' || p.id, p.counted_h100_us || ', on the meter ' || coalesce(c.added, 0)
        FROM compute_pledges_computepledge p
        LEFT JOIN (SELECT source, sum(amount) AS added FROM projects_contribution
                   WHERE stage = 'pledged' AND kind = 'compute' GROUP BY source) c
            ON c.source = 'compute_pledge:' || p.id
        WHERE coalesce(c.added, 0) <> p.counted_h100_us
        """,
    ),
    Invariant(
        "fulfilled_pledges_are_delivered",
        "A pledge is fulfilled only with verified work for (nearly) all of it.",
        """
        SELECT 'pledge ' || p.id, coalesce(sum(r.device_us), 0) || ' of ' || p.pledged_us
        FROM compute_pledges_computepledge p
        LEFT JOIN compute_pledges_workresult r ON r.pledge_id = p.id AND r.state IN ('verified', 'settled')
        WHERE p.state = 'fulfilled' GROUP BY p.id, p.pledged_us
        HAVING coalesce(sum(r.device_us), 0) < p.pledged_us * 0.995
        """,
    ),
    Invariant(
        "a_block_fills_its_owner_s_pledge",
        "A block fills a pledge of its device's owner, for the project that it was trained for.",
        """
        SELECT 'lease ' || r.lease_id, 'pledge ' || p.id
        FROM compute_pledges_workresult r JOIN compute_pledges_computepledge p ON p.id = r.pledge_id
        JOIN compute_pledges_lease l ON l.id = r.lease_id JOIN compute_pledges_trainingrun t ON t.id = l.run_id
        JOIN compute_pledges_device d ON d.id = r.device_id
        WHERE p.project_id <> t.project_id OR p.backer_id <> d.owner_id
        """,
    ),
    Invariant(
        "rented_machines_fill_no_pledge",
        "Work of a machine that the project pays for fills nobody's pledge.",
        """
        SELECT 'lease ' || r.lease_id, 'pledge ' || r.pledge_id
        FROM compute_pledges_workresult r JOIN compute_pledges_sponsoreddevice s ON s.device_id = r.device_id
        WHERE r.pledge_id IS NOT NULL AND r.received_at >= s.marked_at
        """,
    ),
    Invariant(
        "ended_pledges_hold_no_hours",
        "Hours of the week of a pledge that ended are free for another.",
        """
        SELECT 'pledge ' || p.id, count(*) || ' hours' FROM compute_pledges_pledgehour h
        JOIN compute_pledges_computepledge p ON p.id = h.pledge_id
        WHERE h.device_id IS NOT NULL AND p.state NOT IN ('offered', 'accepted', 'delivering') GROUP BY p.id
        """,
    ),
    Invariant(
        "hours_as_bits_equal_the_hours",
        "The bits that reconciliation reads are the hours of the week that the pledge has.",
        """
        SELECT 'pledge ' || p.id, bit_count(p.week_hours) || ' bits, ' || coalesce(h.n, 0) || ' hours'
        FROM compute_pledges_computepledge p LEFT JOIN (
            SELECT pledge_id, count(*) AS n, bit_or(set_bit(repeat('0', 168)::bit(168), slot, 1)) AS bits
            FROM compute_pledges_pledgehour GROUP BY 1) h ON h.pledge_id = p.id
        WHERE p.week_hours <> coalesce(h.bits, repeat('0', 168)::bit(168))
        """,
    ),
    Invariant(
        "ended_weeks_equal_the_journal",
        # An hour lets every transaction of the week commit; each reconciliation writes the week anew.
        "A week that was reconciled an hour after its end says what the journal says of it.",
        """
        SELECT 'pledge ' || w.pledge_id, w.week_starts_at || ': ' || w.verified_us || ', in the journal '
               || coalesce(sum(e.device_us) FILTER (WHERE e.credit = 'verified'), 0)
        FROM compute_pledges_pledgeweek w
        LEFT JOIN compute_pledges_gputimeentry e ON e.pledge_id = w.pledge_id
            AND e.recorded_at >= w.week_starts_at::timestamp AT TIME ZONE 'UTC'
            AND e.recorded_at < (w.week_starts_at + 7)::timestamp AT TIME ZONE 'UTC'
        WHERE w.reconciled_at >= (w.week_starts_at + 7)::timestamp AT TIME ZONE 'UTC' + interval '1 hour'
        GROUP BY w.id
        HAVING (w.reported_us, w.verified_us, w.reversed_us) <> (
            coalesce(sum(e.device_us) FILTER (WHERE e.credit = 'reported'), 0),
            coalesce(sum(e.device_us) FILTER (WHERE e.credit = 'verified'), 0),
            coalesce(sum(e.device_us) FILTER (WHERE e.credit = 'reversed'), 0))
        """,
    ),
)
