"""Suspending, canceling and reinstating a project by staff: with its reason, kept, in one transaction."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from audit.services import record_action
from payments.errors import OwnMoney
from payments.services import refund_all
from payments.services.collecting import reopen_windows
from projects.errors import TransitionRefused
from projects.life.telling import tell_of_staff
from projects.models import Project
from projects.signals import project_closed
from projects.states import TRANSITIONS, change_state

State = Project.State
OWN = _("Nobody acts on their own money. Another admin must do it.")
SUSPEND, CANCEL, REINSTATE = "suspend", "cancel", "reinstate"


def check_other(by: User, *owners: int | None) -> None:
    """Raises OwnMoney."""
    if by.pk in owners:
        raise OwnMoney(OWN)


def steps_to(deed: str, project: Project) -> tuple[str, ...]:
    """The states that a deed leads through; empty where it cannot be done."""
    onward = TRANSITIONS[project.state]
    if deed == SUSPEND:
        return (State.SUSPENDED,) if State.SUSPENDED in onward else ()
    if deed == REINSTATE:
        return (_state_before(project),) if project.state == State.SUSPENDED else ()
    if State.CANCELED in onward:
        return (State.CANCELED,)
    return (State.SUSPENDED, State.CANCELED) if State.SUSPENDED in onward else ()


def _state_before(project: Project) -> str:
    """Where it was when it was suspended."""
    return project.transitions.filter(target=State.SUSPENDED).latest("pk").source


@transaction.atomic
def move_project(
    *, project_id: int, deed: str, by: User, reason: str, public: str = "", tells_creator: bool = True, now: datetime
) -> Project:
    """Suspend, cancel or reinstate; the sweeps do the rest. Raises TransitionRefused, OwnMoney, ReasonMissing.

    Of a cancellation everyone reads `public`; the reason is kept in the audit trail alone. Whoever tells the creator
    in other words says so by `tells_creator`.
    """
    project = Project.objects.select_for_update().get(pk=project_id)
    check_other(by, project.creator_id)
    steps = steps_to(deed, project)
    if not steps:
        raise TransitionRefused(
            gettext("A project that is %(get_state_display)s cannot be changed so.")
            % {"get_state_display": project.get_state_display()}
        )
    details = {"from": project.state, **asdict(refund_all.consequences(project))}
    for target in steps:
        change_state(project=project, target=target, actor=by, now=now, reason=public if deed == CANCEL else reason)
    subject = f"project:{project_id}"
    record_action(actor=by, action=f"{deed}_project", subject=subject, reason=reason, now=now, details=details)
    words = public if deed == CANCEL else reason
    tell_of_staff(project=project, words=words, tells_creator=tells_creator, now=now)
    if deed == REINSTATE:
        reopen_windows(project_id=project_id, now=now)
    if deed == CANCEL:
        transaction.on_commit(lambda: project_closed.send(sender=Project, project_id=project_id, state=State.CANCELED))
    return project
