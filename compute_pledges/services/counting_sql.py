"""The statements of counting: the rule for all pledges of a project at once, and writing what it gave.

A machine is what it was at the moment that is asked for: its first turn after it says so, where there is one.

Only merged work counts as verified, while all verified work uses up what was promised. The owner's record is what was
verified of what was due in pledges that ended; of a late withdrawal the whole promise was due.
"""

COUNT = """
WITH zone_hours(zone, slot, seconds) AS (
    SELECT * FROM unnest(%(zones)s::text[], %(slots)s::int[], %(seconds)s::bigint[])
), rates(slug, rate, memory) AS (
    SELECT * FROM unnest(%(slugs)s::text[], %(rates)s::numeric[], %(memories)s::bigint[])
), needs(memory, up, down) AS (
    SELECT * FROM unnest(%(need_memory)s::bigint[], %(need_up)s::bigint[], %(need_down)s::bigint[])
), standing AS (
    SELECT p.id, p.backer_id, p.pledged_us, p.accepted_at, p.counted_h100_us, p.recounts,
           coalesce(t.valid_before, d.consecutive_valid) >= %(record)s AS has_record,
           p.backer_id = ANY(%(team)s) AS is_team,
           d.id IS NOT NULL AND coalesce(t.state_before, d.state) = 'active' AS is_fit,
           d.id IS NULL OR NOT EXISTS (SELECT FROM needs) OR EXISTS (
               SELECT FROM needs n WHERE coalesce(n.memory <= m.bytes, true)
               AND coalesce(n.up <= (b.benchmark->>'up_mbit')::numeric * 125000, true)
               AND coalesce(n.down <= (b.benchmark->>'down_mbit')::numeric * 125000, true)) AS holds_a_run,
           greatest(d.calibrated_flops_per_second, d.best_flops_per_second,
                    CASE WHEN d.is_rate_supervised THEN 0 ELSE r.rate END) AS rate
    FROM compute_pledges_computepledge p
    LEFT JOIN compute_pledges_device d ON d.id = p.device_id AND d.calibrated_flops_per_second IS NOT NULL
    LEFT JOIN rates r ON r.slug = d.catalog_slug
    LEFT JOIN LATERAL (
        SELECT state_before, valid_before FROM compute_pledges_deviceturn
        WHERE device_id = d.id AND happened_at > %(at)s ORDER BY happened_at, id LIMIT 1) t ON true
    LEFT JOIN compute_pledges_devicereport b ON b.device_id = d.id
    LEFT JOIN LATERAL (
        SELECT CASE WHEN jsonb_typeof(d.reported_hardware->'memory_bytes') = 'number'
                    AND (d.reported_hardware->>'memory_bytes')::numeric > 0
               THEN (d.reported_hardware->>'memory_bytes')::numeric ELSE r.memory END AS bytes) m ON true
    WHERE p.project_id = %(project)s AND p.state IN ('accepted', 'delivering', 'fulfilled')
      AND (%(takeovers)s OR NOT p.is_takeover)
), free AS (
    SELECT h.pledge_id, sum(z.seconds) * 1000000 AS us
    FROM compute_pledges_pledgehour h
    -- Hours of a machine that was revoked since are free again by now, and were the pledge's then.
    JOIN compute_pledges_computepledge p ON p.id = h.pledge_id AND (h.device_id = p.device_id
        OR h.device_id IS NULL AND EXISTS (
            SELECT FROM compute_pledges_device d JOIN compute_pledges_deviceturn t ON t.device_id = d.id
            WHERE d.id = p.device_id AND d.state = 'revoked' AND t.happened_at > %(at)s))
    JOIN zone_hours z ON z.zone = p.time_zone AND z.slot = h.slot
    WHERE p.project_id = %(project)s GROUP BY h.pledge_id
), moved AS (
    SELECT e.pledge_id, sum(e.device_us * e.sign) AS device_us,
           coalesce(sum(e.h100_us * e.sign) FILTER (WHERE w.is_merged), 0) AS merged_h100_us
    FROM (SELECT pledge_id, lease_id, device_us, h100_us, (credit IN ('verified', 'settled'))::int
                 - (debit IN ('verified', 'settled'))::int AS sign
          FROM compute_pledges_gputimeentry
          WHERE project_id = %(project)s AND pledge_id IS NOT NULL AND recorded_at <= %(at)s) e
    JOIN compute_pledges_workresult w ON w.lease_id = e.lease_id
    WHERE e.sign <> 0 GROUP BY e.pledge_id
), ended AS (
    SELECT p.backer_id, CASE WHEN p.is_late_withdrawal THEN p.pledged_us ELSE w.promised_us END AS due_us, w.verified_us
    FROM compute_pledges_computepledge p JOIN projects_project j ON j.id = p.project_id
    CROSS JOIN LATERAL (
        SELECT coalesce(sum(promised_us), 0) AS promised_us,
               greatest(coalesce(sum(verified_us - reversed_us), 0), 0) AS verified_us
        FROM compute_pledges_pledgeweek WHERE pledge_id = p.id) w
    WHERE p.backer_id IN (SELECT backer_id FROM standing) AND p.accepted_at IS NOT NULL
      AND (p.state IN ('fulfilled', 'partly_fulfilled', 'expired') OR p.is_late_withdrawal)
      AND j.state NOT IN ('failed', 'canceled', 'abandoned') AND p.project_id <> %(project)s
), past AS (
    SELECT backer_id, sum(due_us) AS due_us, sum(least(due_us, verified_us)) AS verified_us
    FROM ended GROUP BY backer_id HAVING sum(due_us) > 0
), weighed AS (
    SELECT s.*, coalesce(f.us, 0) AS free_us, greatest(coalesce(m.device_us, 0), 0) AS verified_us,
           greatest(coalesce(m.merged_h100_us, 0), 0) AS verified_h100_us,
           CASE WHEN s.is_fit AND s.holds_a_run
                THEN least(greatest(s.pledged_us - coalesce(m.device_us, 0), 0), coalesce(f.us, 0)) ELSE 0
                END AS deliverable_us,
           coalesce(least(t.verified_us * 1000000 / t.due_us, 1000000), 1000000)::bigint AS factor_ppm
    FROM standing s LEFT JOIN free f ON f.pledge_id = s.id LEFT JOIN moved m ON m.pledge_id = s.id
    LEFT JOIN past t ON t.backer_id = s.backer_id
), priced AS (
    SELECT w.*, trunc(w.deliverable_us * coalesce(w.rate, 0) * w.factor_ppm / 1000000 / %(h100)s) AS rest_h100_us,
           trunc(coalesce(w.rate, 0) * 1000000000 / %(h100)s)::bigint AS ppb
    FROM weighed w
), capped AS (
    SELECT r.*, CASE WHEN r.has_record IS TRUE OR r.is_team THEN r.rest_h100_us ELSE greatest(0, least(
               r.rest_h100_us, %(room)s - coalesce(sum(CASE WHEN r.has_record IS TRUE OR r.is_team THEN 0
                   ELSE r.rest_h100_us END) OVER (ORDER BY r.accepted_at, r.counted_h100_us DESC, r.id
                   ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0))) END AS allowed_h100_us
    FROM priced r
)
SELECT id, pledged_us, free_us::bigint, verified_us::bigint, deliverable_us::bigint, factor_ppm, ppb,
       rest_h100_us::bigint AS rest, (verified_h100_us + rest_h100_us)::bigint AS credible,
       CASE WHEN is_team THEN 0 ELSE verified_h100_us + allowed_h100_us END::bigint AS counted,
       CASE WHEN is_team THEN 0 ELSE allowed_h100_us END::bigint AS counted_rest, has_record IS TRUE AS has_record,
       is_team, is_fit, holds_a_run, allowed_h100_us < rest_h100_us AS is_capped,
       counted_h100_us AS counted_before, recounts
FROM capped ORDER BY accepted_at, id
"""
WRITE = """
UPDATE compute_pledges_computepledge p
SET credible_h100_us = n.credible, counted_h100_us = n.counted, h100_per_device_ppb = n.ppb, recounts = n.recounts
FROM unnest(%(ids)s::uuid[], %(credible)s::bigint[], %(counted)s::bigint[], %(ppb)s::bigint[], %(recounts)s::int[])
     AS n(id, credible, counted, ppb, recounts)
WHERE p.id = n.id
"""
