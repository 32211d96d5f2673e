"""Payouts: a creator shows evidence, an admin releases, the ledger decides how much, the provider moves it.

One transfer per payout, under its own key; the amount never passes what is settled, undisputed and not on its way back.
"""

from __future__ import annotations

import logging
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from django.conf import settings
from django.db import DatabaseError, IntegrityError, transaction
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext, gettext_noop

from accounts.models import User
from audit.services import record_action
from notices.facts import Fact, money, ours
from payments import provider
from payments.errors import PaymentsError, PayoutRefused, ProviderAway, ProviderRefused
from payments.models import Hold, Payout, PayoutRecipient
from payments.pacing import paced
from payments.provider import Object
from payments.services import postings
from payments.services.balance_records import remember
from payments.services.balance_sheet import Tranche, sheet_of, tranche_of
from payments.services.ledger import Account, Statement, balances, post
from payments.services.mails import write_notice
from projects.milestones import add_evidence
from projects.models import Milestone, Project
from values.money import Money

logger = logging.getLogger(__name__)
State, Kind = Payout.State, Payout.Kind
PAYING = (Project.State.FUNDED, Project.State.DELIVERING, Project.State.COMPLETED)
KEY_LIFETIME = timedelta(hours=23)


@transaction.atomic
def request_payout(*, milestone_id: int, by: User, text: str, url: str, now: datetime) -> Payout:
    """Evidence for a milestone, and the wish to be paid its tranche. Raises PayoutRefused, EvidenceRefused."""
    milestone = Milestone.objects.select_related("project").get(pk=milestone_id)
    project = Project.objects.select_for_update().get(pk=milestone.project_id)
    recipient = _recipient(project)
    if project.state not in PAYING:
        raise PayoutRefused(
            gettext("A project that is %(get_state_display)s is not paid. Nothing was asked for.")
            % {"get_state_display": project.get_state_display()}
        )
    earlier = project.milestones.filter(number__lt=milestone.number).exclude(
        payouts__state__in=(State.RELEASED, State.PAID)
    )
    if earlier.exists():
        raise PayoutRefused(gettext("An earlier milestone is not paid yet. Milestones are paid in their order."))
    add_evidence(milestone=milestone, author=by, text=text, url=url, now=now)
    payout = _create(project, recipient, Kind.TRANCHE, now, milestone=milestone)
    for admin in User.objects.filter(is_staff=True, is_active=True):
        _tell(admin, "payout_requested", payout, reverse("pages:payout", args=[payout.pk]), now)
    return payout


def _recipient(project: Project) -> PayoutRecipient:
    recipient = PayoutRecipient.objects.filter(user_id=project.creator_id).first()
    if recipient is None or not recipient.is_active:
        raise PayoutRefused(
            gettext("The creator cannot receive payouts: the payment provider still needs something of them.")
        )
    return recipient


def _create(project: Project, recipient: PayoutRecipient, kind: str, now: datetime, **fields: object) -> Payout:
    payout_id = uuid4()
    try:
        with transaction.atomic():
            return Payout.objects.create(
                id=payout_id, kind=kind, project=project, recipient=recipient, currency=project.currency,
                idempotency_key=f"{settings.MODE}:payout:{payout_id}", requested_at=now, **fields,
            )  # fmt: skip
    except IntegrityError as error:
        raise PayoutRefused(gettext("This was asked for already; look at its state below.")) from error


@transaction.atomic
def release_payout(*, payout_id: UUID, by: User, reason: str, now: datetime) -> Payout:
    """Compute the tranche under the project's lock, book it, and let the sweep send it. Raises PayoutRefused."""
    payout = _locked(payout_id)
    project = payout.project
    if payout.state != State.REQUESTED:
        raise PayoutRefused(
            gettext("This payout is %(get_state_display)s already.") % {"get_state_display": payout.get_state_display()}
        )
    if by.pk == project.creator_id:
        raise PayoutRefused(gettext("Nobody releases money to themselves. Another admin must look at it."))
    if Hold.objects.filter(Q(project=project) | Q(user_id=project.creator_id), lifted_at=None).exists():
        raise PayoutRefused(gettext("The project or its creator is on hold. Lift the hold first."))
    if project.state not in PAYING:
        raise PayoutRefused(
            gettext("A project that is %(get_state_display)s is not paid.")
            % {"get_state_display": project.get_state_display()}
        )
    _recipient(project)
    figures = figures_of(payout)
    if figures.amount <= 0:
        raise PayoutRefused(
            gettext("Nothing can be released now: what is held is not settled yet, disputed, or on its way back.")
        )
    Payout.objects.filter(pk=payout_id).update(
        state=State.RELEASED, gross_minor=figures.gross, provider_fee_minor=figures.provider_fees,
        platform_fee_minor=figures.platform_fee, reserve_minor=figures.reserve, amount_minor=figures.amount,
        released_by=by, released_at=now,
    )  # fmt: skip
    payout.refresh_from_db()
    post(postings.release(payout), now=now)
    details = {"amount_minor": figures.amount, "currency": payout.currency}
    record_action(
        actor=by, action="release_payout", subject=f"payout:{payout.pk}", reason=reason, now=now, details=details
    )
    _tell(project.creator, "payout_released", payout, reverse("payments:balance", args=[project.slug]), now)
    return payout


def _locked(payout_id: UUID) -> Payout:
    project_id = Payout.objects.values_list("project_id", flat=True).get(pk=payout_id)
    Project.objects.select_for_update().get(pk=project_id)
    rows = Payout.objects.select_for_update(of=("self",)).select_related("project__creator", "milestone", "recipient")
    return rows.get(pk=payout_id)


def figures_of(payout: Payout) -> Tranche:
    """What a release would move now, by the ledger; asked again under lock when it is released."""
    if payout.milestone is None:
        reserve = -balances(project_id=payout.project_id).get((Account.RESERVE, payout.currency), 0)
        return Tranche(max(reserve, 0), 0, 0, 0)
    return tranche_of(project=payout.project, milestone=payout.milestone, sheet=sheet_of(payout.project))


@transaction.atomic
def reject_payout(*, payout_id: UUID, by: User, reason: str, now: datetime) -> None:
    """Send it back with what is missing; the creator can ask again. Raises PayoutRefused, ReasonMissing."""
    payout = _locked(payout_id)
    if payout.state != State.REQUESTED:
        raise PayoutRefused(
            gettext("This payout is %(get_state_display)s already.") % {"get_state_display": payout.get_state_display()}
        )
    record_action(actor=by, action="reject_payout", subject=f"payout:{payout.pk}", reason=reason, now=now)
    Payout.objects.filter(pk=payout_id).update(state=State.REJECTED, message=reason.strip()[:300])
    payout.message = reason.strip()[:300]
    path = reverse("payments:balance", args=[payout.project.slug])
    _tell(payout.project.creator, "payout_rejected", payout, path, now)


@transaction.atomic
def request_reserve(*, project_id: int, now: datetime) -> Payout:
    """The reserve, once its days are over and nothing is disputed. Raises PayoutRefused."""
    project = Project.objects.select_for_update().get(pk=project_id)
    last = Payout.objects.filter(project=project, state=State.PAID, kind=Kind.TRANCHE).order_by("-paid_at").first()
    if last is None or last.paid_at is None:
        raise PayoutRefused(gettext("No tranche was paid yet, so nothing is in reserve."))
    free_at = last.paid_at + timedelta(days=settings.RESERVE_DAYS)
    if free_at > now:
        raise PayoutRefused(
            gettext("The reserve is kept until %(free_at)s, for disputes that come late.")
            % {"free_at": f"{free_at:%d %B %Y}"}
        )
    if sheet_of(project).frozen:
        raise PayoutRefused(gettext("A charge is disputed. The reserve waits until the bank has decided."))
    return _create(project, _recipient(project), Kind.RESERVE, now)


def send_payouts(*, now: datetime) -> int:
    """Transfer what is released; one that fails stays and never stops the others. Returns how many were paid."""
    paid = 0
    with paced():
        for payout_id in list(Payout.objects.filter(state=State.RELEASED).values_list("pk", flat=True)[:200]):
            try:
                paid += send_payout(payout_id=payout_id, now=now)
            except (PaymentsError, DatabaseError):
                logger.exception("payout_failed payout=%s", payout_id)
    return paid


def send_payout(*, payout_id: UUID, now: datetime) -> bool:
    """One transfer under the payout's own key. Raises ProviderAway: the same key asks again."""
    payout = Payout.objects.select_related("project", "recipient").get(pk=payout_id)
    covers = Q(project_id=payout.project_id) | Q(user_id=payout.project.creator_id)
    if Hold.objects.filter(covers, lifted_at=None).exists():
        return False
    try:
        answer = _ask(payout, now)
    except ProviderRefused as error:
        Payout.objects.filter(pk=payout_id).update(message=str(error)[:300])
        # A key keeps the first answer, refusals too: what was refused before any effect goes on under the next key.
        _next_key(payout)
        return False
    except ProviderAway:
        logger.warning("payout_unknown payout=%s", payout_id)
        return False
    return apply_transfer(payout_id=payout_id, answer=answer, now=now)


def _next_key(payout: Payout) -> None:
    head, _, number = payout.idempotency_key.partition("#")
    Payout.objects.filter(pk=payout.pk, idempotency_key=payout.idempotency_key).update(
        idempotency_key=f"{head}#{int(number or 0) + 1}"
    )


def _ask(payout: Payout, now: datetime) -> Object:
    group = f"project_{payout.project_id}"
    if payout.released_at and now - payout.released_at > KEY_LIFETIME:
        sent = (item for item in provider.transfers_of(group) if item["metadata"].get("payout") == str(payout.pk))
        if found := next(sent, None):
            return found
    return provider.create_transfer(
        account=payout.recipient.account_id, amount=payout.amount_minor, currency=payout.currency, group=group,
        payout_id=payout.pk, idempotency=payout.idempotency_key,
    )  # fmt: skip


@transaction.atomic
def apply_transfer(*, payout_id: UUID, answer: Object, now: datetime) -> bool:
    """Book the transfer once."""
    payout = _locked(payout_id)
    if payout.state != State.RELEASED:
        return False
    Payout.objects.filter(pk=payout_id).update(state=State.PAID, provider_id=answer["id"], paid_at=now, message="")
    remember(answer["balance_transaction"])
    post(postings.transfer(payout=payout, statement=Statement.of(answer["balance_transaction"])), now=now)
    path = reverse("payments:balance", args=[payout.project.slug])
    _tell(payout.project.creator, "payout_paid", payout, path, now)
    return True


def _tell(user: User, kind: str, payout: Payout, path: str, now: datetime) -> None:
    facts: dict[str, Fact] = {
        "title": payout.project.title, "amount": money(Money(payout.amount_minor, payout.currency)),
        "milestone": payout.milestone.title if payout.milestone else ours(gettext_noop("reserve")),
        "reason": payout.message, "path": path,
    }  # fmt: skip
    write_notice(user=user, kind=kind, key=str(payout.pk), facts=facts, now=now)
