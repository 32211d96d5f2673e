"""What waits for reviewers, what is due first."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import F, Max, Prefetch, Q, QuerySet
from django.db.models.functions import Coalesce

from accounts.models import User
from projects.backing import projects_backed_by
from projects.interests import organization_of
from projects.models import Project, Review, ReviewClaim
from projects.review.hours import TARGET_DAYS, add_working_days, due_at

SHOWN = 50


@dataclass(frozen=True, slots=True)
class Waiting:
    """A project in review. `is_tied`: this reviewer has a stake in it."""

    project: Project
    handed_in_at: datetime
    due_at: datetime
    is_overdue: bool
    claims: list[ReviewClaim]
    reviews: list[Review]
    is_tied: bool
    is_mine: bool


def waiting_projects(*, reviewer: User, now: datetime) -> list[Waiting]:
    """The oldest hand-in first."""
    found: QuerySet[Any] = in_review()
    return waiting_of(list(found.order_by("handed_in_at", "pk")[:SHOWN]), reviewer=reviewer, now=now)


def in_review() -> QuerySet[Project]:
    """With `handed_in_at`, and what `waiting_of` reads of each."""
    handed_in = Max("transitions__happened_at", filter=Q(transitions__target=Project.State.IN_REVIEW))
    claims = ReviewClaim.objects.filter(released_at=None).select_related("reviewer")
    return (
        Project.objects.filter(state=Project.State.IN_REVIEW)
        .annotate(handed_in_at=Coalesce(handed_in, F("created_at")))
        .select_related("creator")
        .prefetch_related("reviews__reviewer", "teammates__user", Prefetch("review_claims", claims, to_attr="taken"))
    )


def waiting_of(projects: list[Project], *, reviewer: User, now: datetime) -> list[Waiting]:
    """Projects of `in_review`, as this reviewer sees them."""
    backed = projects_backed_by(reviewer)
    return [_waiting(project, reviewer, backed, now) for project in projects]


def _is_of_team(project: Project, reviewer: User) -> bool:
    """As `interests_of` says it, of what is loaded already: their own, of their team or house."""
    mates, organization = list(project.teammates.all()), organization_of(reviewer)
    team = [project.creator, *(mate.user for mate in mates if mate.ended_at is None)]
    return reviewer.pk in {project.creator_id, *(mate.user_id for mate in mates)} or (
        bool(organization) and any(organization_of(one) == organization for one in team)
    )


def _waiting(project: Project, reviewer: User, backed: set[int], now: datetime) -> Waiting:
    since: datetime = getattr(project, "handed_in_at")  # noqa: B009  # reason: an annotation of `in_review`
    held: list[ReviewClaim] = getattr(project, "taken", [])
    claims = [claim for claim in held if add_working_days(claim.claimed_at, TARGET_DAYS) > now]
    due = due_at(since)
    return Waiting(
        project=project, handed_in_at=since, due_at=due, is_overdue=due <= now, claims=claims,
        reviews=list(project.reviews.all()), is_tied=project.pk in backed or _is_of_team(project, reviewer),
        is_mine=any(claim.reviewer_id == reviewer.pk for claim in claims),
    )  # fmt: skip
