"""Who wants to stand in no list of people: neither there nor on a team's, a run's or a release's page, nor in files."""

from __future__ import annotations

from datetime import datetime

from django.db.models import QuerySet

from accounts.models import User
from compute_pledges.models import StandingChoice
from compute_pledges.standing.remembered import forget_boards


def hidden_people() -> QuerySet[StandingChoice, int]:
    """Keys of the accounts that chose so, for use within another query."""
    return StandingChoice.objects.filter(is_hidden=True).values_list("user_id", flat=True)


def is_hidden(user_id: int) -> bool:
    """Whether the account chose so."""
    return StandingChoice.objects.filter(user_id=user_id, is_hidden=True).exists()


def choose_listing(*, user: User, hidden: bool, now: datetime) -> None:
    """Lists are made anew at once; files of statistics at their next writing, which goes by `changed_at`."""
    StandingChoice.objects.update_or_create(user=user, defaults={"is_hidden": hidden, "changed_at": now})
    forget_boards()
