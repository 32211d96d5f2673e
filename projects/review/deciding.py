"""Two reviewers of different organizations decide on each submission; one request for changes sends it back."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import User
from notices.kinds import Kind
from notices.services import tell
from projects.errors import ReviewRefused
from projects.interests import organization_of
from projects.models import Project, Review, ReviewPoint
from projects.review.claiming import (
    APPROVALS_NEEDED,
    approvals_of,
    claim,
    in_the_way,
    release_claim,
    submission_of,
)
from projects.review.points import POINTS
from projects.roles import people_who_can
from projects.states import change_state

S = Project.State
# What the team is told; otherwise one more approval is awaited.
NEWS = {
    S.CHANGES_REQUESTED: gettext_lazy("%(title)s: a reviewer asks for changes"),
    S.APPROVED: gettext_lazy("%(title)s is approved: it can be launched"),
}
SHOWN = 10


@dataclass(frozen=True, slots=True)
class Point:
    """A line of the checklist as it was filled in."""

    key: str
    verdict: str
    evidence: str


@transaction.atomic
def decide(
    *, project_id: int, reviewer: User, decision: str, reasons: str, now: datetime, points: tuple[Point, ...] = ()
) -> Project:
    """Record a decision with its checklist, and what follows from it. Raises ReviewRefused."""
    project = Project.objects.select_for_update().get(pk=project_id)
    if words := in_the_way(project, reviewer):
        raise ReviewRefused(words)
    if decision != Review.Decision.COMMENT:
        claim(project_id=project_id, reviewer=reviewer, now=now)
    if decision == Review.Decision.APPROVE:
        _check_points(points)
    review = _write(project, reviewer, decision, reasons, now)
    ReviewPoint.objects.bulk_create(
        ReviewPoint(review=review, key=point.key, verdict=point.verdict, evidence=point.evidence) for point in points
    )
    if decision != Review.Decision.COMMENT:
        release_claim(project_id=project_id, reviewer=reviewer, now=now)
    _follow(project, review)
    _tell(project, review)
    return project


def decisions_on(project: Project) -> list[Review]:
    """What reviewers decided and said, the newest first, at most ten."""
    return list(project.reviews.select_related("reviewer").order_by("-pk")[:SHOWN])


def _check_points(points: tuple[Point, ...]) -> None:
    """An approval has looked at everything, and says at what. Raises ReviewRefused, naming every line that lacks it."""
    found = {point.key: point for point in points if point.verdict}
    if missing := _named(key for key, _label, _hint in POINTS if key not in found):
        raise ReviewRefused(_("Before you approve: say of each line whether it holds. Missing: %s.") % missing)
    if concerns := _named(key for key, point in found.items() if point.verdict == ReviewPoint.Verdict.CONCERN):
        raise ReviewRefused(_("A concern stands: %s. Request changes, or settle it first.") % concerns)
    if bare := _named(key for key, point in found.items() if not point.evidence.strip()):
        raise ReviewRefused(_("Say what you looked at: %s.") % bare)


def _named(keys: Iterable[str]) -> str:
    wanted = set(keys)
    return ", ".join(f"“{label}”" for key, label, _hint in POINTS if key in wanted)


def _write(project: Project, reviewer: User, decision: str, reasons: str, now: datetime) -> Review:
    try:
        with transaction.atomic():
            return Review.objects.create(
                project=project, reviewer=reviewer, submission=submission_of(project), decision=decision,
                reasons=reasons, decided_at=now,
            )  # fmt: skip
    except IntegrityError as error:
        raise ReviewRefused(_("You have decided on this submission already.")) from error


def _follow(project: Project, review: Review) -> None:
    actor, now = review.reviewer, review.decided_at
    if review.decision == Review.Decision.REQUEST_CHANGES:
        project.review_claims.filter(released_at=None).update(released_at=now)
        change_state(project=project, target=S.CHANGES_REQUESTED, actor=actor, now=now, reason=review.reasons)
        return
    organizations = {organization_of(found.reviewer) for found in approvals_of(project)}
    if len(organizations) >= APPROVALS_NEEDED:
        words = _("Two reviewers of different organizations approved.")
        change_state(project=project, target=S.APPROVED, actor=actor, now=now, reason=words)


def _tell(project: Project, review: Review) -> None:
    facts, state = {"title": project.title}, project.state

    def title() -> str:
        return str(NEWS.get(S(state), _("%(title)s: one of two reviewers approved"))) % facts

    tell(
        kind=Kind.REVIEW, people=people_who_can(project, "edit"), key=f"review:{review.pk}", title=title,
        body=review.reasons, path=reverse("projects:edit", args=[project.slug]), now=review.decided_at,
    )  # fmt: skip
