"""Seeding by SQL: what each statement writes is in seed.sql beside this file.

1,000 projects; the project of a pledge is drawn by 1000·rand^2.5, so the top one has about six percent; n/5 backers.
Two in five projects are live with saved cards, the others are funded, charged and settled. The daily sums come from
the platform's own triggers, and the ledger's audit is run over the result.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from django.db import connection
from django.utils import timezone

from accounts.models import User
from projects.models import Project

PROJECTS = 1_000
STATEMENTS = Path(__file__).with_name("seed.sql").read_text().split(";\n")


def grow(before: int, after: int) -> None:
    """From `before` pledges to `after`, committed, and looked over for the planner's statistics."""
    values: dict[str, Any] = {
        "from": before, "to": after, "from_backer": before // 5, "to_backer": after // 5, "backers": max(after // 5, 1),
        "projects": PROJECTS, "now": timezone.now(),
    }  # fmt: skip
    _projects(values["now"])
    with connection.cursor() as cursor:
        # Asked of each of millions of rows, the zero sum would be most of the seed's time; the audit asks once, after.
        cursor.execute("ALTER TABLE payments_ledgerentry DISABLE TRIGGER ledger_zero_sum")
        for statement in STATEMENTS:
            cursor.execute(statement, values)
        cursor.execute("ALTER TABLE payments_ledgerentry ENABLE TRIGGER ledger_zero_sum")
        cursor.execute("VACUUM ANALYZE")


def _projects(now: datetime) -> None:
    """Through the models, which know the defaults of columns that come later; two in five are live."""
    creator = User.objects.order_by("pk")[0]
    Project.objects.bulk_create(
        (
            Project(
                slug=f"bench-{n}", creator=creator, title=f"Project {n}", promise="A small open model.", story="Text.",
                story_html="<p>Text.</p>", renderer_version=1, model_kind="language", weights_license="Apache-2.0",
                data_license="CC0-1.0", code_license="Apache-2.0", currency="EUR", funding_minimum=100_000,
                time_zone="UTC", state="live" if n % 5 < 2 else "funded", takes_late_pledges=True,
                deadline_at=now + (timedelta(days=9) if n % 5 < 2 else -timedelta(days=20)),
                compute_ends_at=now + timedelta(days=90), created_at=now - timedelta(days=40),
                launched_at=now - timedelta(days=40),
            )
            for n in range(PROJECTS)
        ),
        ignore_conflicts=True,
    )  # fmt: skip


def top_project() -> str:
    """The address of the funded project with the most pledges."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT o.slug FROM payments_cashpledge p JOIN projects_project o ON o.id = p.project_id"
            " WHERE o.state = 'funded' GROUP BY o.slug ORDER BY count(*) DESC LIMIT 1"
        )
        return str(cursor.fetchone()[0])
