"""Making, joining, leading and leaving teams. What was earned stays with the team in which it was earned."""

from __future__ import annotations

import secrets
from datetime import datetime
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import Max, Q, QuerySet
from django.utils.translation import gettext

from accounts.models import User
from compute_pledges.errors import TeamRefused
from compute_pledges.models import Team, TeamMembership
from compute_pledges.standing.listing import hidden_people
from values.numbers import number_words

MOST_MEMBERS = 5000


def _locked(user: User) -> User:
    """One change of a person's team at a time; always before the team's lock.

    Without the key's lock: a team that names this person captain at the same moment must not wait for it.
    """
    return User.objects.select_for_update(no_key=True).get(pk=user.pk)


def membership_of(user: User) -> TeamMembership | None:
    """The team in which the account is now."""
    return TeamMembership.objects.filter(user=user, left_at=None).select_related("team").first()


def members_of(team: Team, *, whole: bool) -> tuple[QuerySet[TeamMembership], int]:
    """Members by their time in the team, and how many are not among them: who left the lists is shown to the captain
    alone, whom the `whole` list is for.
    """
    members = team.memberships.filter(left_at=None).select_related("user")
    marked = members.annotate(is_unlisted=Q(user__in=hidden_people()) | Q(user__is_active=False)).order_by(
        "joined_at", "pk"
    )
    if whole:
        return marked, 0
    return marked.filter(is_unlisted=False), marked.filter(is_unlisted=True).count()


def _enter(team: Team, user: User, now: datetime) -> None:
    if membership_of(user) is not None:
        raise TeamRefused(gettext("You are in a team. Leave it first; what you earned stays with it."))
    last = TeamMembership.objects.filter(user=user).aggregate(last=Max("left_at"))["last"]
    # Never before the last team was left: a moment in two teams would count a block twice.
    TeamMembership.objects.create(team=team, user=user, joined_at=max(now, last) if last else now)


@transaction.atomic
def found_team(*, name: str, about: str, by: User, now: datetime) -> Team:
    """A team with its first member as captain. Raises TeamRefused."""
    _locked(by)
    try:
        with transaction.atomic():
            team = Team.objects.create(
                name=" ".join(name.split()), about=about.strip(), captain=by, invitation=secrets.token_urlsafe(32),
                created_at=now,
            )  # fmt: skip
    except IntegrityError as error:
        raise TeamRefused(gettext("A team of this name exists. Choose another name.")) from error
    _enter(team, by, now)
    return team


@transaction.atomic
def join_team(*, invitation: str, by: User, now: datetime) -> Team:
    """By a link of its captain. The same again changes nothing. Raises TeamRefused."""
    _locked(by)
    team = Team.objects.select_for_update().filter(invitation=invitation).exclude(captain=None).first()
    if team is None:
        raise TeamRefused(gettext("This link is no longer valid. Ask the captain for a new one."))
    if (mine := membership_of(by)) is not None and mine.team_id == team.pk:
        return team
    if team.memberships.filter(left_at=None).count() >= MOST_MEMBERS:
        raise TeamRefused(
            gettext("A team has at most %(most_members)s members.") % {"most_members": number_words(MOST_MEMBERS)}
        )
    _enter(team, by, now)
    return team


@transaction.atomic
def leave_team(*, by: User, now: datetime) -> None:
    """Raises TeamRefused for a captain with members. The last one to leave closes the team."""
    _locked(by)
    mine = membership_of(by)
    if mine is None:
        return
    team = Team.objects.select_for_update().get(pk=mine.team_id)
    if team.captain_id == by.pk:
        if team.memberships.filter(left_at=None, user__is_active=True).exclude(user=by).exists():
            raise TeamRefused(gettext("Name another captain first."))
        Team.objects.filter(pk=team.pk).update(captain=None)
    _end(team, by, now)


@transaction.atomic
def name_captain(*, team_id: UUID, member_id: int, by: User) -> None:
    """Hand the team over to a member. Raises TeamRefused."""
    team = Team.objects.select_for_update().get(pk=team_id)
    if team.captain_id != by.pk:
        raise TeamRefused(gettext("Only the captain does this."))
    if not team.memberships.filter(left_at=None, user_id=member_id, user__is_active=True).exists():
        raise TeamRefused(gettext("A captain is a member of the team."))
    Team.objects.filter(pk=team_id).update(captain_id=member_id)


@transaction.atomic
def remove_member(*, team_id: UUID, member_id: int, by: User, now: datetime) -> None:
    """A member leaves on the captain's word, and the link ends with that: it would let them in again.

    What they earned in the team stays with it. Somebody who is no member is none. Raises TeamRefused.
    """
    member = User.objects.select_for_update(no_key=True).filter(pk=member_id).first()
    team = Team.objects.select_for_update().get(pk=team_id)
    if team.captain_id != by.pk:
        raise TeamRefused(gettext("Only the captain does this."))
    if member_id == by.pk:
        raise TeamRefused(gettext("Hand the team over, then leave it."))
    if member is None or not _end(team, member, now):
        raise TeamRefused(gettext("This person is not in the team."))
    Team.objects.filter(pk=team_id).update(invitation=secrets.token_urlsafe(32))


@transaction.atomic
def part_for_good(*, user: User, now: datetime) -> None:
    """An account that is erased leaves its team; of a captain's team the longest-standing member is captain then.

    A team that nobody is left in closes. What was earned stays with it.
    """
    _locked(user)
    mine = membership_of(user)
    if mine is None:
        return
    team = Team.objects.select_for_update().get(pk=mine.team_id)
    _end(team, user, now)
    if team.captain_id == user.pk:
        heir = team.memberships.filter(left_at=None, user__is_active=True).order_by("joined_at", "pk").first()
        Team.objects.filter(pk=team.pk).update(captain=heir.user if heir else None)


def _end(team: Team, user: User, now: datetime) -> bool:
    """Whether the account was in the team."""
    mine = team.memberships.filter(left_at=None, user=user).first()
    if mine is None:
        return False
    TeamMembership.objects.filter(pk=mine.pk).update(left_at=max(now, mine.joined_at))
    return True


@transaction.atomic
def renew_invitation(*, team_id: UUID, by: User) -> None:
    """A new link; the old one ends. Raises TeamRefused."""
    if not Team.objects.filter(pk=team_id, captain=by).update(invitation=secrets.token_urlsafe(32)):
        raise TeamRefused(gettext("Only the captain does this."))
