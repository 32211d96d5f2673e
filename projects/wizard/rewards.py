"""The step of the rewards, from the rows and back."""

from __future__ import annotations

from typing import Any

from projects.fields import format_hours, format_major
from projects.models import Project, Reward


def load(project: Project) -> list[dict[str, Any]]:
    """Rewards as their rows show them."""
    return [
        {
            "key": reward.pk,
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
    """The rewards as typed; each row learns the `key` it is kept under.

    A row is the reward of its key, whatever its title is now, and keeps what that reward's own page has. A row without
    a key is new, or the second click on a button that made it: then it has the title of a reward that no row names.
    """
    # Their own pages change the same rows under the lock of each.
    left = {reward.pk: reward for reward in project.rewards.select_for_update(of=("self",))}
    named = [left.pop(row["key"], None) if row.get("key") else None for row in rows]
    for row, known in zip(rows, named, strict=True):
        reward = known or _of_title(left, row["title"]) or Reward(project=project)
        reward.title, reward.description, reward.limit = row["title"], row["description"], row["limit"]
        reward.threshold_minor, reward.threshold_gpu_us = row.get("threshold_minor"), row["hours"]
        reward.is_add_on, reward.law_class = row["is_add_on"], row["law_class"]
        reward.save()
        row["key"] = reward.pk
    project.rewards.filter(pk__in=left).delete()


def _of_title(left: dict[int, Reward], title: str) -> Reward | None:
    found = next((reward for reward in left.values() if reward.title == title), None)
    return left.pop(found.pk) if found else None
