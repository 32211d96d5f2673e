"""What the project's page says of the people around it."""

from __future__ import annotations

from typing import Any

from django import template
from django.db.models import Count, Q

from accounts.models import User
from clock.services import business_now
from projects.community.comment_forms import CommentForm
from projects.community.threads import A_PAGE, Discussion, read_discussion, threads_of
from projects.fulfilment.countries import country_name
from projects.fulfilment.reading import is_late as _is_late
from projects.fulfilment.reading import standings_of
from projects.models import CreatorFollow, Delivery, LabNote, Project, ProjectFollow, Reward, RewardImage
from projects.roles import can

NEWEST = 3

register = template.Library()


@register.simple_tag
def follow_state(project: Project, user: Any) -> dict[str, Any]:
    """How many follow the project, and what this person follows."""
    is_known = isinstance(user, User)
    mine = Count("pk", filter=Q(user=user.pk if is_known else None))
    follows = ProjectFollow.objects.filter(project=project).aggregate(all=Count("pk"), mine=mine)
    return {
        "count": follows["all"],
        "project": bool(follows["mine"]),
        "creator": is_known and CreatorFollow.objects.filter(creator=project.creator_id, user=user).exists(),
        "is_own": is_known and user.pk == project.creator_id,
    }


@register.simple_tag
def newest_threads(project: Project, user: Any, note: LabNote | None = None) -> Discussion:
    """The newest threads of the project, or of a note."""
    rows = threads_of(project, note)
    return read_discussion(
        project=project, threads=rows, reader=user, now=business_now(), a_page=A_PAGE if note else NEWEST
    )


@register.simple_tag
def comment_form() -> CommentForm:
    """An empty form to say or ask something."""
    return CommentForm()


@register.simple_tag
def faq_of(project: Project, user: Any) -> dict[str, Any]:
    """The answers for good, and whether this person writes them."""
    return {"entries": list(project.faq.all()), "may_edit": can(user, project, "moderate")}


@register.simple_tag
def reward_facts(project: Project, rewards: list[Reward]) -> dict[str, Any]:
    """Each reward with its picture, its window, what it grants and how far it is delivered; three queries for all."""
    now = business_now()
    images = {image.reward_id: image for image in RewardImage.objects.filter(reward__in=rewards).defer("content")}
    standings = standings_of(project, now.date())
    shown = [
        {
            "reward": reward, "image": images.get(reward.pk), "standing": standings.get(reward.pk),
            "is_closed": reward.available_until is not None and reward.available_until <= now,
            "benefits": [Reward.Benefit(kind).label for kind in reward.benefits],
        }
        for reward in rewards
    ]  # fmt: skip
    return {"items": shown, "late": sum(1 for standing in standings.values() if standing.is_late)}


@register.filter
def is_late(delivery: Delivery) -> bool:
    """Whether it is owed after its month, or came after it."""
    return _is_late(delivery, business_now().date())


register.filter("country", country_name)
