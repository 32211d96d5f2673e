"""The statement of reconciliation: the rows of a week for the pledges of a span of keys.

A pledge has a row in each week that it stood in, until (nearly) all is verified, and in each in which its blocks moved.
promised = hours of the schedule, within the week and while the pledge stood, in which a run of its project ran; capped
by what neither earlier promises nor earlier verified work has used up. A project that never trains is promised nothing.

The hours are read from `week_hours`, 168 bits that triggers keep equal to the rows of hours. How long each hour of the
week was trained in is worked out once for all pledges of a zone, project and span: whole hours as a mask whose bits are
counted, the others (the edges of a span, a changed clock) one by one.
"""

# Quarters of an hour: every offset in use is a multiple of one, so that a slot holds exactly its own time where a clock
# changes. Spans of training that are the same are looked at once.
WRITE_WEEK = """
INSERT INTO compute_pledges_pledgeweek
    (pledge_id, week_starts_at, promised_us, reported_us, verified_us, reversed_us, reconciled_at)
WITH sums AS MATERIALIZED (
    SELECT e.pledge_id,
           coalesce(sum(e.device_us) FILTER (WHERE e.credit = 'reported'), 0) AS reported_us,
           coalesce(sum(e.device_us) FILTER (WHERE e.credit = 'verified'), 0) AS verified_us,
           coalesce(sum(e.device_us) FILTER (WHERE e.credit = 'reversed'), 0) AS reversed_us
    FROM compute_pledges_gputimeentry e
    WHERE e.recorded_at >= %(starts)s AND e.recorded_at < %(ends)s
      AND e.pledge_id > %(after)s AND e.pledge_id <= %(upto)s
    GROUP BY 1
), before AS MATERIALIZED (
    SELECT w.pledge_id, sum(w.promised_us) AS promised_us, sum(w.verified_us - w.reversed_us) AS verified_us
    FROM compute_pledges_pledgeweek w
    WHERE w.pledge_id > %(after)s AND w.pledge_id <= %(upto)s AND w.week_starts_at < %(week)s GROUP BY 1
), chosen AS MATERIALIZED (
    SELECT p.id, p.project_id, p.week_hours, p.time_zone, greatest(p.accepted_at, %(starts)s) AS begins,
           CASE WHEN p.accepted_at IS NOT NULL
                THEN least(p.ended_at, j.compute_ends_at, %(ends)s, %(now)s) END AS stops,
           p.pledged_us - greatest(coalesce(b.promised_us, 0), coalesce(b.verified_us, 0)) AS left_us,
           coalesce(s.reported_us, 0) AS reported_us, coalesce(s.verified_us, 0) AS verified_us,
           coalesce(s.reversed_us, 0) AS reversed_us
    FROM compute_pledges_computepledge p JOIN projects_project j ON j.id = p.project_id
    LEFT JOIN sums s ON s.pledge_id = p.id LEFT JOIN before b ON b.pledge_id = p.id
    WHERE p.id > %(after)s AND p.id <= %(upto)s AND (s.pledge_id IS NOT NULL
        OR p.accepted_at < %(ends)s AND (p.ended_at IS NULL OR p.ended_at > %(starts)s)
           AND j.compute_ends_at > %(starts)s
           AND (p.state <> 'fulfilled' OR p.pledged_us * 0.995 > coalesce(b.verified_us, 0)))
), windows AS MATERIALIZED (
    SELECT DISTINCT project_id, time_zone, begins, stops FROM chosen WHERE begins < stops
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
), trained AS MATERIALIZED (
    SELECT w.*, CASE WHEN r.spans @> tstzrange(w.begins, w.stops) THEN tstzmultirange(tstzrange(w.begins, w.stops))
                ELSE r.spans * tstzmultirange(tstzrange(w.begins, w.stops)) END AS spans
    FROM windows w JOIN running r USING (project_id)
), lengths AS MATERIALIZED (
    SELECT t.time_zone, t.spans,
           bit_or(set_bit(repeat('0', 168)::bit(168), s.slot, 1)) FILTER (WHERE d.us = 3600000000) AS whole,
           array_agg(s.slot) FILTER (WHERE d.us NOT IN (0, 3600000000)) AS parts,
           array_agg(d.us) FILTER (WHERE d.us NOT IN (0, 3600000000)) AS parts_us
    FROM (SELECT DISTINCT time_zone, spans FROM trained) t JOIN slots s USING (time_zone)
    CROSS JOIN LATERAL (
        SELECT coalesce(sum(extract(epoch FROM upper(span) - lower(span))), 0) * 1000000 AS us
        FROM unnest(s.spans * t.spans) span) d
    GROUP BY 1, 2
), due AS MATERIALIZED (
    SELECT t.project_id, t.time_zone, t.begins, t.stops, l.whole, l.parts, l.parts_us
    FROM trained t JOIN lengths l USING (time_zone, spans)
)
SELECT c.id, %(week)s, trunc(greatest(0, least(c.left_us,
           coalesce(bit_count(c.week_hours & d.whole) * 3600000000, 0) + coalesce((
               SELECT sum(us) FROM unnest(d.parts, d.parts_us) AS part(slot, us)
               WHERE get_bit(c.week_hours, slot) = 1), 0)))),
       c.reported_us, c.verified_us, c.reversed_us, %(now)s
FROM chosen c LEFT JOIN due d USING (project_id, time_zone, begins, stops)
ORDER BY c.id
ON CONFLICT (pledge_id, week_starts_at) DO UPDATE SET
    promised_us = excluded.promised_us, reported_us = excluded.reported_us, verified_us = excluded.verified_us,
    reversed_us = excluded.reversed_us, reconciled_at = excluded.reconciled_at
"""
