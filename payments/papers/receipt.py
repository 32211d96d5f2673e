"""What a receipt says: who paid whom, for what, how much of it went back, and what the law gives the backer."""

from __future__ import annotations

from datetime import datetime

from django.conf import settings
from django.utils.translation import gettext

from payments.models import CashPledge, Dispute, Refund
from payments.papers.paper import Paper, Row, Table
from payments.services.withdrawing import law_class_of
from values.money import Money

CHARGED = CashPledge.CHARGED


def day(moment: datetime) -> str:
    """`1 June 2026`, in UTC."""
    return f"{moment.day} {moment:%B %Y}"


def has_receipt(pledge: CashPledge) -> bool:
    """Only money that was taken has one."""
    return pledge.state in CHARGED and pledge.collected_at is not None


def receipt_of(pledge: CashPledge, *, withdrawal_ends_at: datetime | None) -> Paper:
    """The receipt of a charged pledge whose project, creator, reward and backer are loaded, in three queries."""
    refunds = list(pledge.refunds.filter(state__in=Refund.STANDING).order_by("created_at", "pk"))
    disputes = list(pledge.disputes.all())
    tables = [_charge(pledge)]
    back = [_refund(refund, pledge) for refund in refunds]
    back += [_lost(dispute) for dispute in disputes if dispute.state == Dispute.State.LOST]
    if back:
        tables.append(
            Table(
                gettext("What went back"),
                (gettext("What"), gettext("State"), gettext("Amount")),
                back,
                _kept(pledge, refunds, disputes),
                (2,),
            )
        )
    notes = [withdrawal_sentence(pledge, withdrawal_ends_at)]
    if any(dispute.is_open for dispute in disputes):
        notes.append(gettext("Your bank questions this charge. What was taken is frozen until it decides."))
    return Paper("Receipt", _facts(pledge), tables, [*notes, settings.RECEIPT_TAX_SENTENCE])


def _facts(pledge: CashPledge) -> list[tuple[str, str]]:
    assert pledge.collected_at is not None
    name = f"{pledge.backer.name}, {pledge.backer.email}" if pledge.backer.name else pledge.backer.email
    platform = settings.PLATFORM_NAME
    if settings.PLATFORM_ADDRESS:
        platform = f"{platform}, {settings.PLATFORM_ADDRESS}"
    facts = [
        (gettext("Number"), str(pledge.pk)),
        (gettext("Charged on"), f"{day(pledge.collected_at)}, {pledge.collected_at:%H:%M} UTC"),
        (gettext("Paid by"), name),
        (gettext("Project"), pledge.project.title),
        (gettext("Creator"), pledge.project.creator.public_name),
        (gettext("Platform"), platform),
    ]
    if pledge.period:
        facts.append((gettext("Month of support"), f"{pledge.period:%B %Y}"))
    return [*facts, ("Card", pledge.card_label or gettext("not stated by the payment provider"))]


def _charge(pledge: CashPledge) -> Table:
    add_ons = list(pledge.add_ons.select_related("reward"))
    extra = sum(add_on.quantity * add_on.price_minor for add_on in add_ons)
    what = f"Pledge, reward: {pledge.reward.title}" if pledge.reward else "Pledge, without a reward"
    rows = [Row((what, str(Money(pledge.amount_minor - extra, pledge.currency))))]
    for add_on in add_ons:
        price, whole = (Money(add_on.price_minor * n, pledge.currency) for n in (1, add_on.quantity))
        rows.append(
            Row(
                (
                    gettext("Add-on: %(quantity)s × %(title)s, %(price)s each")  # noqa: RUF001  # reason: that many times
                    % {"quantity": add_on.quantity, "title": add_on.reward.title, "price": price},
                    str(whole),
                )
            )
        )
    if pledge.tip_minor:
        rows.append(Row((gettext("Tip to %(value)s") % {"value": settings.PLATFORM_NAME}, str(pledge.tip))))
    return Table(
        gettext("What was charged"),
        (gettext("For"), gettext("Amount")),
        rows,
        [Row((gettext("Charged to your card"), str(pledge.total)))],
    )


def _refund(refund: Refund, pledge: CashPledge) -> Row:
    amount = Money(refund.amount_minor, pledge.currency)
    at = f", {day(refund.finished_at)}" if refund.finished_at else ""
    what = f"Refund: {refund.get_cause_display()}"
    return Row((what, f"{refund.get_state_display()}{at}", str(-amount)))


def _lost(dispute: Dispute) -> Row:
    at = f", {day(dispute.closed_at)}" if dispute.closed_at else ""
    return Row((gettext("Dispute"), gettext("taken back by your bank%(at)s") % {"at": at}, str(-dispute.amount)))


def _kept(pledge: CashPledge, refunds: list[Refund], disputes: list[Dispute]) -> list[Row]:
    gone = sum(refund.amount_minor for refund in refunds)
    gone += sum(dispute.amount_minor for dispute in disputes if dispute.state == Dispute.State.LOST)
    return [Row((gettext("Stays paid"), "", str(Money(pledge.total_minor - gone, pledge.currency))))]


def withdrawal_sentence(pledge: CashPledge, ends_at: datetime | None) -> str:
    """The right of withdrawal that the reward and the add-ons give."""
    law_class = law_class_of(pledge)
    until = f"{day(ends_at)}, {ends_at:%H:%M} UTC" if ends_at else ""
    return str(settings.WITHDRAWAL_SENTENCES[law_class]).format(until=until)
