"""The figures that lists sort by, taken afresh from the daily sums: docs/discovery.md has the formula."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from django.db import connection

# A pledge weighs half as much after so many days, and nothing after so many.
HALF_LIFE_DAYS, WINDOW_DAYS = 3, 30
_RANK = """
WITH sums AS (
    SELECT project_id,
        coalesce(sum(standing * power(0.5, (%(today)s::date - day) / %(half)s::float8)) FILTER (
            WHERE stage = 'pledged' AND day > %(today)s::date - %(window)s AND day <= %(today)s::date), 0) AS trend,
        greatest(sum(amount) FILTER (WHERE kind = 'money' AND stage = 'pledged'),
                 sum(amount) FILTER (WHERE kind = 'money' AND stage = 'realized'), 0) AS money,
        greatest(sum(amount) FILTER (WHERE kind = 'compute' AND stage = 'pledged'),
                 sum(amount) FILTER (WHERE kind = 'compute' AND stage = 'realized'), 0) AS compute
    FROM projects_contributionday GROUP BY project_id
), figures AS (
    SELECT p.id, greatest(coalesce(s.trend, 0), 0) AS trend,
        least(coalesce(s.money, 0) * 1000 / coalesce(nullif(p.funding_minimum, 0), p.funding_stretch), 1000000)::int
            AS money_permille,
        least(coalesce(s.compute, 0) * 1000 / coalesce(nullif(p.compute_minimum_us, 0), p.compute_stretch_us),
              1000000)::int AS compute_permille
    FROM projects_project p LEFT JOIN sums s ON s.project_id = p.id
)
UPDATE projects_projectlisting l
SET trend = f.trend, money_permille = f.money_permille, compute_permille = f.compute_permille
FROM figures f WHERE f.id = l.project_id
AND (l.trend, l.money_permille, l.compute_permille) IS DISTINCT FROM (f.trend, f.money_permille, f.compute_permille)
"""


def rank_projects(*, now: datetime) -> int:
    """Returns how many projects' figures changed."""
    values: dict[str, Any] = {"today": now.astimezone(UTC).date(), "half": HALF_LIFE_DAYS, "window": WINDOW_DAYS}
    with connection.cursor() as cursor:
        cursor.execute(_RANK, values)
        return int(cursor.rowcount)
