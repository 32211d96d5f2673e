"""What of a person's GPU time may be shown beside their name, where projects ask for it."""

from __future__ import annotations

from django.db.models import QuerySet
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from compute_pledges.models import ComputePledge
from compute_pledges.standing.credit import Scope, credit_of
from compute_pledges.standing.listing import hidden_people, is_hidden
from projects.models import Project


def standing_pledges() -> QuerySet[ComputePledge]:
    """Pledges of machines that count, or did."""
    return ComputePledge.objects.filter(state__in=ComputePledge.STANDING_STATES)


def shown_pledges() -> QuerySet[ComputePledge]:
    """Without those of people who stand in no list."""
    return standing_pledges().exclude(backer__in=hidden_people())


def credit_link(user: User) -> tuple[Promise, str] | None:
    """The person's page of credit, where there is one."""
    if is_hidden(user.pk):
        return None
    scope = Scope(timezone.now(), Project.PRIVATE_STATES)
    if not credit_of(user_id=user.pk, scope=scope).blocks:
        return None
    return _("Credit for GPU time"), reverse("compute:profile", args=[user.pk])
