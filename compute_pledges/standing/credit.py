"""Credit: verified H100-equivalent time, its decayed average, and the place among others. One SQL statement each.

The average halves what was verified HALF_LIFE_DAYS ago: someone who lends steadily sees their daily rate, and someone
who stops sees it fade. Work taken back leaves at once. Rented machines earn nobody credit: money paid for them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection

HALF_LIFE_DAYS = 7
PAGE = 50
# Shares from the top, in percent, that a badge names.
TOPS = (1, 5, 10, 25, 50)

_CREDIT = """
SELECT coalesce(sum(r.h100_us), 0)::bigint, coalesce(sum(r.device_us), 0)::bigint, count(*),
       coalesce(sum(r.h100_us * exp(-ln(2) * extract(epoch FROM %(now)s - r.verified_at) / 86400.0 / %(half)s)), 0)
           * ln(2) / %(half)s,
       coalesce(sum(r.tokens), 0)::bigint
FROM compute_pledges_workresult r
JOIN compute_pledges_device d ON d.id = r.device_id AND d.owner_id = %(user)s
JOIN compute_pledges_lease l ON l.id = r.lease_id
JOIN compute_pledges_trainingrun t ON t.id = l.run_id
WHERE r.state IN ('verified', 'settled') AND r.verified_at <= %(now)s
  AND (%(run)s::uuid IS NULL OR l.run_id = %(run)s::uuid)
  AND NOT EXISTS (SELECT 1 FROM compute_pledges_sponsoreddevice s WHERE s.device_id = r.device_id)
"""
_PEOPLE = """
WITH sums AS (
    SELECT d.owner_id AS who, sum(r.h100_us)::bigint AS total, sum(r.device_us)::bigint AS device, count(*) AS blocks,
           sum(r.h100_us * exp(-ln(2) * extract(epoch FROM %(now)s - r.verified_at) / 86400.0 / %(half)s))
               * ln(2) / %(half)s AS average
    FROM compute_pledges_workresult r
    JOIN compute_pledges_device d ON d.id = r.device_id
    JOIN compute_pledges_lease l ON l.id = r.lease_id
    JOIN compute_pledges_trainingrun t ON t.id = l.run_id
    JOIN projects_project p ON p.id = t.project_id AND p.state <> ALL(%(private)s)
    WHERE r.state IN ('verified', 'settled') AND r.verified_at <= %(now)s
      AND (%(project)s::bigint IS NULL OR t.project_id = %(project)s::bigint)
      AND NOT EXISTS (SELECT 1 FROM compute_pledges_sponsoreddevice s WHERE s.device_id = r.device_id)
    GROUP BY d.owner_id
)
SELECT rank() OVER (ORDER BY sums.total DESC), u.id::text, coalesce(nullif(u.name, ''), 'Member ' || u.id),
       sums.total, sums.device, sums.blocks, sums.average
FROM sums
JOIN accounts_user u ON u.id = sums.who AND u.is_active
LEFT JOIN compute_pledges_standingchoice c ON c.user_id = u.id
WHERE NOT coalesce(c.is_hidden, false)
ORDER BY sums.total DESC, u.id
LIMIT %(limit)s OFFSET %(offset)s
"""
_TEAMS = """
WITH sums AS (
    SELECT m.team_id AS who, sum(r.h100_us)::bigint AS total, sum(r.device_us)::bigint AS device, count(*) AS blocks,
           sum(r.h100_us * exp(-ln(2) * extract(epoch FROM %(now)s - r.verified_at) / 86400.0 / %(half)s))
               * ln(2) / %(half)s AS average
    FROM compute_pledges_workresult r
    JOIN compute_pledges_device d ON d.id = r.device_id
    JOIN compute_pledges_teammembership m ON m.user_id = d.owner_id AND r.verified_at >= m.joined_at
         AND (m.left_at IS NULL OR r.verified_at < m.left_at)
    JOIN compute_pledges_lease l ON l.id = r.lease_id
    JOIN compute_pledges_trainingrun t ON t.id = l.run_id
    JOIN projects_project p ON p.id = t.project_id AND p.state <> ALL(%(private)s)
    WHERE r.state IN ('verified', 'settled') AND r.verified_at <= %(now)s
      AND (%(project)s::bigint IS NULL OR t.project_id = %(project)s::bigint)
      AND (%(team)s::uuid IS NULL OR m.team_id = %(team)s::uuid)
      AND NOT EXISTS (SELECT 1 FROM compute_pledges_sponsoreddevice s WHERE s.device_id = r.device_id)
    GROUP BY m.team_id
)
SELECT rank() OVER (ORDER BY sums.total DESC), g.id::text, g.name, sums.total, sums.device, sums.blocks, sums.average
FROM sums JOIN compute_pledges_team g ON g.id = sums.who
ORDER BY sums.total DESC, g.name
LIMIT %(limit)s OFFSET %(offset)s
"""
_PLACE = """
WITH sums AS (
    SELECT d.owner_id AS who, sum(r.h100_us) AS total
    FROM compute_pledges_workresult r JOIN compute_pledges_device d ON d.id = r.device_id
    WHERE r.state IN ('verified', 'settled') AND r.verified_at <= %(now)s
      AND NOT EXISTS (SELECT 1 FROM compute_pledges_sponsoreddevice s WHERE s.device_id = r.device_id)
    GROUP BY d.owner_id
)
SELECT count(*) FILTER (WHERE total < (SELECT total FROM sums WHERE who = %(user)s)),
       count(*) FILTER (WHERE who <> %(user)s)
FROM sums
"""


@dataclass(frozen=True, slots=True)
class Credit:
    """Microseconds; `average_us` is H100-equivalent microseconds a day, decayed."""

    h100_us: int
    device_us: int
    blocks: int
    average_us: int
    tokens: int


@dataclass(frozen=True, slots=True)
class BoardRow:
    """A person or a team in a list. `key` is its primary key as text."""

    rank: int
    key: str
    name: str
    h100_us: int
    device_us: int
    blocks: int
    average_us: int


@dataclass(frozen=True, slots=True)
class Place:
    """How many of the `others` who have credit have less."""

    fewer: int
    others: int

    @property
    def percent(self) -> int:
        """Rounded down, so that nobody is flattered."""
        return self.fewer * 100 // self.others if self.others else 0

    @property
    def top(self) -> int | None:
        """The smallest of TOPS in which the account is, all others counted; None below the upper half."""
        place, everyone = self.others - self.fewer + 1, self.others + 1
        return next((share for share in TOPS if place * 100 <= share * everyone), None)


def credit_of(*, user_id: int, now: datetime, run_id: object = None) -> Credit:
    """Of one account, in all or in one run."""
    values = {"user": user_id, "now": now, "half": HALF_LIFE_DAYS, "run": str(run_id) if run_id else None}
    ((h100, device, blocks, average, tokens),) = _rows(_CREDIT, values)
    return Credit(h100, device, blocks, int(average), tokens)


def place_of(*, user_id: int, now: datetime) -> Place:
    """Among everyone who has credit, hidden or not."""
    ((fewer, others),) = _rows(_PLACE, {"user": user_id, "now": now})
    return Place(fewer, others)


@dataclass(frozen=True, slots=True)
class Scope:
    """What a list is of: at a moment, without projects in the states `private`, of one project or of all."""

    now: datetime
    private: Sequence[str]
    project_id: int | None = None


def people_board(*, scope: Scope, page: int = 1) -> list[BoardRow]:
    """A page of people, and one more row when there is a next page."""
    return _board(_PEOPLE, scope, page)


def teams_board(*, scope: Scope, page: int = 1) -> list[BoardRow]:
    """The same of teams."""
    return _board(_TEAMS, scope, page)


def team_credit(*, team_id: object, scope: Scope) -> BoardRow | None:
    """What people earned while they were in the team; None before its first verified block."""
    rows = _board(_TEAMS, scope, 1, str(team_id))
    return rows[0] if rows else None


def _board(statement: str, scope: Scope, page: int, team: str | None = None) -> list[BoardRow]:
    values = {
        "now": scope.now, "half": HALF_LIFE_DAYS, "private": list(scope.private), "project": scope.project_id,
        "team": team, "limit": PAGE + 1, "offset": (page - 1) * PAGE,
    }  # fmt: skip
    rows = _rows(statement, values)
    return [BoardRow(rank, key, name, h100, device, n, int(a)) for rank, key, name, h100, device, n, a in rows]


def _rows(statement: str, values: dict[str, Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return cursor.fetchall()
