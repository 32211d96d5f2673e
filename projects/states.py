"""The life of a project as one table, changed by compare-and-swap with a row of history."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext

from accounts.models import User
from projects.errors import TransitionRefused
from projects.happenings import Happening, Kind, announce
from projects.models import Project, ProjectTransition

S = Project.State
TRANSITIONS: dict[str, frozenset[str]] = {
    S.DRAFT: frozenset({S.IN_REVIEW, S.CANCELED}),
    S.IN_REVIEW: frozenset({S.CHANGES_REQUESTED, S.APPROVED, S.CANCELED}),
    S.CHANGES_REQUESTED: frozenset({S.IN_REVIEW, S.CANCELED}),
    S.APPROVED: frozenset({S.LIVE, S.CANCELED, S.SUSPENDED}),
    S.LIVE: frozenset({S.PAUSED, S.COLLECTING, S.FAILED, S.CANCELED, S.SUSPENDED}),
    S.PAUSED: frozenset({S.LIVE, S.CANCELED, S.SUSPENDED}),
    S.COLLECTING: frozenset({S.FUNDED, S.FAILED, S.SUSPENDED}),
    # A creator who cannot deliver cancels: what is left goes back to the backers.
    S.FUNDED: frozenset({S.DELIVERING, S.SUSPENDED, S.CANCELED}),
    S.DELIVERING: frozenset({S.COMPLETED, S.ABANDONED, S.SUSPENDED, S.CANCELED}),
    # Whoever lifts a suspension leads the project back to where it was.
    S.SUSPENDED: frozenset({S.APPROVED, S.LIVE, S.PAUSED, S.COLLECTING, S.FUNDED, S.DELIVERING, S.CANCELED}),
    S.FAILED: frozenset(),
    S.COMPLETED: frozenset(),
    S.ABANDONED: frozenset(),
    S.CANCELED: frozenset(),
}


@transaction.atomic
def change_state(*, project: Project, target: str, actor: User | None, now: datetime, reason: str = "") -> bool:
    """Move the project to `target`. A repeat of the reached state returns False. Raises TransitionRefused."""
    source = project.state
    if source == target:
        return False
    if target not in TRANSITIONS[source]:
        raise TransitionRefused(
            gettext("A project that is %(source)s cannot become %(target)s.")
            % {"source": S(source).label, "target": S(target).label}
        )
    if not Project.objects.filter(pk=project.pk, state=source).update(state=target):
        project.refresh_from_db(fields=["state"])
        if project.state == target:
            return False
        raise TransitionRefused(
            gettext("The project became %(state)s in the meantime. Look again.") % {"state": S(project.state).label}
        )
    project.state = target
    step = ProjectTransition.objects.create(
        project=project, source=source, target=target, actor=actor, reason=reason[:1000], happened_at=now
    )
    data = {"source": source, "target": target}
    is_public = target not in Project.PRIVATE_STATES or target == S.SUSPENDED
    announce(Happening(Kind.STATE_CHANGED, str(step.pk), project.pk, now, data, is_public=is_public))
    return True
