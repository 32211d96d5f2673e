"""A project's team: its creator and whoever accepts an invitation. None of them fills a minimum."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from accounts.languages import known_language
from accounts.models import User
from projects.backing import backs
from projects.errors import TeamRefused
from projects.models import Project, Role, TeamInvitation, Teammate
from projects.team_mail import tell_answer, tell_invited

MOST_TEAMMATES = 50
OPEN_FOR = timedelta(days=30)


def team_ids(project: Project) -> list[int]:
    """Primary keys of the creator and of everyone who is or was on the team: their pledges never count."""
    return [project.creator_id, *project.teammates.values_list("user_id", flat=True)]


def _locked(project: Project, by: User) -> Project:
    locked = Project.objects.select_for_update().get(pk=project.pk)
    if locked.creator_id != by.pk:
        raise TeamRefused(_("Only the project's creator names its team."))
    return locked


@transaction.atomic
def invite(*, project: Project, by: User, email: str, role: str, now: datetime) -> TeamInvitation:
    """Offer a role to a mail address; an open offer to it gets the new role. Raises TeamRefused."""
    locked = _locked(project, by)
    email = email.strip().lower()
    if email == by.email.lower():
        raise TeamRefused(_("You are the creator; you belong to the team already."))
    if locked.teammates.filter(user__email__iexact=email, ended_at=None).exists():
        raise TeamRefused(_("This person is on the team already. Change the role below."))
    known = locked.invitations.filter(email__iexact=email, closed_at=None).first()
    if known is not None and known.invited_at > now - OPEN_FOR:
        known.role = role
        known.save(update_fields=["role"])
        return known
    if known is not None:
        _close(known, now)
    waiting = locked.invitations.filter(closed_at=None).count()
    if locked.teammates.filter(ended_at=None).count() + waiting >= MOST_TEAMMATES:
        raise TeamRefused(_("A team has at most %(most)d people beside its creator.") % {"most": MOST_TEAMMATES})
    made = TeamInvitation.objects.create(
        project=locked, email=email, role=role, invited_by=by, invited_at=now, language=known_language(get_language())
    )
    if tell_invited(invitation=made, now=now):
        made.sent_at = now
        made.save(update_fields=["sent_at"])
    return made


@transaction.atomic
def withdraw_invitation(*, project: Project, by: User, invitation_id: str, now: datetime) -> None:
    """Take an open offer back; again is quiet. Raises TeamRefused."""
    locked = _locked(project, by)
    for open_one in locked.invitations.filter(pk=invitation_id, closed_at=None):
        _close(open_one, now)


@transaction.atomic
def answer_invitation(*, invitation: TeamInvitation, user: User, accepts: bool, now: datetime) -> None:
    """Join the team or decline. Whoever has pledged withdraws that first: it would stop counting.

    Raises TeamRefused.
    """
    project = Project.objects.select_for_update().get(pk=invitation.project_id)
    found = TeamInvitation.objects.get(pk=invitation.pk)
    if found.email.lower() != user.email.lower():
        raise TeamRefused(_("This invitation is for another mail address."))
    if found.closed_at is not None:
        if accepts and found.is_accepted:
            return
        raise TeamRefused(_("This invitation is not open any more. Ask the creator for a new one."))
    if accepts:
        _check_open(found, project, user, now)
        Teammate.objects.update_or_create(
            project=project, user=user, defaults={"role": found.role, "ended_at": None}, create_defaults={
                "role": found.role, "added_at": now,
            },
        )  # fmt: skip
    _close(found, now, is_accepted=accepts)
    tell_answer(invitation=found, user=user, accepts=accepts, now=now)


def _check_open(invitation: TeamInvitation, project: Project, user: User, now: datetime) -> None:
    if invitation.invited_at <= now - OPEN_FOR:
        raise TeamRefused(_("This invitation has expired. Ask the creator for a new one."))
    if backs(user, project):
        raise TeamRefused(
            _("You back this project. Pledges of the team never count, so withdraw yours before you join.")
        )


def _close(invitation: TeamInvitation, now: datetime, *, is_accepted: bool = False) -> None:
    invitation.closed_at, invitation.is_accepted = now, is_accepted
    invitation.save(update_fields=["closed_at", "is_accepted"])


@transaction.atomic
def change_role(*, project: Project, by: User, user_id: int, role: str) -> None:
    """Give a teammate another role. Raises TeamRefused."""
    locked = _locked(project, by)
    if role not in Role.values:
        raise TeamRefused(_("There is no such role."))
    if not locked.teammates.filter(user_id=user_id, ended_at=None).update(role=role):
        raise TeamRefused(_("This person is not on the team."))


@transaction.atomic
def remove_teammate(*, project: Project, by: User, user_id: int, now: datetime) -> None:
    """Take somebody out; anybody may leave. After the launch the row stays: what counts relies on it.

    Raises TeamRefused.
    """
    locked = Project.objects.select_for_update().get(pk=project.pk)
    if by.pk not in (locked.creator_id, user_id):
        raise TeamRefused(_("Only the project's creator names its team."))
    mate = locked.teammates.filter(user_id=user_id, ended_at=None)
    if locked.launched_at is None:
        mate.delete()
    else:
        mate.update(ended_at=now)


def part_from_teams(*, user: User, now: datetime) -> None:
    """Leave every team, and let no invitation name the address. Called inside a transaction."""
    Teammate.objects.filter(user=user, ended_at=None).update(ended_at=now)
    TeamInvitation.objects.filter(email__iexact=user.email).delete()
