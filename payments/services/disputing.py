"""Disputes: the provider takes amount and fee at once; evidence is handed in before its day; won or lost, it is booked.

One handler serves webhooks, the sweep and the answer to evidence. What a bank takes for good falls on what is held for
the project, then on the platform.
"""

from __future__ import annotations

import logging
from datetime import UTC, datetime

from django.conf import settings
from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext, gettext_noop

from accounts.models import User
from notices.facts import Fact, instant, money, ours
from payments import provider
from payments.errors import DisputeRefused, PaymentsError
from payments.models import CashPledge, Dispute
from payments.provider import Object
from payments.services import postings
from payments.services.balance_records import remember
from payments.services.ledger import Kind, Statement, post
from payments.services.mails import write_mail, write_notice
from payments.services.pledging import count
from payments.services.refunding import tip_part
from payments.states import change_state

logger = logging.getLogger(__name__)
State, Pledge = Dispute.State, CashPledge.State
STATES = {
    "needs_response": State.NEEDS_RESPONSE,
    "warning_needs_response": State.NEEDS_RESPONSE,
    "under_review": State.UNDER_REVIEW,
    "warning_under_review": State.UNDER_REVIEW,
    "won": State.WON,
    "warning_closed": State.WON,
    "prevented": State.WON,
    "lost": State.LOST,
}
LONGEST_EVIDENCE = 8000


def refresh_dispute(*, provider_id: str, now: datetime) -> bool:
    """Ask the provider and apply its answer; whether it is about one of our pledges. Raises PaymentsError."""
    return apply_dispute(answer=provider.retrieve_dispute(provider_id), now=now)


def refresh_open(*, now: datetime) -> int:
    """Ask about every undecided dispute; a lost webhook heals so. Returns how many were looked at."""
    looked_at = 0
    for provider_id in list(Dispute.objects.filter(state__in=Dispute.OPEN).values_list("provider_id", flat=True)[:500]):
        try:
            looked_at += refresh_dispute(provider_id=provider_id, now=now)
        except PaymentsError as error:
            logger.warning("dispute_not_refreshed dispute=%s error=%s", provider_id, error)
    return looked_at


@transaction.atomic
def apply_dispute(*, answer: Object, now: datetime) -> bool:
    """Open, move or close the dispute that the provider describes; a repeat changes nothing."""
    intent = answer["payment_intent"]
    intent_id = intent["id"] if isinstance(intent, dict) else intent
    rows = CashPledge.objects.select_for_update(of=("self",)).select_related("project__creator", "backer")
    pledge = rows.filter(payment_intent_id=intent_id).exclude(payment_intent_id="").first()
    if pledge is None or pledge.state not in CashPledge.CHARGED:
        return False
    dispute, is_new = _known(pledge, answer, now)
    target = STATES.get(answer["status"], State.UNDER_REVIEW)
    if is_new and pledge.state == Pledge.COLLECTED:
        change_state(
            pledge=pledge,
            target=Pledge.DISPUTED,
            now=now,
            reason=gettext("Disputed as %(reason)s.") % {"reason": dispute.reason},
        )
    for balance in answer["balance_transactions"]:
        remember(balance)
        kind = Kind.DISPUTE if balance["amount"] < 0 else Kind.DISPUTE_WON
        post(postings.dispute_moved(dispute=dispute, kind=kind, statement=Statement.of(balance)), now=now)
    if is_new:
        _tell(dispute, "dispute_opened", now)
    if dispute.is_open and target != dispute.state:
        _move(dispute, target, answer, now)
    return True


def _known(pledge: CashPledge, answer: Object, now: datetime) -> tuple[Dispute, bool]:
    due = (answer.get("evidence_details") or {}).get("due_by")
    amount = int(answer["amount"])
    dispute, is_new = Dispute.objects.get_or_create(
        provider_id=answer["id"],
        defaults={
            "pledge": pledge, "amount_minor": amount, "tip_minor": min(tip_part(pledge, amount), pledge.tip_minor),
            "currency": str(answer["currency"]).upper(), "reason": str(answer["reason"])[:60],
            "due_at": datetime.fromtimestamp(due, UTC) if due else None, "opened_at": now,
        },
    )  # fmt: skip
    dispute.pledge = pledge
    return dispute, is_new


def _move(dispute: Dispute, target: str, answer: Object, now: datetime) -> None:
    closed_at = now if target in (State.WON, State.LOST) else None
    Dispute.objects.filter(pk=dispute.pk).update(state=target, closed_at=closed_at)
    dispute.state = target
    pledge = dispute.pledge
    if target == State.WON and pledge.state == Pledge.DISPUTED and not _others_open(dispute):
        change_state(pledge=pledge, target=Pledge.COLLECTED, now=now, reason=gettext("The dispute was won."))
    if target == State.LOST:
        _lose(dispute, answer, now)
    if closed_at:
        _tell(dispute, "dispute_closed", now)


def _others_open(dispute: Dispute) -> bool:
    return dispute.pledge.disputes.filter(state__in=Dispute.OPEN).exclude(pk=dispute.pk).exists()


def _lose(dispute: Dispute, answer: Object, now: datetime) -> None:
    """What was refunded before, the bank took a second time: that part the platform bears."""
    pledge = dispute.pledge
    project_left = pledge.amount_minor - (pledge.refunded_minor - _refunded_tips(pledge))
    project = min(dispute.amount_minor - dispute.tip_minor, project_left)
    tip = min(dispute.tip_minor, pledge.tip_minor - _refunded_tips(pledge))
    parts = postings.Parts(pledge.currency, project, tip, dispute.amount_minor - project - tip)
    taken = [item for item in answer["balance_transactions"] if item["amount"] < 0]
    if taken:
        statement = Statement.of(taken[0])
        post(
            postings.dispute_lost(
                dispute=dispute, parts=parts, taken=-statement.amount, currency=statement.currency
            ),
            now=now,
        )  # fmt: skip
    if pledge.state == Pledge.DISPUTED:
        change_state(pledge=pledge, target=Pledge.LOST, now=now, reason=gettext("The dispute was lost."))
    count(pledge, f"lost:{dispute.pk}", -project, now, stage="realized")
    count(pledge, f"lost:{dispute.pk}", -project, now)


def _refunded_tips(pledge: CashPledge) -> int:
    return sum(pledge.refunds.filter(state__in=("pending", "sent", "succeeded")).values_list("tip_minor", flat=True))


def _tell(dispute: Dispute, kind: str, now: datetime) -> None:
    project = dispute.pledge.project
    facts: dict[str, Fact] = {
        "title": project.title, "amount": money(dispute.amount), "reason": ours(dispute.reason_label),
        "due": instant(dispute.due_at) if dispute.due_at else ours(gettext_noop("the bank's deadline")),
        "outcome": ours(State(dispute.state).label), "path": reverse("payments:disputes", args=[project.slug]),
    }  # fmt: skip
    write_notice(user=project.creator, kind=kind, key=dispute.provider_id, facts=facts, now=now)
    if kind == "dispute_opened":
        write_mail(pledge=dispute.pledge, kind="disputed", now=now, number=dispute.pk)


def submit_evidence(*, dispute_id: int, text: str, by: User, now: datetime) -> None:
    """Hand evidence in, once and before its day. Raises DisputeRefused, ProviderAway, ProviderRefused."""
    dispute = Dispute.objects.select_related("pledge").get(pk=dispute_id)
    text = text.strip()
    if not text:
        raise DisputeRefused(gettext("Write what shows that the payment was right. Nothing was handed in."))
    if dispute.state != State.NEEDS_RESPONSE:
        raise DisputeRefused(
            gettext("This dispute takes no evidence any more: it is %(get_state_display)s.")
            % {"get_state_display": dispute.get_state_display()}
        )
    if dispute.due_at and dispute.due_at <= now:
        raise DisputeRefused(gettext("The day for evidence is past. Nothing was handed in."))
    # Kept before it is sent: if the answer is lost, the same words go again under the same key.
    Dispute.objects.filter(pk=dispute_id).update(evidence=text[:LONGEST_EVIDENCE], evidence_by=by)
    answer = provider.send_evidence(
        dispute=dispute.provider_id, text=text[:LONGEST_EVIDENCE],
        idempotency=f"{settings.MODE}:evidence:{dispute.provider_id}",
    )  # fmt: skip
    Dispute.objects.filter(pk=dispute_id).update(evidence_sent_at=now)
    apply_dispute(answer=answer, now=now)
