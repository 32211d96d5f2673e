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
    """The rewards as typed. One that stays keeps its picture, questions and whatever else its own page has.

    A row is the reward of its title, else one that no other row is, in order: nobody has chosen one before the launch.
    """
    left = {reward.title: reward for reward in project.rewards.all()}
    kept = [left.pop(row["title"], None) for row in rows]
    others = list(left.values())
    for place, row in enumerate(rows):
        reward = kept[place] or (others.pop(0) if others else Reward(project=project))
        reward.title, reward.description, reward.limit = row["title"], row["description"], row["limit"]
        reward.threshold_minor, reward.threshold_gpu_us = row.get("threshold_minor"), row["hours"]
        reward.is_add_on, reward.law_class = row["is_add_on"], row["law_class"]
        reward.save()
    project.rewards.filter(pk__in=[reward.pk for reward in others]).delete()
