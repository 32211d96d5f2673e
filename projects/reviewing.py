"""Two reviewers decide on each submission; one request for changes sends it back; comments change nothing."""

from __future__ import annotations

from datetime import datetime

from django.db import IntegrityError, transaction

from accounts.models import User
from projects.errors import ReviewRefused
from projects.interests import interests_of
from projects.models import Project, Review
from projects.states import change_state

APPROVALS_NEEDED = 2
S = Project.State


def submission_of(project: Project) -> int:
    """Which submission this is, counted from 1."""
    return project.transitions.filter(target=S.IN_REVIEW).count()


@transaction.atomic
def decide(*, project_id: int, reviewer: User, decision: str, reasons: str, now: datetime) -> Project:
    """Record a decision and what follows from it. Raises ReviewRefused."""
    project = Project.objects.select_for_update().get(pk=project_id)
    if not reviewer.is_reviewer:
        raise ReviewRefused("Only reviewers decide on projects.")
    if ties := interests_of(project, reviewer):
        raise ReviewRefused(f"{ties[0]} Others decide on it.")
    if project.state != S.IN_REVIEW:
        raise ReviewRefused("This project is not in review any more.")
    submission = submission_of(project)
    try:
        with transaction.atomic():
            review = Review.objects.create(
                project=project, reviewer=reviewer, submission=submission, decision=decision, reasons=reasons,
                decided_at=now,
            )  # fmt: skip
    except IntegrityError as error:
        raise ReviewRefused("You have decided on this submission already.") from error
    _follow(project, review)
    return project


def _follow(project: Project, review: Review) -> None:
    actor, now = review.reviewer, review.decided_at
    if review.decision == Review.Decision.REQUEST_CHANGES:
        change_state(project=project, target=S.CHANGES_REQUESTED, actor=actor, now=now, reason=review.reasons)
        return
    approvals = project.reviews.filter(submission=review.submission, decision=Review.Decision.APPROVE).count()
    if approvals >= APPROVALS_NEEDED:
        change_state(project=project, target=S.APPROVED, actor=actor, now=now, reason="Two reviewers approved.")
