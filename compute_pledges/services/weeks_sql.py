"""The statements of reconciliation: which pledges concern a week, and the rows of that week.

promised = hours of the schedule, within the week and while the pledge stood, in which a run of its project ran; capped
by what neither earlier promises nor earlier verified work has used up. A project that never trains is promised nothing.
"""

# A pledge concerns a week that it stood in, until (nearly) all is verified, and every week in which its blocks moved.
CONCERNED = """
SELECT p.id FROM compute_pledges_computepledge p JOIN projects_project j ON j.id = p.project_id
WHERE p.accepted_at < %(ends)s AND (p.ended_at IS NULL OR p.ended_at > %(starts)s) AND j.compute_ends_at > %(starts)s
  AND (p.state <> 'fulfilled' OR p.pledged_us * 0.995 > coalesce((
      SELECT sum(w.verified_us - w.reversed_us) FROM compute_pledges_pledgeweek w
      WHERE w.pledge_id = p.id AND w.week_starts_at < %(week)s), 0))
UNION
SELECT e.pledge_id FROM compute_pledges_gputimeentry e
WHERE e.recorded_at >= %(starts)s AND e.recorded_at < %(ends)s AND e.pledge_id IS NOT NULL
ORDER BY 1
"""

# Quarters of an hour: every offset in use is a multiple of one, so that a slot holds exactly its own time where a clock
# changes. `due` is worked out once for all pledges of a project, zone and span.
WRITE_WEEK = """
INSERT INTO compute_pledges_pledgeweek
    (pledge_id, week_starts_at, promised_us, reported_us, verified_us, reversed_us, reconciled_at)
WITH chosen AS MATERIALIZED (
    SELECT p.id, p.project_id, p.pledged_us, p.time_zone, coalesce(p.accepted_at, 'infinity') AS accepted_at,
           greatest(p.accepted_at, %(starts)s) AS begins,
           least(p.ended_at, j.compute_ends_at, %(ends)s, %(now)s) AS stops
    FROM compute_pledges_computepledge p JOIN projects_project j ON j.id = p.project_id
    WHERE p.id = ANY(%(pledges)s::uuid[])
), windows AS MATERIALIZED (
    SELECT DISTINCT project_id, time_zone, begins, stops FROM chosen WHERE accepted_at < stops AND begins < stops
), turns AS (
    SELECT t.id AS run_id, t.project_id, 'resumed' AS kind, t.created_at AS at, 0 AS step
    FROM compute_pledges_trainingrun t WHERE t.project_id IN (SELECT project_id FROM windows)
    UNION ALL
    SELECT c.run_id, t.project_id, c.kind, c.made_at, c.id
    FROM compute_pledges_runchange c JOIN compute_pledges_trainingrun t ON t.id = c.run_id
    WHERE t.project_id IN (SELECT project_id FROM windows) AND c.kind IN ('paused', 'resumed', 'stopped')
), running AS MATERIALIZED (
    SELECT project_id, range_agg(tstzrange(at, until)) AS spans FROM (
        SELECT project_id, kind, at, lead(at, 1, 'infinity') OVER (PARTITION BY run_id ORDER BY at, step) AS until
        FROM turns) t
    WHERE kind = 'resumed' GROUP BY project_id
), slots AS MATERIALIZED (
    SELECT z.time_zone, s.slot, range_agg(tstzrange(q, q + interval '15 minutes')) AS spans
    FROM (SELECT DISTINCT time_zone FROM windows) z
    CROSS JOIN LATERAL generate_series(%(starts)s, %(ends)s - interval '15 minutes', interval '15 minutes') q
    CROSS JOIN LATERAL (SELECT q AT TIME ZONE z.time_zone AS here) h
    CROSS JOIN LATERAL (SELECT (extract(isodow FROM here)::int - 1) * 24 + extract(hour FROM here)::int AS slot) s
    GROUP BY 1, 2
), due AS MATERIALIZED (
    SELECT w.*, s.slot, (
        SELECT coalesce(sum(extract(epoch FROM upper(span) - lower(span))), 0)
        FROM unnest(s.spans * r.spans * tstzmultirange(tstzrange(w.begins, w.stops))) span) * 1000000 AS us
    FROM windows w JOIN running r USING (project_id) JOIN slots s USING (time_zone)
), scheduled AS (
    SELECT c.id, sum(d.us) AS us
    FROM chosen c JOIN due d USING (project_id, time_zone, begins, stops)
    JOIN compute_pledges_pledgehour h ON h.pledge_id = c.id AND h.slot = d.slot
    WHERE c.accepted_at < c.stops GROUP BY c.id
), before AS (
    SELECT w.pledge_id, sum(w.promised_us) AS promised_us, sum(w.verified_us - w.reversed_us) AS verified_us
    FROM compute_pledges_pledgeweek w
    WHERE w.pledge_id = ANY(%(pledges)s::uuid[]) AND w.week_starts_at < %(week)s GROUP BY 1
), sums AS (
    SELECT e.pledge_id,
           coalesce(sum(e.device_us) FILTER (WHERE e.credit = 'reported'), 0) AS reported_us,
           coalesce(sum(e.device_us) FILTER (WHERE e.credit = 'verified'), 0) AS verified_us,
           coalesce(sum(e.device_us) FILTER (WHERE e.credit = 'reversed'), 0) AS reversed_us
    FROM compute_pledges_gputimeentry e
    WHERE e.pledge_id = ANY(%(pledges)s::uuid[]) AND e.recorded_at >= %(starts)s AND e.recorded_at < %(ends)s
    GROUP BY 1
)
SELECT c.id, %(week)s, trunc(greatest(0, least(coalesce(d.us, 0), c.pledged_us - greatest(
           coalesce(b.promised_us, 0), coalesce(b.verified_us, 0))))),
       coalesce(s.reported_us, 0), coalesce(s.verified_us, 0), coalesce(s.reversed_us, 0), %(now)s
FROM chosen c LEFT JOIN scheduled d ON d.id = c.id LEFT JOIN before b ON b.pledge_id = c.id
LEFT JOIN sums s ON s.pledge_id = c.id
ORDER BY c.id
ON CONFLICT (pledge_id, week_starts_at) DO UPDATE SET
    promised_us = excluded.promised_us, reported_us = excluded.reported_us, verified_us = excluded.verified_us,
    reversed_us = excluded.reversed_us, reconciled_at = excluded.reconciled_at
"""
