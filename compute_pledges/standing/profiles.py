"""A volunteer's public page: what they lent to projects that everyone can see. Nobody who left the lists has one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from accounts.models import User
from compute_pledges.models import Team
from compute_pledges.standing.certificate import runs_of
from compute_pledges.standing.credit import Credit, Place, Scope, credit_of
from compute_pledges.standing.history import History, history_of
from compute_pledges.standing.listing import is_hidden
from compute_pledges.standing.remembered import remembered_place
from compute_pledges.standing.teams import membership_of
from projects.models import Project


@dataclass(frozen=True, slots=True)
class Profile:
    """`runs` are the newest, of public projects."""

    user: User
    credit: Credit
    place: Place
    team: Team | None
    runs: list[dict[str, Any]]
    history: History | None


def profile_of(*, user_id: int, now: datetime) -> Profile | None:
    """None for who left the lists, whose account is closed, and who has no credit. Seven queries at most."""
    user = User.objects.filter(pk=user_id, is_active=True).first()
    if user is None or is_hidden(user_id):
        return None
    scope = Scope(now, Project.PRIVATE_STATES)
    credit = credit_of(user_id=user_id, scope=scope)
    if not credit.blocks:
        return None
    member = membership_of(user)
    return Profile(
        user, credit, remembered_place(user_id=user_id, scope=scope), member.team if member else None,
        runs_of(user_id=user_id, private=Project.PRIVATE_STATES), history_of(user_id=user_id, scope=scope),
    )  # fmt: skip
