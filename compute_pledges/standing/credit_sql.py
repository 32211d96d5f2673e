"""The statements of credit. Work counts from its verification on; rented machines are money and earn nobody anything.

`private` are states of projects that are not shown; `project`, `run` and `team` narrow the sum, NULL leaves it whole.
`fewer` and `others` count those with less and all others, so that a place is the same wherever it is shown.
"""

DECAYED = (
    "sum(r.h100_us * exp(-ln(2) * extract(epoch FROM %(now)s - r.verified_at) / 86400.0 / %(half)s)) * ln(2) / %(half)s"
)
BLOCKS = """
    FROM compute_pledges_workresult r
    JOIN compute_pledges_device d ON d.id = r.device_id
    JOIN compute_pledges_lease l ON l.id = r.lease_id
    JOIN compute_pledges_trainingrun t ON t.id = l.run_id
    JOIN projects_project p ON p.id = t.project_id AND p.state <> ALL(%(private)s)
"""
COUNTED = """
    WHERE r.state IN ('verified', 'settled') AND r.verified_at <= %(now)s
      AND (%(project)s::bigint IS NULL OR t.project_id = %(project)s::bigint)
      AND (%(run)s::uuid IS NULL OR l.run_id = %(run)s::uuid)
      AND NOT EXISTS (SELECT 1 FROM compute_pledges_sponsoreddevice s WHERE s.device_id = r.device_id)
"""
_PLACED = """
           count(*) OVER (ORDER BY sum(r.h100_us) RANGE BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW EXCLUDE GROUP)
               AS fewer,
           count(*) OVER () - 1 AS others
"""
SUMS = f"sum(r.h100_us)::bigint AS total, sum(r.device_us)::bigint AS device, count(*) AS blocks, {DECAYED} AS average"
BY_PERSON = f"SELECT d.owner_id AS who, {SUMS}, {_PLACED} {BLOCKS} {COUNTED} GROUP BY d.owner_id"
_MEMBERS = """
    JOIN compute_pledges_teammembership m ON m.user_id = d.owner_id AND r.verified_at >= m.joined_at
         AND (m.left_at IS NULL OR r.verified_at < m.left_at) AND (%(team)s::uuid IS NULL OR m.team_id = %(team)s::uuid)
"""
BY_TEAM = f"SELECT m.team_id AS who, {SUMS}, {_PLACED} {BLOCKS} {_MEMBERS} {COUNTED} GROUP BY m.team_id"

CREDIT = f"""
SELECT coalesce(sum(r.h100_us), 0)::bigint, coalesce(sum(r.device_us), 0)::bigint, count(*), coalesce({DECAYED}, 0),
       coalesce(sum(r.tokens), 0)::bigint
{BLOCKS} {COUNTED} AND d.owner_id = %(user)s
"""
DAYS = f"""
SELECT (r.verified_at AT TIME ZONE 'UTC')::date AS day, sum(r.h100_us)::bigint,
       sum(r.h100_us * exp(-ln(2) / %(half)s / 86400.0 * extract(epoch FROM least(
           %(now)s, (((r.verified_at AT TIME ZONE 'UTC')::date + 1)::timestamp AT TIME ZONE 'UTC')) - r.verified_at)))
{BLOCKS} {COUNTED} AND d.owner_id = %(user)s
GROUP BY day ORDER BY day
"""  # noqa: S608  # reason: fixed texts
PLACE = f"""
WITH sums AS ({BY_PERSON})
SELECT coalesce((SELECT fewer FROM sums WHERE who = %(user)s), 0),
       coalesce((SELECT others FROM sums WHERE who = %(user)s), (SELECT count(*) FROM sums))
"""  # noqa: S608  # reason: fixed texts
PEOPLE = f"""
WITH sums AS ({BY_PERSON})
SELECT rank() OVER (ORDER BY sums.total DESC), u.id::text, coalesce(nullif(u.name, ''), 'Member ' || u.id),
       sums.total, sums.device, sums.blocks, sums.average, sums.fewer, sums.others
FROM sums
JOIN accounts_user u ON u.id = sums.who AND u.is_active
LEFT JOIN compute_pledges_standingchoice c ON c.user_id = u.id
WHERE NOT coalesce(c.is_hidden, false)
ORDER BY sums.total DESC, u.id
LIMIT %(limit)s OFFSET %(offset)s
"""  # noqa: S608  # reason: fixed texts
TEAMS = f"""
WITH sums AS ({BY_TEAM})
SELECT rank() OVER (ORDER BY sums.total DESC), g.id::text, g.name, sums.total, sums.device, sums.blocks, sums.average,
       sums.fewer, sums.others
FROM sums JOIN compute_pledges_team g ON g.id = sums.who
ORDER BY sums.total DESC, g.name
LIMIT %(limit)s OFFSET %(offset)s
"""  # noqa: S608  # reason: fixed texts
