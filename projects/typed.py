"""A project as its creator typed it: from the database, or from a form that is not handed in yet."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from zoneinfo import ZoneInfo

from projects.forms import MOST_REWARDS, ProjectForm, RewardFormSet
from projects.models import Project, Reward
from values.gpu_time import MICROSECONDS_PER_HOUR
from values.money import Money

_SAME = (
    "title", "promise", "story", "model_kind", "weights_license", "data_license", "code_license", "currency",
    "funding_model", "shortfall_rule", "compute_shortfall_rule", "time_zone", "tags",
    "languages", "memory_gib",
)  # fmt: skip
_REWARD = ("title", "description", "money", "hours", "limit")


def typed_project(project: Project) -> dict[str, Any]:
    """Amounts in major units, hours as text, the deadline in the creator's own zone."""
    local = project.deadline_at.astimezone(ZoneInfo(project.time_zone)).replace(tzinfo=None)
    return {name: getattr(project, name) for name in _SAME} | {
        "funding_minimum": _major(project.funding_minimum, project),
        "funding_stretch": _major(project.funding_stretch, project),
        "compute_minimum": _hours(project.compute_minimum_us),
        "compute_stretch": _hours(project.compute_stretch_us),
        "deadline": local,
        "training_days": (project.compute_ends_at - project.deadline_at).days,
        "sponsored_hours": _hours(project.sponsored_hours_us),
        "sponsored_budget": _major(project.sponsored_budget_minor, project),
    }


def typed_reward(project: Project, reward: Reward) -> dict[str, Any]:
    """One row of the rewards."""
    return {
        "title": reward.title,
        "description": reward.description,
        "money": _major(reward.threshold_minor, project),
        "hours": _hours(reward.threshold_gpu_us),
        "limit": reward.limit,
        "law_class": reward.law_class,
        "is_add_on": reward.is_add_on,
    }


def unjudged(post: Mapping[str, str]) -> tuple[ProjectForm, Any]:
    """Both forms with what was typed so far and no word about what is missing yet: for a preview, or more rows.

    Rows that are empty or marked for removal go.
    """
    form = ProjectForm(initial={name: post.get(name, "") for name in ProjectForm.base_fields})
    rows = [row for number in range(MOST_REWARDS) if (row := _typed_row(post, f"rewards-{number}-"))]
    return form, RewardFormSet(initial=rows, prefix="rewards")


def _typed_row(post: Mapping[str, str], prefix: str) -> dict[str, str]:
    row = {name: post.get(prefix + name, "").strip() for name in _REWARD}
    options = {name: post.get(prefix + name, "") for name in ("law_class", "is_add_on")}
    return row | options if any(row.values()) and not post.get(f"{prefix}DELETE") else {}


def _major(minor: int | None, project: Project) -> str:
    return str(Money(minor, project.currency).decimal) if minor else ""


def _hours(microseconds: int | None) -> str:
    return f"{microseconds / MICROSECONDS_PER_HOUR:.10f}".rstrip("0").rstrip(".") if microseconds else ""
