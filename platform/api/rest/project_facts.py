"""What the API says of a project. `shapes` declares the same for the document; tests hold one against the other."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db.models import QuerySet
from django.urls import reverse

from accounts.models import User
from projects.meters import charge_rule
from projects.models import LabNote, Milestone, Project, ProjectTransition, Reward, RewardImage
from projects.totals import Totals

_OF_ROWS = (
    "slug", "title", "promise", "model_kind", "state", "creator__name", "weights_license", "data_license",
    "code_license", "tags", "languages", "memory_gib", "funding_model", "currency", "funding_minimum",
    "funding_stretch", "compute_minimum_us", "compute_stretch_us", "sponsored_hours_us", "deadline_at",
    "compute_ends_at", "launched_at", "created_at",
)  # fmt: skip


def site(path: str) -> str:
    """A path of ours as an address."""
    return f"{settings.SITE_URL}{path}"


def person(user: User | None) -> dict[str, Any] | None:
    """By number and public name, as `shapes.Person`."""
    return {"id": user.pk, "name": user.public_name} if user else None


def split(text: str) -> list[str]:
    """`python, education` as a list."""
    return [part for part in text.split(", ") if part]


def meters(project: Project, totals: Totals) -> dict[str, Any]:
    """Both meters in whole units: minor units of the currency, H100-equivalent microseconds."""
    return {
        "money": {
            "currency": project.currency, "pledged_minor": max(totals.money_pledged, totals.money_realized),
            "settled_minor": totals.money_realized, "minimum_minor": project.funding_minimum,
            "stretch_minor": project.funding_stretch, "pledges": totals.money_standing,
        },
        "compute": {
            "pledged_us": max(totals.compute_pledged, totals.compute_realized),
            "verified_us": totals.compute_realized, "rented_us": totals.sponsored_filling,
            "minimum_us": project.compute_minimum_us, "stretch_us": project.compute_stretch_us,
            "pledges": totals.compute_standing,
        },
    }  # fmt: skip


def as_rows(projects: QuerySet[Project]) -> QuerySet[Project]:
    """With what `project_row` says of each and of its creator, in one query."""
    return projects.select_related("creator").only(*_OF_ROWS)


def project_row(project: Project, totals: Totals) -> dict[str, Any]:
    """As in lists. `project.creator` is loaded."""
    return {
        "slug": project.slug, "page": site(project.get_absolute_url()), "title": project.title,
        "promise": project.promise, "kind": project.model_kind, "state": project.state,
        "creator": person(project.creator),
        "licenses": {
            "weights": project.weights_license, "data": project.data_license, "code": project.code_license,
        },
        "tags": split(project.tags), "languages": split(project.languages), "memory_gib": project.memory_gib,
        "funding_model": project.funding_model, "meters": meters(project, totals),
        "deadline_at": project.deadline_at, "compute_ends_at": project.compute_ends_at,
        "launched_at": project.launched_at, "created_at": project.created_at,
    }  # fmt: skip


def project_whole(project: Project, totals: Totals) -> dict[str, Any]:
    """A project by itself: six queries with its parts."""
    return {
        **project_row(project, totals), "story": project.story, "charge_rule": charge_rule(project),
        "shortfall_rule": project.shortfall_rule, "compute_shortfall_rule": project.compute_shortfall_rule,
        "platform_fee_bp": project.platform_fee_bp, "reserve_bp": project.reserve_bp,
        "milestones": [_milestone(step) for step in project.milestones.all()],
        "history": [_step(step) for step in project.transitions.all()],
    }  # fmt: skip


def _milestone(step: Milestone) -> dict[str, Any]:
    return {
        "number": step.number, "title": step.title, "evidence_wanted": step.evidence_wanted, "share_bp": step.share_bp,
        "due_on": step.due_on,
    }  # fmt: skip


def _step(step: ProjectTransition) -> dict[str, Any]:
    return {"source": step.source, "target": step.target, "happened_at": step.happened_at}


def picture_row(image: RewardImage, slug: str) -> dict[str, Any]:
    """A picture by its address, which names its bytes."""
    path = reverse("projects:reward_image", args=[slug, image.reward_id, image.sha256])
    return {"url": site(path), "alt": image.alt, "width": image.width, "height": image.height}


def reward_row(reward: Reward) -> dict[str, Any]:
    """A tier or add-on. `reward.image` and `reward.project` are loaded."""
    return {
        "id": reward.pk, "title": reward.title, "description": reward.description,
        "threshold_minor": reward.threshold_minor, "threshold_gpu_us": reward.threshold_gpu_us,
        "limit": reward.limit, "claimed": reward.claimed, "is_add_on": reward.is_add_on,
        "law_class": reward.law_class, "available_until": reward.available_until, "delivers_on": reward.delivers_on,
        "needs_address": reward.needs_address, "benefits": reward.benefits, "pool": reward.pool_id,
        "picture": picture_row(reward.image, reward.project.slug) if hasattr(reward, "image") else None,
    }  # fmt: skip


def note_row(note: LabNote) -> dict[str, Any]:
    """A lab note; `body` is Markdown. `note.author` and `note.project` are loaded."""
    return {
        "id": note.pk, "title": note.title, "body": note.body, "body_html": note.body_html,
        "author": person(note.author), "published_at": note.published_at,
        "number": note.number, "audience": note.audience, "page": site(note.get_absolute_url()),
    }  # fmt: skip
