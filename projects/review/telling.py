"""Telling reviewers of what waits for them: each submission once as it comes, near its target time, and past it."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db.models import Max, Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from accounts.models import User
from notices.kinds import Kind
from notices.services import tell
from projects.backing import backers_of
from projects.interests import organization_of
from projects.models import Project, Review
from projects.review.claiming import APPROVALS_NEEDED, approvals_of, open_claims, submission_of
from projects.review.hours import due_at

NEAR = timedelta(days=1)
PATH = "/review/{slug}/"


def may_judge(project: Project) -> list[User]:
    """Active reviewers whom nothing ties to the project, and whose organization has not decided on this submission."""
    tied = {project.creator_id, *project.teammates.values_list("user_id", flat=True), *backers_of(project.pk)}
    rows = User.objects.filter(is_reviewer=True, is_active=True).exclude(organization="").exclude(pk__in=tied)
    said = project.reviews.filter(submission=submission_of(project)).exclude(decision=Review.Decision.COMMENT)
    done = {organization_of(review.reviewer) for review in said.select_related("reviewer")}
    return [person for person in rows.order_by("pk") if organization_of(person) not in done]


def tell_reviewers(*, project: Project, now: datetime) -> int:
    """Everybody who may judge it: it has come. In the caller's transaction."""
    words = gettext_noop("%(title)s waits for review")
    return _tell(project, [person.pk for person in may_judge(project)], "came", words, now)


def watch_target_times(*, now: datetime) -> int:
    """Tell of what is due within a day, and of what is overdue; returns how many notices are new."""
    handed_in = Max("transitions__happened_at", filter=Q(transitions__target=Project.State.IN_REVIEW))
    waiting = Project.objects.filter(state=Project.State.IN_REVIEW).annotate(handed_in_at=handed_in)
    told = 0
    for project in waiting.order_by("handed_in_at", "pk"):
        due = due_at(getattr(project, "handed_in_at", None) or project.created_at)
        if due <= now + NEAR:
            told += _tell_due(project, due, now)
    return told


def _tell_due(project: Project, due: datetime, now: datetime) -> int:
    """Whoever has it; all others only where somebody is still missing, admins once it is overdue."""
    held = {claim.reviewer_id for claim in open_claims(project, now)}
    people = set(held)
    if len(held) + len(approvals_of(project)) < APPROVALS_NEEDED:
        people |= {person.pk for person in may_judge(project)}
    if due > now:
        return _tell(project, people, "near", gettext_noop("%(title)s: the review is due within a day"), now)
    people |= set(User.objects.filter(is_staff=True, is_active=True).values_list("pk", flat=True))
    return _tell(project, people, "over", gettext_noop("%(title)s: the review is overdue"), now)


def _tell(project: Project, people: set[int] | list[int], moment: str, words: str, now: datetime) -> int:
    facts = {"title": project.title}
    key = f"queue:{project.pk}:{submission_of(project)}:{moment}"
    path = PATH.format(slug=project.slug)
    return tell(
        kind=Kind.QUEUE,
        people=people,
        key=key,
        title=lambda: _(words) % facts,
        body=project.promise,
        path=path,
        now=now,
    )
