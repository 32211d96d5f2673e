"""Leases, receipts and audits."""

from audit.invariants import Invariant

WORK = (
    Invariant(
        "steps_are_within_the_lease",
        "A block has at most its lease's steps, and their tokens.",
        """
        SELECT 'lease ' || l.id, r.steps || ' steps, ' || r.tokens || ' tokens'
        FROM compute_pledges_workresult r JOIN compute_pledges_lease l ON l.id = r.lease_id
        WHERE r.steps > l.max_steps OR r.steps < 1 OR r.tokens <> r.steps::bigint * l.batch * l.sequence
        """,
    ),
    Invariant(
        "answered_leases_have_their_block",
        "A lease is answered exactly when its block is here, by the device that held it.",
        """
        SELECT 'lease ' || l.id, l.state || CASE WHEN r.lease_id IS NULL THEN ', no block' ELSE ', a block' END
        FROM compute_pledges_lease l LEFT JOIN compute_pledges_workresult r ON r.lease_id = l.id
        WHERE (l.state = 'answered') <> (r.lease_id IS NOT NULL) OR r.device_id <> l.device_id
        """,
    ),
    Invariant(
        "receipts_came_in_time",
        "A receipt came after its lease was given and before it ended.",
        """
        SELECT 'lease ' || l.id, l.issued_at || ', ' || r.received_at || ', ' || l.expires_at
        FROM compute_pledges_workresult r JOIN compute_pledges_lease l ON l.id = r.lease_id
        WHERE r.received_at < l.issued_at OR r.received_at >= l.expires_at
        """,
    ),
    Invariant(
        "a_device_works_on_one_block_at_a_time",
        # A request that began a moment earlier may commit a moment later: a second is no second block.
        "Blocks of one device do not overlap on the server's clock, but for a second.",
        """
        SELECT 'lease ' || id, 'begun before the block of ' || earlier || ' was handed in' FROM (
            SELECT l.id, l.issued_at, lag(l.id) OVER w AS earlier, lag(r.received_at) OVER w AS handed_in
            FROM compute_pledges_workresult r JOIN compute_pledges_lease l ON l.id = r.lease_id
            WINDOW w AS (PARTITION BY l.device_id ORDER BY l.issued_at, l.id)
        ) ordered WHERE issued_at < handed_in - interval '1 second'
        """,
    ),
    Invariant(
        "an_update_earns_once",
        "No two blocks that count have the same update.",
        """
        SELECT 'update ' || left(update_sha256, 12), count(*) || ' blocks' FROM compute_pledges_workresult
        WHERE state IN ('verified', 'settled') GROUP BY update_sha256 HAVING count(*) > 1
        """,
    ),
    Invariant(
        "a_failed_audit_earns_nothing",
        "A block that two audits failed, one of them the platform's own, does not count unless an appeal was granted.",
        """
        SELECT 'lease ' || r.lease_id, r.state || ' with ' || count(*) || ' failed audits'
        FROM compute_pledges_workresult r JOIN compute_pledges_audit a ON a.result_id = r.lease_id
        WHERE a.state = 'failed' AND a.purpose <> 'appeal' AND r.state IN ('verified', 'settled', 'reported')
              AND r.turn = 0
        GROUP BY r.lease_id, r.state, a.purpose HAVING count(*) > 1 AND bool_or(a.auditor_id IS NULL)
        """,
    ),
    Invariant(
        "blocks_in_audit_have_one",
        "A block waits for its verdict exactly while one audit for it is open.",
        """
        SELECT 'lease ' || r.lease_id, r.state || ' with ' || count(a.id) || ' open audits'
        FROM compute_pledges_workresult r
        LEFT JOIN compute_pledges_audit a ON a.result_id = r.lease_id AND a.purpose = 'verdict'
            AND a.state IN ('revealing', 'pending', 'claimed')
        GROUP BY r.lease_id, r.state
        HAVING (r.state = 'auditing') <> (count(a.id) = 1) OR count(a.id) > 1
        """,
    ),
    Invariant(
        "nobody_audits_their_own",
        "No audit was done by a machine of the account whose block it is.",
        """
        SELECT 'audit ' || a.id, 'by device ' || a.auditor_id
        FROM compute_pledges_audit a JOIN compute_pledges_workresult r ON r.lease_id = a.result_id
        JOIN compute_pledges_device d ON d.id = r.device_id JOIN compute_pledges_device u ON u.id = a.auditor_id
        WHERE d.owner_id = u.owner_id
        """,
    ),
    Invariant(
        "only_appeals_give_back",
        "A block has a further turn in the journal only where an appeal of its machine was granted.",
        """
        SELECT 'lease ' || r.lease_id, 'turn ' || r.turn FROM compute_pledges_workresult r
        WHERE r.turn > 0 AND NOT EXISTS (
            SELECT 1 FROM compute_pledges_appeal p WHERE p.device_id = r.device_id AND p.state = 'granted')
        """,
    ),
    Invariant(
        "a_measured_rate_comes_from_a_block",
        "A device that is calibrated has a calibration block that was verified.",
        """
        SELECT 'device ' || d.id, d.calibrated_flops_per_second || ' FLOP/s' FROM compute_pledges_device d
        WHERE d.calibrated_flops_per_second IS NOT NULL AND NOT EXISTS (
            SELECT 1 FROM compute_pledges_workresult r JOIN compute_pledges_lease l ON l.id = r.lease_id
            WHERE l.device_id = d.id AND l.kind = 'calibration' AND r.state IN ('verified', 'settled', 'reversed'))
        """,
    ),
)
