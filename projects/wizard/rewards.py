"""The step of the rewards, from the rows and back."""

from __future__ import annotations

from typing import Any

from projects.fields import format_hours, format_major
from projects.models import Project, Reward


def load(project: Project) -> list[dict[str, Any]]:
    """Rewards as their rows show them."""
    return [
        {
            "title": reward.title,
            "description": reward.description,
            "money": format_major(reward.threshold_minor, project.currency),
            "hours": format_hours(reward.threshold_gpu_us),
            "limit": reward.limit,
            "law_class": reward.law_class,
            "is_add_on": reward.is_add_on,
        }
        for reward in project.rewards.all()
    ]


def write(project: Project, rows: list[dict[str, Any]]) -> None:
    """Replace the rewards: nobody has chosen one before the launch."""
    project.rewards.all().delete()
    Reward.objects.bulk_create(
        Reward(
            project=project,
            title=row["title"],
            description=row["description"],
            threshold_minor=row.get("threshold_minor"),
            threshold_gpu_us=row["hours"],
            limit=row["limit"],
            is_add_on=row["is_add_on"],
            law_class=row["law_class"],
        )
        for row in rows
    )
