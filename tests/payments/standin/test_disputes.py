"""Disputes: money leaves at once; evidence, closing or time decides."""

import pytest
import stripe

WEEK = 7 * 86_400


@pytest.fixture
def disputed(provider, pay, order):
    """A charge of 1000 and its dispute."""

    def make(reason="product_not_received", **more):
        charge = pay(1000).latest_charge
        order(dispute={"charge": charge, "reason": reason, **more})
        return provider.v1.disputes.list({"charge": charge}).data[0]

    return make


def evidence(text, **more):
    return {"evidence": {"uncategorized_text": text, "product_description": "A model."}, **more}


def test_amount_and_fee_leave_at_once(provider, pay, ledger, happened):
    before = ledger.total()
    intent = pay(1000, card="pm_card_createDispute")
    dispute = provider.v1.disputes.list({"payment_intent": intent.id}).data[0]
    assert (dispute.status, dispute.reason, dispute.amount) == ("needs_response", "fraudulent", 1000)
    booked = dispute.balance_transactions[0]
    assert (booked.amount, booked.fee, booked.net, booked.type) == (-1000, 2000, -3000, "adjustment")
    assert ledger.total() == before + 960 - 3000
    assert happened(dispute.id) == ["charge.dispute.created", "charge.dispute.funds_withdrawn"]


def test_winning_evidence_brings_amount_and_fee_back(provider, disputed, ledger, happened):
    dispute = disputed()
    before = ledger.total()
    sent = provider.v1.disputes.update(dispute.id, evidence("winning_evidence"))
    assert (sent.status, sent.evidence_details.submission_count) == ("under_review", 1)
    won = provider.v1.disputes.retrieve(dispute.id)
    assert (won.status, ledger.total()) == ("won", before + 3000)
    assert (won.balance_transactions[1].amount, won.balance_transactions[1].fee) == (1000, -2000)
    assert happened(dispute.id)[2:] == [
        "charge.dispute.updated", "charge.dispute.funds_reinstated", "charge.dispute.closed",
    ]  # fmt: skip
    assert provider.v1.refunds.create({"charge": dispute.charge}).amount == 1000


def test_losing_evidence_and_closing_lose(provider, disputed, ledger):
    first, second = disputed(), disputed()
    before = ledger.total()
    provider.v1.disputes.update(first.id, evidence("losing_evidence"))
    assert provider.v1.disputes.retrieve(first.id).status == "lost"
    assert provider.v1.disputes.close(second.id).status == "lost"
    assert ledger.total() == before
    with pytest.raises(stripe.InvalidRequestError, match="status of lost"):
        provider.v1.disputes.update(second.id, evidence("winning_evidence"))


def test_evidence_can_be_staged_and_sent_later(provider, disputed, order):
    dispute = disputed()
    staged = provider.v1.disputes.update(dispute.id, evidence("we delivered", submit=False))
    assert (staged.status, staged.evidence_details.has_evidence) == ("needs_response", True)
    assert provider.v1.disputes.update(dispute.id, {"submit": True}).status == "under_review"
    order(resolve_dispute={"dispute": dispute.id, "won": True})
    assert provider.v1.disputes.retrieve(dispute.id).status == "won"


def test_without_an_answer_the_due_date_loses(provider, disputed, order, happened):
    dispute = disputed()
    order(clock_offset=WEEK + 60)
    late = provider.v1.disputes.retrieve(dispute.id)
    assert (late.status, late.evidence_details.past_due) == ("lost", True)
    assert happened(dispute.id)[-1] == "charge.dispute.closed"


def test_what_was_refunded_is_not_disputed_again(provider, pay, order):
    intent = pay(1000)
    provider.v1.refunds.create({"payment_intent": intent.id, "amount": 400})
    made = order(dispute={"charge": intent.latest_charge})["did"]["dispute"]
    assert made["amount"] == 600


def test_unknown_evidence_is_refused_and_files_are_not_there(provider, disputed):
    dispute = disputed()
    with pytest.raises(stripe.InvalidRequestError, match=r"unknown parameter: evidence\[colour\]"):
        provider.v1.disputes.update(dispute.id, {"evidence": {"colour": "red"}})
    with pytest.raises(stripe.APIError, match="does not implement"):
        provider.v1.disputes.update(dispute.id, {"evidence": {"receipt": "file_1"}})
    with pytest.raises(stripe.InvalidRequestError, match="character count"):
        provider.v1.disputes.update(dispute.id, evidence("x" * 150_001))
