"""Monthly support: our own schedule. A month is a pledge, so that charging, repair, refunds and receipts are the same.

Its backer is told two days before each debit, and can pause or cancel until the first attempt.
"""

from __future__ import annotations

import calendar
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils.translation import gettext

from accounts.models import User
from payments.errors import PledgeRefused
from payments.models import CashPledge, MonthlySupport
from payments.services.mails import write_mail
from payments.services.pledging import Choice, check_backer, check_choice, create_pledge, takes_monthly
from payments.states import change_state
from projects.models import Project

State = MonthlySupport.State
NOTICE = timedelta(days=2)
FIX_WINDOW = timedelta(days=7)
RUNNING = (Project.State.FUNDED, Project.State.DELIVERING)
OVER = (Project.State.COMPLETED, Project.State.ABANDONED, Project.State.CANCELED, Project.State.FAILED)
BATCH = 200


def month_after(moment: datetime, anchor_day: int) -> datetime:
    """The same time on the anchor's day of the next month, or on its last day where it is shorter."""
    year, month = (moment.year + 1, 1) if moment.month == 12 else (moment.year, moment.month + 1)
    return moment.replace(year=year, month=month, day=min(anchor_day, calendar.monthrange(year, month)[1]))


def start_support(*, project: Project, backer: User, choice: Choice, client_token: UUID, now: datetime) -> CashPledge:
    """The first month, charged at once; the support begins when it is paid. Raises PledgeRefused."""
    known = CashPledge.objects.filter(client_token=client_token, backer=backer).first()
    if known is not None:
        return known
    if not takes_monthly(project):
        raise PledgeRefused(gettext("This project takes no monthly support now. Nothing was charged."))
    check_choice(project, choice)
    check_backer(backer)
    if MonthlySupport.objects.filter(project=project, backer=backer, state__in=(State.ACTIVE, State.PAUSED)).exists():
        raise PledgeRefused(
            gettext("You support this project already. Cancel that support first to change its amount.")
        )
    today = now.astimezone(UTC).date()
    try:
        with transaction.atomic():
            support = MonthlySupport.objects.create(
                project=project, backer=backer, amount_minor=choice.amount_minor, tip_minor=choice.tip_minor,
                currency=project.currency, is_anonymous=choice.is_anonymous, anchor_day=today.day, created_at=now,
            )  # fmt: skip
            return create_pledge(
                project=project, backer=backer, choice=choice, now=now, client_token=client_token, support=support,
                period=today, is_charged_at_once=True,
            )  # fmt: skip
    except IntegrityError:
        return CashPledge.objects.get(client_token=client_token, backer=backer)


def month_was_paid(*, pledge: CashPledge, now: datetime) -> None:
    """Called in the transaction that books a charge: the first month starts the schedule, a new card is kept."""
    if pledge.support_id is None:
        return
    support = MonthlySupport.objects.select_for_update().get(pk=pledge.support_id)
    card = {"payment_method_id": pledge.payment_method_id, "card_label": pledge.card_label}
    if support.state == State.STARTED:
        next_at = month_after(now.astimezone(UTC), support.anchor_day)
        MonthlySupport.objects.filter(pk=support.pk).update(state=State.ACTIVE, next_debit_at=next_at, **card)
    else:
        MonthlySupport.objects.filter(pk=support.pk).update(**card)


def plan_months(*, now: datetime) -> int:
    """Write the next month of every support that is due within two days, and tell its backer. Returns how many."""
    end_of_projects(now=now)
    due = MonthlySupport.objects.filter(state=State.ACTIVE, next_debit_at__lte=now + NOTICE, project__state__in=RUNNING)
    return sum(_plan(pk, now) for pk in list(due.order_by("next_debit_at").values_list("pk", flat=True)[:BATCH]))


@transaction.atomic
def _plan(support_id: UUID, now: datetime) -> bool:
    support = MonthlySupport.objects.select_for_update().select_related("project", "backer").get(pk=support_id)
    if support.state != State.ACTIVE or support.next_debit_at is None or support.next_debit_at > now + NOTICE:
        return False
    # After a pause or an outage the notice still comes two days ahead, and missed months are not caught up.
    debit_at = max(support.next_debit_at, now + NOTICE)
    pledge, created = CashPledge.objects.get_or_create(
        support=support, period=debit_at.astimezone(UTC).date(),
        defaults={
            "client_token": uuid4(), "project": support.project, "backer": support.backer,
            "amount_minor": support.amount_minor, "tip_minor": support.tip_minor, "currency": support.currency,
            "is_anonymous": support.is_anonymous, "payment_method_id": support.payment_method_id,
            "card_label": support.card_label, "created_at": now,
        },
    )  # fmt: skip
    if created:
        change_state(
            pledge=pledge, target=CashPledge.State.LOCKED, now=now, next_attempt_at=debit_at,
            fix_ends_at=debit_at + FIX_WINDOW, reason=gettext("A month of a support."),
        )  # fmt: skip
        write_mail(pledge=pledge, kind="notice", now=now)
    next_at = month_after(debit_at, support.anchor_day)
    MonthlySupport.objects.filter(pk=support.pk).update(next_debit_at=next_at)
    return created


@transaction.atomic
def pause_support(*, support_id: UUID, now: datetime, reason: str = "") -> None:
    """No further debits until it is resumed. Raises PledgeRefused."""
    _leave(support_id, State.PAUSED, now, reason, ended_at=None)


@transaction.atomic
def cancel_support(*, support_id: UUID, now: datetime, reason: str = "") -> None:
    """No further debits, for good. A repeat is quiet."""
    _leave(support_id, State.CANCELED, now, reason, ended_at=now)


def _leave(support_id: UUID, target: str, now: datetime, reason: str, ended_at: datetime | None) -> None:
    support = MonthlySupport.objects.select_for_update().get(pk=support_id)
    if support.state in (target, State.CANCELED):
        return
    if target == State.PAUSED and support.state != State.ACTIVE:
        raise PledgeRefused(gettext("Only a running support can be paused."))
    MonthlySupport.objects.filter(pk=support_id).update(
        state=target, ended_at=ended_at, end_reason=reason[:300], next_debit_at=support.next_debit_at
    )
    planned = CashPledge.objects.select_for_update(of=("self",)).filter(
        Q(state=CashPledge.State.LOCKED, attempts=0) | Q(state=CashPledge.State.STARTED), support=support
    )
    for pledge in planned:
        change_state(
            pledge=pledge,
            target=CashPledge.State.CANCELED,
            now=now,
            reason=gettext("The support is %(target)s.") % {"target": target},
        )


@transaction.atomic
def resume_support(*, support_id: UUID, now: datetime) -> None:
    """Debits go on, the next one with two days' notice. Raises PledgeRefused."""
    support = MonthlySupport.objects.select_for_update().select_related("project").get(pk=support_id)
    if support.state == State.ACTIVE:
        return
    if support.state != State.PAUSED or not takes_monthly(support.project):
        raise PledgeRefused(gettext("This support cannot be resumed; start a new one."))
    next_at = max(support.next_debit_at or now, now + NOTICE)
    MonthlySupport.objects.filter(pk=support_id).update(state=State.ACTIVE, next_debit_at=next_at, end_reason="")


def end_of_projects(*, now: datetime) -> int:
    """Supports of projects that are over end. Returns how many."""
    over = MonthlySupport.objects.filter(project__state__in=OVER).exclude(state=State.CANCELED)
    ended = list(over.values_list("pk", flat=True)[:BATCH])
    for pk in ended:
        cancel_support(support_id=pk, now=now, reason=gettext("The project is over."))
    return len(ended)
