"""The journal of GPU time by itself and against the blocks."""

from audit.invariants import Invariant
from values.gpu_time import H100_EQUIVALENT_FLOPS_PER_SECOND

# Each movement on its two accounts, with its sign: what a lease has on an account is their sum.
SIDES = """
(SELECT lease_id, credit AS account, device_us AS moved, h100_us AS h100_moved FROM compute_pledges_gputimeentry
 UNION ALL
 SELECT lease_id, debit, -device_us, -h100_us FROM compute_pledges_gputimeentry) s
"""

JOURNAL = (
    Invariant(
        "movements_are_lawful",
        "GPU time goes from promised to reported, on to verified or rejected, from verified to settled, and back only "
        "into reversed; from there, or from rejected, only an appeal that was granted brings it back.",
        """
        SELECT 'entry ' || id, debit || ' to ' || credit FROM compute_pledges_gputimeentry
        WHERE (debit, credit) NOT IN (('promised', 'reported'), ('reported', 'verified'), ('reported', 'rejected'),
                                      ('verified', 'settled'), ('verified', 'reversed'), ('settled', 'reversed'))
          AND NOT (turn > 0 AND debit IN ('rejected', 'reversed') AND credit = 'verified')
        """,
    ),
    Invariant(
        "nothing_moves_that_is_not_there",
        "No account but the promised one gives time of a block that it did not receive.",
        f"""
        SELECT 'lease ' || lease_id, account || ' ' || sum(moved) FROM {SIDES}
        WHERE account <> 'promised' GROUP BY lease_id, account HAVING sum(moved) < 0 OR sum(h100_moved) < 0
        """,  # noqa: S608  # reason: constants
    ),
    Invariant(
        "a_block_is_in_one_place",
        "The time of a block lies on exactly one account.",
        f"""
        SELECT 'lease ' || lease_id, string_agg(account, ', ') FROM (
            SELECT lease_id, account FROM {SIDES}
            WHERE account <> 'promised' GROUP BY lease_id, account HAVING sum(moved) > 0
        ) held GROUP BY lease_id HAVING count(*) > 1
        """,  # noqa: S608  # reason: constants
    ),
    Invariant(
        "movements_have_the_block_s_amount",
        "Each movement carries the block's whole time, no more and no less.",
        """
        SELECT 'entry ' || e.id, e.device_us || ' and ' || e.h100_us || ', the block ' || coalesce(r.device_us, 0)
               || ' and ' || coalesce(r.h100_us, 0)
        FROM compute_pledges_gputimeentry e LEFT JOIN compute_pledges_workresult r ON r.lease_id = e.lease_id
        WHERE r.lease_id IS NULL OR (e.device_us, e.h100_us) <> (r.device_us, r.h100_us)
        """,
    ),
    Invariant(
        "movements_name_the_lease_s_parties",
        "Each movement names the device and project of its lease and the pledge of its block.",
        """
        SELECT 'entry ' || e.id, 'device ' || e.device_id || ', project ' || e.project_id
        FROM compute_pledges_gputimeentry e JOIN compute_pledges_lease l ON l.id = e.lease_id
        JOIN compute_pledges_trainingrun t ON t.id = l.run_id JOIN compute_pledges_workresult r ON r.lease_id = l.id
        WHERE e.device_id <> l.device_id OR e.project_id <> t.project_id OR e.pledge_id IS DISTINCT FROM r.pledge_id
        """,
    ),
    Invariant(
        "a_block_s_state_is_where_its_time_lies",
        "A block's state and the account that holds its time agree.",
        f"""
        SELECT 'lease ' || r.lease_id, r.state || ' with ' || coalesce(j.held, 0) || ' of ' || r.device_us
        FROM compute_pledges_workresult r
        LEFT JOIN (SELECT lease_id, account, sum(moved) AS held FROM {SIDES} GROUP BY lease_id, account) j
            ON j.lease_id = r.lease_id
            AND j.account = CASE r.state WHEN 'auditing' THEN 'reported' ELSE r.state END
        WHERE coalesce(j.held, 0) <> r.device_us OR j.lease_id IS NULL
        """,  # noqa: S608  # reason: constants
    ),
    Invariant(
        "never_more_than_the_server_s_clock",
        "A block earns no more device time than passed here between its lease and its receipt.",
        """
        SELECT 'lease ' || r.lease_id, r.device_us || ' us of ' || extract(epoch FROM r.received_at - l.issued_at)
        FROM compute_pledges_workresult r JOIN compute_pledges_lease l ON l.id = r.lease_id
        WHERE r.device_us > ceil(extract(epoch FROM r.received_at - l.issued_at) * 1000000)
        """,
    ),
    Invariant(
        "equivalents_follow_from_flops",
        "H100-equivalent time is the block's FLOPs at the declared rate, rounded down.",
        f"""
        SELECT 'lease ' || lease_id, h100_us || ' us for ' || flops FROM compute_pledges_workresult
        WHERE h100_us <> floor(flops * 1000000 / {H100_EQUIVALENT_FLOPS_PER_SECOND})
        """,  # noqa: S608  # reason: constants
    ),
    Invariant(
        "days_that_are_over_equal_the_journal",
        "The sums of each UTC day that is closed equal the journal's entries of that day.",
        """
        WITH bounds AS (SELECT coalesce(max(closed_until), '-infinity') AS day FROM compute_pledges_journalclosing),
        rows AS (
            SELECT l.run_id, (e.recorded_at AT TIME ZONE 'UTC')::date AS day, e.debit, e.credit,
                   sum(e.device_us) AS device_us, sum(e.h100_us) AS h100_us, count(*) AS blocks
            FROM compute_pledges_gputimeentry e JOIN compute_pledges_lease l ON l.id = e.lease_id, bounds
            WHERE e.recorded_at < bounds.day::timestamp AT TIME ZONE 'UTC' GROUP BY 1, 2, 3, 4)
        SELECT 'run ' || run_id, day || ': ' || debit || ' to ' || credit
        FROM rows FULL JOIN compute_pledges_gputimeday d USING (run_id, day, debit, credit)
        WHERE (rows.device_us, rows.h100_us, rows.blocks) IS DISTINCT FROM (d.device_us, d.h100_us, d.blocks)
        """,
    ),
)
