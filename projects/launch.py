"""Launching: from approved to live, once nothing is missing. Upper layers register what they require."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext

from accounts.models import User
from notices.kinds import Kind
from notices.services import tell
from projects.errors import LaunchRefused
from projects.following import followers_of, followers_of_creator_only
from projects.milestones import ensure_plan
from projects.models import Project
from projects.roles import can
from projects.states import change_state

Requirement = Callable[[Project], str | None]
MAX_DAYS = 60
_requirements: list[Requirement] = []


def register_requirement(requirement: Requirement) -> None:
    """`requirement(project)` gives a sentence about what is missing, or None."""
    if requirement not in _requirements:
        _requirements.append(requirement)


def missing_for_launch(project: Project, now: datetime) -> list[str]:
    """Sentences about what a launch lacks; empty when it may go."""
    missing = [sentence for requirement in _requirements if (sentence := requirement(project))]
    if project.deadline_at <= now:
        missing.append(gettext("The deadline is past. Choose a later one."))
    if project.deadline_at > now + timedelta(days=MAX_DAYS):
        missing.append(
            gettext("The deadline is more than %(max_days)s days away. Launch later, or choose an earlier one.")
            % {"max_days": MAX_DAYS}
        )
    if not project.rewards.exists():
        missing.append(gettext("Add at least one reward."))
    return missing


@transaction.atomic
def launch(*, project: Project, actor: User, now: datetime) -> None:
    """Make an approved project live. Raises LaunchRefused, TransitionRefused."""
    if not can(actor, project, "launch"):
        raise LaunchRefused(gettext("Only the project's creator launches it."))
    if missing := missing_for_launch(project, now):
        raise LaunchRefused(" ".join(missing))
    ensure_plan(project)
    change_state(project=project, target=Project.State.LIVE, actor=actor, now=now)
    Project.objects.filter(pk=project.pk).update(launched_at=now)
    _tell(project, now)


def _tell(project: Project, now: datetime) -> None:
    """Whoever follows the project, and whoever follows its creator alone, each as they chose for that."""
    of_creator = list(followers_of_creator_only(project))
    of_project = list(followers_of(project).exclude(pk__in=of_creator))
    facts = {"title": project.title}
    for kind, people in ((Kind.PROJECT_LAUNCHED, of_project), (Kind.CREATOR_FOLLOWED, of_creator)):
        tell(
            kind=kind, people=people, key=f"project:{project.pk}:launched", body=project.promise,
            title=lambda: gettext("%(title)s is live") % facts,
            path=project.get_absolute_url(), now=now,
        )  # fmt: skip
