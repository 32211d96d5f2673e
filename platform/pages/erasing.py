"""Erasing a person: who they were goes, what they did with money and machines stays, without their name.

The ledger needs every row; none of them names a person. What an account still owes or is owed stands in the way until
it is done, and is named.
"""

from __future__ import annotations

from datetime import datetime
from importlib import import_module
from typing import Any

from allauth.account.models import EmailAddress
from allauth.idp.oidc.models import Token
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount
from django.conf import settings
from django.contrib.sessions.models import Session
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext, ngettext_lazy

from accounts.models import User
from compute_pledges.models import ComputePledge, Device
from compute_pledges.services.backing import revoke_device
from compute_pledges.standing.listing import choose_listing
from compute_pledges.standing.teams import part_for_good
from notices.services import forget_person as forget_notices
from payments import provider
from payments.errors import ProviderAway, ProviderRefused
from payments.models import CashPledge, MonthlySupport, ProviderCustomer, Refund
from projects.community.profiles import forget_person as forget_words
from projects.fulfilment.asking import forget_addresses
from projects.models import Project
from projects.teammates import part_from_teams

OVER = (Project.State.COMPLETED, Project.State.ABANDONED, Project.State.FAILED, Project.State.CANCELED)
STANDING = (CashPledge.State.ACTIVE, *CashPledge.COLLECTING, CashPledge.State.DISPUTED)


class EraseRefused(Exception):
    """Something is still open; the sentences say what."""


def in_the_way(user: User) -> list[str]:
    """Sentences about what must be done first; empty when the account can be erased."""
    pledges = CashPledge.objects.filter(backer=user, state__in=STANDING)
    supports = MonthlySupport.objects.filter(backer=user, state__in=("active", "paused"))
    refunds = Refund.objects.filter(pledge__backer=user, state__in=("pending", "sent"))
    hours = ComputePledge.objects.filter(backer=user, state__in=ComputePledge.OPEN_STATES)
    projects = Project.objects.filter(creator=user).exclude(state__in=OVER)
    waiting = (
        (pledges, ngettext_lazy("%(n)s card pledge that stands: cancel, or wait",
                                "%(n)s card pledges that stand: cancel, or wait", "n")),
        (supports, ngettext_lazy("%(n)s monthly support to cancel", "%(n)s monthly supports to cancel", "n")),
        (refunds, ngettext_lazy("%(n)s refund on the way to you", "%(n)s refunds on the way to you", "n")),
        (hours, ngettext_lazy("%(n)s GPU pledge to withdraw", "%(n)s GPU pledges to withdraw", "n")),
        (projects, ngettext_lazy("%(n)s project of yours to complete or cancel",
                                 "%(n)s projects of yours to complete or cancel", "n")),
    )  # fmt: skip
    counts = [(rows.count(), words) for rows, words in waiting]
    found = [words % {"n": n} for n, words in counts if n]
    if user.is_staff or user.is_reviewer:
        found.append(gettext("rights to review or administer, which another admin must take off first"))
    return found


def erase_person(*, user: User, now: datetime) -> None:
    """Make the account nobody's, for good. Raises EraseRefused, ProviderAway (nothing was changed then)."""
    if found := in_the_way(user):
        raise EraseRefused("; ".join(found))
    _forget_cards(user)
    _erase(user, now)


def _forget_cards(user: User) -> None:
    """The provider's customer goes first: it can be asked again, an erased account cannot."""
    for customer in ProviderCustomer.objects.filter(user=user):
        try:
            provider.delete_customer(customer.customer_id)
        except ProviderRefused as error:
            if error.code != "resource_missing":
                raise ProviderAway(str(error)) from error


@transaction.atomic
def _erase(user: User, now: datetime) -> None:
    part_for_good(user=user, now=now)
    forget_notices(person=user)
    forget_words(user=user, now=now)
    part_from_teams(user=user, now=now)
    forget_addresses(person=user)
    choose_listing(user=user, hidden=True, now=now)
    for device in Device.objects.filter(owner=user).exclude(state=Device.State.REVOKED):
        revoke_device(device=device, now=now)
    ProviderCustomer.objects.filter(user=user).delete()
    for model in (EmailAddress, Authenticator, SocialAccount, Token):
        model.objects.filter(user=user).delete()
    blank: dict[str, Any] = dict.fromkeys(("name", "organization", "language"), "") | dict.fromkeys(
        ("first_name", "last_name"), ""
    )
    gone = User(password="")
    gone.set_unusable_password()
    User.objects.filter(pk=user.pk).update(
        email=f"erased-{user.pk}@erased.invalid", password=gone.password, is_active=False, last_login=None, **blank
    )
    CashPledge.objects.filter(backer=user).update(
        card_label="", card_fingerprint="", origin="", payment_method_id="", is_anonymous=True
    )
    _sign_out_everywhere(user)


def _sign_out_everywhere(user: User) -> None:
    engine = import_module(settings.SESSION_ENGINE)
    for session in Session.objects.filter(expire_date__gt=timezone.now()).iterator():
        if session.get_decoded().get("_auth_user_id") == str(user.pk):
            engine.SessionStore(session.session_key).delete()
