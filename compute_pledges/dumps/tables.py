"""What the files of statistics hold: a statement each, and the meaning of its columns in order.

Persons are those who stand in lists, machines are theirs; teams and days count everyone and name nobody. Only work for
public projects; rented machines are left out, as they are of credit.
"""

from __future__ import annotations

from dataclasses import dataclass

from compute_pledges.standing.credit_sql import BLOCKS, BY_PERSON, BY_TEAM, COUNTED, SUMS

_LISTED = """
    JOIN accounts_user u ON u.id = {owner} AND u.is_active
    LEFT JOIN compute_pledges_standingchoice c ON c.user_id = u.id
    WHERE NOT coalesce(c.is_hidden, false)
"""
_USERS = f"""
WITH sums AS ({BY_PERSON})
SELECT u.id, coalesce(nullif(u.name, ''), 'Member ' || u.id), m.team_id::text, sums.total, sums.device, sums.blocks,
       sums.average::bigint
FROM sums LEFT JOIN compute_pledges_teammembership m ON m.user_id = sums.who AND m.left_at IS NULL
{_LISTED.format(owner="sums.who")} ORDER BY u.id
"""  # noqa: S608  # reason: fixed texts
_DEVICES = f"""
WITH sums AS (SELECT r.device_id AS who, {SUMS}, max(r.verified_at) AS newest {BLOCKS} {COUNTED} GROUP BY r.device_id)
SELECT d.id::text, d.owner_id, d.catalog_slug, (d.paired_at AT TIME ZONE 'UTC')::date::text,
       (sums.newest AT TIME ZONE 'UTC')::date::text, sums.total, sums.device, sums.blocks, sums.average::bigint
FROM sums JOIN compute_pledges_device d ON d.id = sums.who {_LISTED.format(owner="d.owner_id")}
ORDER BY d.owner_id, d.paired_at, d.id
"""  # noqa: S608  # reason: fixed texts
_TEAMS = f"""
WITH sums AS ({BY_TEAM}), size AS (
    SELECT team_id, count(*) AS members FROM compute_pledges_teammembership WHERE left_at IS NULL GROUP BY team_id
)
SELECT g.id::text, g.name, (g.created_at AT TIME ZONE 'UTC')::date::text, g.captain_id IS NULL,
       coalesce(size.members, 0), coalesce(sums.total, 0), coalesce(sums.device, 0), coalesce(sums.blocks, 0),
       coalesce(sums.average, 0)::bigint
FROM compute_pledges_team g LEFT JOIN sums ON sums.who = g.id LEFT JOIN size ON size.team_id = g.id
ORDER BY g.created_at, g.id
"""  # noqa: S608  # reason: fixed texts
_DAYS = f"""
SELECT (r.verified_at AT TIME ZONE 'UTC')::date::text AS day, p.slug, t.id::text AS run, count(*),
       sum(r.tokens)::bigint, sum(r.flops)::text, sum(r.device_us)::bigint, sum(r.h100_us)::bigint,
       count(DISTINCT r.device_id), count(DISTINCT d.owner_id)
{BLOCKS} {COUNTED} AND r.verified_at < date_trunc('day', %(now)s AT TIME ZONE 'UTC') AT TIME ZONE 'UTC'
GROUP BY day, p.slug, t.id ORDER BY day, p.slug, run
"""  # reason: fixed texts
UNLISTED = f"""
WITH sums AS ({BY_PERSON})
SELECT count(*), coalesce(sum(total), 0)::bigint, coalesce(sum(device), 0)::bigint, coalesce(sum(blocks), 0)::bigint
FROM sums WHERE who NOT IN (SELECT u.id FROM (SELECT 1) AS one {_LISTED.format(owner="u.id")})
"""  # noqa: S608  # reason: fixed texts

Columns = tuple[tuple[str, str, str], ...]
_CREDIT: Columns = (
    ("h100_us", "integer", "verified H100-equivalent time, in microseconds"),
    ("device_us", "integer", "verified time of the machines themselves, in microseconds"),
    ("blocks", "integer", "verified blocks"),
    ("average_h100_us", "integer", "H100-equivalent microseconds a day, decayed with a half-life of seven days"),
)


@dataclass(frozen=True, slots=True)
class Table:
    """`columns` are (name, JSON type, meaning) in the statement's order."""

    name: str
    what: str
    statement: str
    columns: Columns

    @property
    def fields(self) -> tuple[str, ...]:
        """Names of the columns."""
        return tuple(name for name, _, _ in self.columns)


USERS = Table("users", "Volunteers who stand in lists, with credit.", _USERS, (
    ("id", "integer", "number of the account, as in the address of its public page"),
    ("name", "string", "public name"), ("team_id", "string or null", "team of today"), *_CREDIT,
))  # fmt: skip
DEVICES = Table("devices", "Their machines, with credit.", _DEVICES, (
    ("id", "string", "UUID of the machine"), ("user_id", "integer", "its volunteer"),
    ("model", "string", "class of the catalog of GPUs; cpu-thread for a CPU"),
    ("paired_on", "string", "UTC day"), ("newest_block_on", "string", "UTC day of the newest verified block"), *_CREDIT,
))  # fmt: skip
TEAMS = Table("teams", "All teams; their sums have everyone's work.", _TEAMS, (
    ("id", "string", "UUID of the team"), ("name", "string", "its name"), ("created_on", "string", "UTC day"),
    ("is_closed", "boolean", "whether nobody can join"), ("members", "integer", "members of today, listed or not"),
    *_CREDIT,
))  # fmt: skip
DAYS = Table("daily_credit", "Credit by UTC day and run, of days that are over. Nobody is named.", _DAYS, (
    ("day", "string", "UTC day of the verification"), ("project", "string", "the project's short name in addresses"),
    ("run_id", "string", "UUID of the run"), ("blocks", "integer", "verified blocks"),
    ("tokens", "integer", "tokens or samples in them"), ("flops", "string", "their FLOPs, a whole number in digits"),
    _CREDIT[1], _CREDIT[0], ("machines", "integer", "machines with a verified block"),
    ("volunteers", "integer", "their owners"),
))  # fmt: skip
TABLES = (USERS, DEVICES, TEAMS, DAYS)
