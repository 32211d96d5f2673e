"""Seeding by SQL: what each statement writes is in seed.sql beside this file.

1,000 projects; the project of a pledge is drawn by 1000·rand^2.5, so the top one has about six percent; n/5 backers.
Two in five projects are live with saved cards, the others are funded, charged and settled. The daily sums come from
the platform's own triggers, and the ledger's audit is run over the result.
"""

from __future__ import annotations

from pathlib import Path

from django.db import connection
from django.utils import timezone

PROJECTS = 1_000
STATEMENTS = Path(__file__).with_name("seed.sql").read_text().split(";\n")


def grow(before: int, after: int) -> None:
    """From `before` pledges to `after`, committed, and looked over for the planner's statistics."""
    values = {
        "from": before, "to": after, "from_backer": before // 5, "to_backer": after // 5, "backers": max(after // 5, 1),
        "projects": PROJECTS, "now": timezone.now(),
    }  # fmt: skip
    with connection.cursor() as cursor:
        # Asked of each of millions of rows, the zero sum would be most of the seed's time; the audit asks once, after.
        cursor.execute("ALTER TABLE payments_ledgerentry DISABLE TRIGGER ledger_zero_sum")
        for statement in STATEMENTS:
            cursor.execute(statement, values)
        cursor.execute("ALTER TABLE payments_ledgerentry ENABLE TRIGGER ledger_zero_sum")
        cursor.execute("VACUUM ANALYZE")


def top_project() -> str:
    """The address of the funded project with the most pledges."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT o.slug FROM payments_cashpledge p JOIN projects_project o ON o.id = p.project_id"
            " WHERE o.state = 'funded' GROUP BY o.slug ORDER BY count(*) DESC LIMIT 1"
        )
        return str(cursor.fetchone()[0])
