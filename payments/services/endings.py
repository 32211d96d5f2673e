"""How pledges end without a charge, when collecting is over, and what goes back by itself."""

from __future__ import annotations

import contextlib
import logging
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db import DatabaseError, transaction
from django.db.models import Exists, F, OuterRef, Q, Sum
from django.utils.translation import gettext

from payments import provider
from payments.errors import PaymentsError, ProviderAway, ProviderRefused
from payments.models import CashPledge, CashPledgeTransition, Refund
from payments.services.applying import ENDED, FIX_WINDOW, refresh
from payments.services.mails import write_mail
from payments.services.pledging import count, expire_pledge, free_rewards, stale_pledges
from payments.services.refund_all import refund_everyone
from payments.services.refunding import request_refund
from payments.services.supporting import pause_support
from payments.states import change_many, change_state
from projects.models import Project
from projects.states import change_state as change_project

logger = logging.getLogger(__name__)
State = CashPledge.State
DEAD = (Project.State.FAILED, Project.State.CANCELED, Project.State.ABANDONED)
CAUSES = {
    Project.State.FAILED: Refund.Cause.FAILED, Project.State.CANCELED: Refund.Cause.CANCELED,
    Project.State.ABANDONED: Refund.Cause.ABANDONED,
}  # fmt: skip
# The mail to backers whose cards are never charged because of how their project ended.
UNCHARGED = {
    Project.State.FAILED: "released", Project.State.CANCELED: "let_go_canceled",
    Project.State.ABANDONED: "let_go_abandoned",
}  # fmt: skip
BATCH = 200
REMIND_EVERY = timedelta(hours=48)
UNTRIED_GRACE = timedelta(days=1)


def release_failed(*, now: datetime) -> int:
    """Active pledges of dead projects are released: never charged. Returns how many."""
    rows = CashPledge.objects.filter(project__state__in=DEAD, state=State.ACTIVE)
    released = 0
    for pledge in list(rows.select_related("project")[:BATCH]):
        with transaction.atomic():
            if change_many(ids=[pledge.pk], source=State.ACTIVE, target=State.RELEASED, now=now):
                write_mail(pledge=pledge, kind=UNCHARGED[Project.State(pledge.project.state)], now=now)
                released += 1
    return released


def let_cards_go(*, now: datetime) -> int:
    """Cancel the intents and detach the cards of pledges that ended without a charge. Returns how many."""
    ended = (State.RELEASED, State.CANCELED, State.DROPPED)
    has_something = ~Q(payment_method_id="") | ~Q(payment_intent_id="")
    rows = CashPledge.objects.filter(has_something, state__in=ended, is_card_released=False)
    done = 0
    for pledge in list(rows[:BATCH]):
        try:
            _let_go(pledge, now)
        except ProviderAway as error:
            logger.warning("card_not_let_go pledge=%s error=%s", pledge.pk, error)
            continue
        done += CashPledge.objects.filter(pk=pledge.pk).update(is_card_released=True)
    return done


def _let_go(pledge: CashPledge, now: datetime) -> None:
    """Raises ProviderAway. What the provider refuses was done before: canceled, detached, or charged after all."""
    if pledge.payment_intent_id:
        try:
            provider.cancel_payment_intent(pledge.payment_intent_id, f"{settings.MODE}:cancel:{pledge.pk}")
        except ProviderRefused:
            refresh(pledge_id=pledge.pk, now=now)  # Canceled before, or it succeeded: then it is booked and refunded.
    if pledge.payment_method_id and pledge.support_id is None:  # A support's card pays its other months.
        with contextlib.suppress(ProviderRefused):
            provider.detach_card(pledge.payment_method_id, f"{settings.MODE}:detach:{pledge.pk}")


def expire_started(*, now: datetime) -> int:
    """End pledges without a card after an hour; the provider is asked first, for its news may be lost.

    Returns how many ended.
    """
    ended = 0
    for pledge_id in list(stale_pledges(now).values_list("pk", flat=True)[:BATCH]):
        try:
            refresh(pledge_id=pledge_id, now=now)
            ended += expire_pledge(pledge_id=pledge_id, now=now)
        except (PaymentsError, DatabaseError) as error:
            logger.warning("not_expired pledge=%s error=%s", pledge_id, error)
    return ended


def remind(*, now: datetime) -> int:
    """A mail every 48 hours while a pledge needs its holder. Returns how many pledges wait."""
    waiting = CashPledge.objects.filter(state=State.NEEDS_ACTION, fix_ends_at__gt=now)
    pledges = list(waiting[:BATCH])
    for pledge in pledges:
        assert pledge.fix_ends_at is not None
        if number := (now - (pledge.fix_ends_at - FIX_WINDOW)) // REMIND_EVERY:
            write_mail(pledge=pledge, kind="reminder", now=now, number=number)
    return len(pledges)


def drop_expired(*, now: datetime) -> int:
    """Pledges not charged in the fix window, or of a dead project, end; intents are canceled first.

    Where no attempt was answered, because of an outage or a hold of ours, a card has a day more. While a project is
    suspended nobody can pay, so its windows wait; reinstating it opens them again.
    """
    tried = Q(fix_ends_at__lte=now) & ~Q(state=State.LOCKED)
    over = tried | Q(fix_ends_at__lte=now - UNTRIED_GRACE) | Q(project__state__in=DEAD)
    waiting = CashPledge.objects.filter(over, state__in=CashPledge.COLLECTING)
    rows = waiting.exclude(project__state=Project.State.SUSPENDED)
    dropped = 0
    for pledge_id, intent in list(rows.values_list("pk", "payment_intent_id")[:BATCH]):
        try:
            if intent:
                _cancel(pledge_id, intent, now)
            dropped += _drop(pledge_id, now)
        except (PaymentsError, DatabaseError):
            logger.exception("drop_failed pledge=%s", pledge_id)
    return dropped


def _cancel(pledge_id: UUID, intent: str, now: datetime) -> None:
    """Raises ProviderAway. A refusal means that it was canceled before or has succeeded: then that is booked."""
    try:
        provider.cancel_payment_intent(intent, f"{settings.MODE}:cancel:{pledge_id}")
    except ProviderRefused:
        refresh(pledge_id=pledge_id, now=now)


@transaction.atomic
def _drop(pledge_id: UUID, now: datetime) -> bool:
    pledge = CashPledge.objects.select_for_update(of=("self",)).select_related("project").get(pk=pledge_id)
    if pledge.state not in CashPledge.COLLECTING:
        return False
    over = UNCHARGED.get(Project.State(pledge.project.state))
    reason = gettext("The project has ended.") if over else gettext("Not charged in the fix window.")
    change_state(pledge=pledge, target=State.DROPPED, now=now, reason=reason)
    if pledge.support_id is None:
        count(pledge, "dropped", -pledge.amount_minor, now)
    else:
        _pause(pledge.support_id, now)
    free_rewards(pledge)
    write_mail(pledge=pledge, kind=over or "dropped", now=now)
    return True


def _pause(support_id: UUID, now: datetime) -> None:
    """A month that could not be charged stops the support until its backer resumes it with a card that works."""
    with contextlib.suppress(PaymentsError):  # Paused or canceled already.
        pause_support(support_id=support_id, now=now, reason=gettext("The last month could not be charged."))


def finish_collecting(*, now: datetime) -> int:
    """Projects with nothing left to charge are funded, or fail by the rule that was frozen at launch."""
    waiting = (State.ACTIVE, *CashPledge.COLLECTING)
    projects = Project.objects.filter(state=Project.State.COLLECTING).exclude(cash_pledges__state__in=waiting)
    return sum(_finish(project.pk, now) for project in list(projects[:BATCH]))


@transaction.atomic
def _finish(project_id: int, now: datetime) -> bool:
    project = Project.objects.select_for_update().get(pk=project_id)
    pledges = CashPledge.objects.filter(project=project, state__in=(State.COLLECTED, State.DISPUTED))
    if project.state != Project.State.COLLECTING:
        return False
    collected = pledges.aggregate(total=Sum("amount_minor"))["total"] or 0
    fails = (
        project.is_all_or_nothing
        and collected < project.funding_minimum
        and project.shortfall_rule == Project.ShortfallRule.FAIL_AND_REFUND
    )
    target = Project.State.FAILED if fails else Project.State.FUNDED
    reason = gettext("Too little could be charged; everyone is refunded.") if fails else gettext("Collecting is over.")
    return change_project(project=project, target=target, actor=None, now=now, reason=reason)


def refund_due(*, now: datetime) -> int:
    """Write the refunds of dead projects and of charges that came after their pledge had ended. Returns how many."""
    return _refund_dead(now) + _refund_late(now)


def _refund_dead(now: datetime) -> int:
    charged = CashPledge.objects.filter(
        project=OuterRef("pk"), state=State.COLLECTED, refunded_minor__lt=F("amount_minor") + F("tip_minor")
    )
    projects = Project.objects.filter(Exists(charged), state__in=DEAD)
    made = 0
    for project in list(projects[:BATCH]):
        cause = CAUSES[Project.State(project.state)]
        made += refund_everyone(project=project, cause=cause, reason="", now=now)
    return made


def _refund_late(now: datetime) -> int:
    ended = CashPledgeTransition.objects.filter(pledge=OuterRef("pk"), target__in=ENDED)
    # What the bank sent back waits for staff: the same card would send it back again, for ever.
    sent_back = Refund.objects.filter(
        pledge=OuterRef("pk"), cause=Refund.Cause.LATE, state=Refund.State.FAILED
    ).exclude(provider_id="")
    late = CashPledge.objects.filter(
        Exists(ended), ~Exists(sent_back), state=State.COLLECTED,
        refunded_minor__lt=F("amount_minor") + F("tip_minor"),
        transitions__source__in=ENDED, transitions__target=State.COLLECTED,
    )  # fmt: skip
    made = 0
    for pledge_id in list(late.values_list("pk", flat=True)[:BATCH]):
        try:
            request_refund(pledge_id=pledge_id, amount=None, cause=Refund.Cause.LATE, now=now)
            made += 1
        except PaymentsError:
            logger.exception("late_refund_failed pledge=%s", pledge_id)
    return made
