"""Credit: verified H100-equivalent time, its decayed average, and the place among others. One SQL statement each.

The average halves what was verified HALF_LIFE_DAYS ago: someone who lends steadily sees their daily rate, and someone
who stops sees it fade. Work taken back leaves at once. Rented machines earn nobody credit: money paid for them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import connection

from compute_pledges.standing.credit_sql import CREDIT, DAYS, PEOPLE, PLACE, TEAMS

HALF_LIFE_DAYS = 7
PAGE = 50
# Shares from the top, in percent, that a badge names.
TOPS = (1, 5, 10, 25, 50)


@dataclass(frozen=True, slots=True)
class Scope:
    """What is summed: at a moment, without projects in the states `private`, of one project or run or of all."""

    now: datetime
    private: Sequence[str] = ()
    project_id: int | None = None
    run_id: object = None


@dataclass(frozen=True, slots=True)
class Credit:
    """Microseconds; `average_us` is H100-equivalent microseconds a day, decayed."""

    h100_us: int
    device_us: int
    blocks: int
    average_us: int
    tokens: int


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


@dataclass(frozen=True, slots=True)
class BoardRow:
    """A person or a team in a list. `key` is its primary key as text; `place` counts those who stand in no list too."""

    rank: int
    key: str
    name: str
    h100_us: int
    device_us: int
    blocks: int
    average_us: int
    place: Place


def credit_of(*, user_id: int, scope: Scope) -> Credit:
    """Of one account."""
    ((h100, device, blocks, average, tokens),) = _rows(CREDIT, scope, user=user_id)
    return Credit(h100, device, blocks, int(average), tokens)


def days_of(*, user_id: int, scope: Scope) -> list[tuple[date, int, float]]:
    """UTC days with verified work, the oldest first: the day, its time, and what of it the day's end (or `now`, where
    that is earlier) still weighs. All in microseconds.
    """
    return [(day, h100, float(left)) for day, h100, left in _rows(DAYS, scope, user=user_id)]


def place_of(*, user_id: int, scope: Scope) -> Place:
    """Among everyone who has credit, hidden or not."""
    ((fewer, others),) = _rows(PLACE, scope, user=user_id)
    return Place(fewer, others)


def people_board(*, scope: Scope, page: int = 1) -> list[BoardRow]:
    """A page of people, and one more row when there is a next page."""
    return _board(PEOPLE, scope, page)


def teams_board(*, scope: Scope, page: int = 1) -> list[BoardRow]:
    """The same of teams."""
    return _board(TEAMS, scope, page)


def team_credit(*, team_id: object, scope: Scope) -> BoardRow | None:
    """What people earned while they were in the team; None before its first verified block."""
    rows = _board(TEAMS, scope, 1, str(team_id))
    return rows[0] if rows else None


def _board(statement: str, scope: Scope, page: int, team: str | None = None) -> list[BoardRow]:
    rows = _rows(statement, scope, team=team, limit=PAGE + 1, offset=(page - 1) * PAGE)
    return [
        BoardRow(rank, key, name, h100, device, blocks, int(average), Place(fewer, others))
        for rank, key, name, h100, device, blocks, average, fewer, others in rows
    ]


def scoped(scope: Scope) -> dict[str, Any]:
    """The parameters that the statements of credit_sql share."""
    return {
        "now": scope.now, "half": HALF_LIFE_DAYS, "private": list(scope.private), "project": scope.project_id,
        "run": str(scope.run_id) if scope.run_id else None, "team": None,
    }  # fmt: skip


def _rows(statement: str, scope: Scope, **values: Any) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, {**scoped(scope), **values})
        return cursor.fetchall()
