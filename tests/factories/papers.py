"""Movements of money written straight into the ledger, for papers that are read: no provider is asked."""

from itertools import count
from uuid import uuid4

from payments.models import CashPledge, Dispute, Refund
from payments.services import postings
from payments.services.ledger import Kind, Statement, post
from tests.factories.payments import started
from tests.factories.people import NOW

_numbers = count(1)


def statement(currency, amount, fee=0):
    return Statement(f"txn_paper_{next(_numbers)}", currency, amount, fee)


def charged(project, *, amount=5000, tip=0, fee=100, at=NOW, card="Visa ending in 4242", **fields):
    """A pledge whose charge is in the ledger."""
    pledge = started(project, amount=amount, tip=tip, **fields)
    post(
        postings.charge(
            pledge=pledge, presented=pledge.total_minor, statement=statement(project.currency, pledge.total_minor, fee)
        ),
        now=at,
    )
    CashPledge.objects.filter(pk=pledge.pk).update(
        state="collected", collected_at=at, created_at=at, card_label=card
    )  # fmt: skip
    pledge.refresh_from_db()
    return pledge


def refunded(pledge, amount, *, tip=0, at=NOW):
    """A refund that went back."""
    refund = Refund.objects.create(
        pledge=pledge, amount_minor=amount, tip_minor=tip, cause="creator", state="succeeded", created_at=at,
        finished_at=at, idempotency_key=str(uuid4()), provider_id=f"re_{uuid4()}",
    )  # fmt: skip
    post(postings.refund(refund=refund, statement=statement(pledge.currency, -amount)), now=at)
    pledge.refunded_minor += amount
    CashPledge.objects.filter(pk=pledge.pk).update(
        refunded_minor=pledge.refunded_minor,
        state="refunded" if pledge.refunded_minor == pledge.total_minor else "collected",
    )
    return refund


def sent_back(refund, *, at=NOW):
    """The bank sent a refund back."""
    post(
        postings.refund_failure(refund=refund, statement=statement(refund.pledge.currency, refund.amount_minor)), now=at
    )


def lost(pledge, *, at=NOW):
    """A dispute that the bank decided for its holder."""
    total = pledge.total_minor
    dispute = Dispute.objects.create(
        pledge=pledge, provider_id=f"du_{uuid4()}", amount_minor=total, tip_minor=pledge.tip_minor, reason="fraudulent",
        currency=pledge.currency, state="lost", opened_at=at, closed_at=at,
    )  # fmt: skip
    moved = statement(pledge.currency, -total, 1500)
    post(postings.dispute_moved(dispute=dispute, kind=Kind.DISPUTE, statement=moved), now=at)
    parts = postings.Parts(pledge.currency, pledge.amount_minor, pledge.tip_minor)
    post(postings.dispute_lost(dispute=dispute, parts=parts, taken=total, currency=pledge.currency), now=at)
    CashPledge.objects.filter(pk=pledge.pk).update(state="lost")
    return dispute
