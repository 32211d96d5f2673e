"""Taking a submission on, and giving it back. Two people of different organizations read each."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from accounts.models import User
from projects.errors import ReviewRefused
from projects.interests import interests_of, organization_of
from projects.models import Project, Review, ReviewClaim
from projects.review.hours import TARGET_DAYS, add_working_days

APPROVALS_NEEDED = 2
S = Project.State


def submission_of(project: Project) -> int:
    """Which submission this is, counted from 1."""
    return project.transitions.filter(target=S.IN_REVIEW).count()


def open_claims(project: Project, now: datetime) -> list[ReviewClaim]:
    """Claims that hold: not released, and not older than the target time."""
    rows: QuerySet[ReviewClaim] = project.review_claims.filter(released_at=None).select_related("reviewer")
    return [claim for claim in rows if add_working_days(claim.claimed_at, TARGET_DAYS) > now]


def approvals_of(project: Project) -> list[Review]:
    """Approvals of this submission."""
    found = project.reviews.filter(submission=submission_of(project), decision=Review.Decision.APPROVE)
    return list(found.select_related("reviewer"))


def in_the_way(project: Project, reviewer: User) -> str:
    """Why this person may not review this project now; empty where they may."""
    if not reviewer.is_reviewer:
        return _("Only reviewers decide on projects.")
    if ties := interests_of(project, reviewer):
        return _("%(tie)s Others decide on it.") % {"tie": ties[0]}
    if not organization_of(reviewer):
        return _("Your account names no organization, and two different ones must approve. Ask an admin to set yours.")
    if project.state != S.IN_REVIEW:
        return _("This project is not in review any more.")
    return _decided_already(project, reviewer)


def _decided_already(project: Project, reviewer: User) -> str:
    """Somebody decides once, and an organization approves once."""
    if project.reviews.filter(
        reviewer=reviewer, submission=submission_of(project)
    ).exclude(decision=Review.Decision.COMMENT).exists():  # fmt: skip
        return _("You have decided on this submission already.")
    taken = {organization_of(review.reviewer) for review in approvals_of(project) if review.reviewer != reviewer}
    if organization_of(reviewer) in taken:
        return _("Your organization has approved already. Somebody from another one decides next.")
    return ""


@transaction.atomic
def claim(*, project_id: int, reviewer: User, now: datetime) -> ReviewClaim:
    """Take the submission on; again is quiet. Raises ReviewRefused."""
    project = Project.objects.select_for_update().get(pk=project_id)
    if words := in_the_way(project, reviewer):
        raise ReviewRefused(words)
    held = open_claims(project, now)
    own = next((one for one in held if one.reviewer_id == reviewer.pk), None)
    if own is not None:
        return own
    if organization_of(reviewer) in {organization_of(one.reviewer) for one in held}:
        raise ReviewRefused(_("Somebody from your organization reads it already. Take another project."))
    if len(held) + len(approvals_of(project)) >= APPROVALS_NEEDED:
        raise ReviewRefused(_("Two reviewers have taken it on already. Take another project."))
    project.review_claims.filter(reviewer=reviewer, released_at=None).update(released_at=now)  # One that lapsed.
    return ReviewClaim.objects.create(project=project, reviewer=reviewer, claimed_at=now)


def release_claim(*, project_id: int, reviewer: User, now: datetime) -> bool:
    """Give it back; returns whether it was taken."""
    held = ReviewClaim.objects.filter(project_id=project_id, reviewer=reviewer, released_at=None)
    return bool(held.update(released_at=now))
