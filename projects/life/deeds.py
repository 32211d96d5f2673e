"""What a creator does to a project's course after the approval: pause, resume, extend, deliver, complete, abandon."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from django.db import transaction
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import User
from notices.services import Words
from projects.errors import TransitionRefused
from projects.launch import MAX_DAYS
from projects.life.telling import tell_everyone, tell_of_cancel
from projects.models import Project
from projects.roles import Permission, can
from projects.signals import project_closed
from projects.states import TRANSITIONS, change_state

S = Project.State
LONGEST_WORDS = 1000
# deed: (state it is done in, state it leads to, who may)
COURSE: dict[str, tuple[str, str, Permission]] = {
    "pause": (S.LIVE, S.PAUSED, "launch"),
    "resume": (S.PAUSED, S.LIVE, "launch"),
    "deliver": (S.FUNDED, S.DELIVERING, "deliver"),
    "complete": (S.DELIVERING, S.COMPLETED, "launch"),
    "abandon": (S.DELIVERING, S.ABANDONED, "launch"),
}
TITLES = {
    "pause": gettext_lazy("%(title)s is paused"), "resume": gettext_lazy("%(title)s goes on"),
    "deliver": gettext_lazy("%(title)s begins to deliver"), "complete": gettext_lazy("%(title)s is completed"),
    "abandon": gettext_lazy("%(title)s is abandoned"),
}  # fmt: skip


def possible_deeds(project: Project, user: User) -> list[str]:
    """What this person may do to the project now."""
    return [
        deed
        for deed, (source, target, permission) in COURSE.items()
        if project.state == source and target in TRANSITIONS[source] and can(user, project, permission)
    ]


@transaction.atomic
def change_course(*, project_id: int, deed: str, by: User, statement: str, now: datetime) -> Project:
    """Do it with a public statement; backers and followers are told. A repeat is quiet. Raises TransitionRefused."""
    project = Project.objects.select_for_update().get(pk=project_id)
    source, target, permission = COURSE[deed]
    if not can(by, project, permission):
        raise TransitionRefused(_("Only the project's creator does this."))
    if project.state == target:
        return project
    if project.state != source:
        raise TransitionRefused(_("The project is %(state)s now. Look again.") % {"state": S(project.state).label})
    statement = statement.strip()
    if not statement:
        raise TransitionRefused(_("Say why, or what was reached: everyone reads it on the page."))
    change_state(project=project, target=target, actor=by, now=now, reason=statement[:LONGEST_WORDS])
    if target in (S.COMPLETED, S.ABANDONED):
        transaction.on_commit(lambda: project_closed.send(sender=Project, project_id=project_id, state=target))
    facts = {"title": project.title}
    _tell(project, lambda: str(TITLES[deed]) % facts, f"course:{deed}:{now.isoformat()}", statement, now)
    return project


@transaction.atomic
def cancel_project(*, project: Project, by: User, reason: str, now: datetime) -> None:
    """End it for good with a public reason; the sweeps give back what is left. Raises TransitionRefused."""
    if change_state(project=project, target=S.CANCELED, actor=by, now=now, reason=reason[:LONGEST_WORDS]):
        tell_of_cancel(project=project, reason=reason, now=now)
        transaction.on_commit(lambda: project_closed.send(sender=Project, project_id=project.pk, state=S.CANCELED))


def may_extend(project: Project, now: datetime) -> bool:
    """Once, before the deadline, while there is room under the platform's maximum."""
    is_open = project.state in (S.LIVE, S.PAUSED) and project.deadline_at > now
    return is_open and project.first_deadline_at is None and latest_deadline(project) > project.deadline_at


def latest_deadline(project: Project) -> datetime:
    """The platform's maximum, counted from the launch."""
    return (project.launched_at or project.created_at) + timedelta(days=MAX_DAYS)


@transaction.atomic
def extend_deadline(*, project_id: int, by: User, deadline: datetime, reason: str, now: datetime) -> Project:
    """Move the deadline once; training ends as much later. Backers are told. Raises TransitionRefused."""
    project = Project.objects.select_for_update().get(pk=project_id)
    if not can(by, project, "launch"):
        raise TransitionRefused(_("Only the project's creator does this."))
    if project.first_deadline_at is not None and project.deadline_at == deadline:
        return project
    if not may_extend(project, now):
        raise TransitionRefused(_("A deadline is extended once, before it is reached, within the platform's maximum."))
    if not project.deadline_at < deadline <= latest_deadline(project):
        words = _("The new deadline must be after the old one, and within %d days of the launch.")
        raise TransitionRefused(words % MAX_DAYS)
    if not (reason := reason.strip()):
        raise TransitionRefused(_("Say why, or what was reached: everyone reads it on the page."))
    _move(project, deadline, reason)

    def body() -> str:
        words = _("New deadline: %(day)s UTC. Your pledge stands; you may change or withdraw it until then.")
        return words % {"day": date_format(deadline.astimezone(UTC), "DATETIME_FORMAT")} + f"\n\n{reason}"

    facts = {"title": project.title}
    _tell(project, lambda: _("%(title)s has a later deadline") % facts, "course:extended", body, now)
    return project


def _move(project: Project, deadline: datetime, reason: str) -> None:
    project.first_deadline_at = project.deadline_at
    project.compute_ends_at += deadline - project.deadline_at
    project.deadline_at = deadline
    project.extension_reason = reason[:LONGEST_WORDS]
    project.save(update_fields=["first_deadline_at", "compute_ends_at", "deadline_at", "extension_reason"])


def _tell(project: Project, title: Words, key: str, body: Words, now: datetime) -> None:
    tell_everyone(project=project, title=title, key=key, body=body, path=project.get_absolute_url(), now=now)
