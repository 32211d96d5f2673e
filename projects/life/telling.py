"""Telling those whom a change of a project's course touches: its backers and followers, and its creator of staff's."""

from __future__ import annotations

from datetime import datetime

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from notices.kinds import Kind
from notices.services import Words, tell
from projects.backing import backers_of
from projects.following import followers_of
from projects.models import Project

S = Project.State
TITLES = {
    S.CANCELED: gettext_noop("%(title)s is canceled"), S.SUSPENDED: gettext_noop("%(title)s is suspended"),
}  # fmt: skip
AGAIN = gettext_noop("%(title)s is no longer suspended")


def tell_everyone(*, project: Project, title: Words, key: str, body: Words, path: str, now: datetime) -> None:
    """Backers, and followers who back nothing, each as they chose for that."""
    backers = backers_of(project.pk)
    followers = list(followers_of(project).exclude(pk__in=backers))
    for kind, people in ((Kind.PROJECT_CHANGED, backers), (Kind.PROJECT_FOLLOWED, followers)):
        tell(
            kind=kind, people=people, key=f"project:{project.pk}:{key}", title=title, body=body, path=path, now=now
        )  # fmt: skip


def tell_of_cancel(*, project: Project, reason: str, now: datetime) -> None:
    """Its creator canceled it."""
    _tell(project, reason, "canceled", now)


def tell_of_staff(*, project: Project, words: str, tells_creator: bool = True, now: datetime) -> None:
    """Staff suspended, canceled or reinstated it. Why it was suspended is between the platform and the creator."""
    key, is_public = f"{project.state}:{now.isoformat()}", project.state == S.CANCELED
    _tell(project, words if is_public else "", key, now)
    if not tells_creator:
        return
    path = f"/projects/{project.slug}/suspension/" if project.state == S.SUSPENDED else project.get_absolute_url()
    tell(
        kind=Kind.REVIEW, people=[project.creator_id], key=f"staff:{project.pk}:{key}", body=words, path=path, now=now,
        title=lambda: _title(project),
    )  # fmt: skip


def _title(project: Project) -> str:
    return _(TITLES.get(S(project.state), AGAIN)) % {"title": project.title}


def _tell(project: Project, words: str, key: str, now: datetime) -> None:
    def body() -> str:
        said = _("Nothing is charged or paid out while it lasts.") if project.state == S.SUSPENDED else words
        return str(said)

    path = project.get_absolute_url() if project.state != S.SUSPENDED else ""
    tell_everyone(project=project, title=lambda: _title(project), key=key, body=body, path=path, now=now)
