"""Making and changing a project before it is approved."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils.crypto import get_random_string
from django.utils.text import slugify

from accounts.models import User
from projects.errors import TransitionRefused
from projects.markdown import RENDERER_VERSION, render_markdown
from projects.models import Project, Reward
from projects.states import change_state

RESERVED_SLUGS = frozenset({"new", "mine"})  # Addresses of the site itself.
S = Project.State


def _columns(data: dict[str, Any]) -> dict[str, Any]:
    names = (
        "title", "promise", "story", "model_kind", "weights_license", "data_license", "code_license", "currency",
        "funding_stretch", "funding_model", "shortfall_rule", "compute_shortfall_rule", "time_zone",
        "tags", "languages", "memory_gib",
    )  # fmt: skip
    return {name: data[name] for name in names} | {
        "funding_minimum": data["funding_minimum"] or 0,
        "compute_minimum_us": data["compute_minimum"] or 0,
        "compute_stretch_us": data["compute_stretch"],
        "deadline_at": data["deadline"],
        "compute_ends_at": data["deadline"].astimezone(UTC) + timedelta(days=data["training_days"]),
        "sponsored_hours_us": data["sponsored_hours"] or 0,
        "sponsored_budget_minor": data["sponsored_budget"] or 0,
        "story_html": render_markdown(data["story"]),
        "renderer_version": RENDERER_VERSION,
    }


@transaction.atomic
def create_project(*, creator: User, data: dict[str, Any], rewards: list[dict[str, Any]]) -> Project:
    """A draft with its rewards. Two projects of the same title get different addresses."""
    slug = slugify(data["title"])[:60] or "project"
    plan = {"platform_fee_bp": settings.PLATFORM_FEE_BP, "reserve_bp": settings.RESERVE_BP}
    project = Project(slug=slug, creator=creator, **plan, **_columns(data))
    if slug in RESERVED_SLUGS or not _is_saved(project):
        project.slug = f"{slug}-{get_random_string(6).lower()}"
        project.save()
    _write_rewards(project, rewards)
    return project


def _is_saved(project: Project) -> bool:
    """Whether the address was still free: asked of the constraint, so that two at the same moment cannot collide."""
    try:
        with transaction.atomic():
            project.save(force_insert=True)
    except IntegrityError:
        return False
    return True


@transaction.atomic
def update_project(*, project_id: int, data: dict[str, Any], rewards: list[dict[str, Any]]) -> Project:
    """Replace what was typed while nobody relies on it. Raises TransitionRefused once the project is in review."""
    project = Project.objects.select_for_update().get(pk=project_id)
    if project.state not in Project.EDITABLE_STATES:
        raise TransitionRefused("A project is edited as a draft or when changes were requested.")
    for name, value in _columns(data).items():
        setattr(project, name, value)
    project.save()
    project.rewards.all().delete()
    _write_rewards(project, rewards)
    return project


def _write_rewards(project: Project, rewards: list[dict[str, Any]]) -> None:
    Reward.objects.bulk_create(
        Reward(
            project=project,
            title=reward["title"],
            description=reward["description"],
            threshold_minor=reward.get("threshold_minor"),
            threshold_gpu_us=reward["hours"],
            limit=reward["limit"],
            is_add_on=reward["is_add_on"],
            law_class=reward["law_class"],
        )
        for reward in rewards
    )


def submit(*, project: Project, actor: User, now: datetime) -> bool:
    """Hand the draft to the reviewers. Raises TransitionRefused."""
    if project.creator_id != actor.pk:
        raise TransitionRefused("Only the project's creator submits it.")
    return change_state(project=project, target=S.IN_REVIEW, actor=actor, now=now)


def begin_delivery(*, project: Project, actor: User, now: datetime) -> bool:
    """The money is collected and the work begins. Raises TransitionRefused."""
    return change_state(project=project, target=S.DELIVERING, actor=actor, now=now)


def complete(*, project: Project, actor: User, now: datetime) -> bool:
    """Everything that was promised is there. Raises TransitionRefused."""
    return change_state(project=project, target=S.COMPLETED, actor=actor, now=now)
