"""Refunds: whole, in part, pending, failed, never too much and never of a disputed charge."""

import pytest
import stripe


def test_a_charge_is_refunded_in_parts_and_its_refunds_are_listed(provider, pay, ledger, happened):
    intent = pay(1000)
    before = ledger.total()
    first = provider.v1.refunds.create(
        {"payment_intent": intent.id, "amount": 300, "reason": "duplicate", "metadata": {"pledge": "7"}}
    )
    second = provider.v1.refunds.create({"charge": intent.latest_charge})
    assert (first.metadata.to_dict(), second.amount) == ({"pledge": "7"}, 700)
    assert ledger.total() == before - 1000
    for by in ({"payment_intent": intent.id}, {"charge": intent.latest_charge}):
        assert [item.id for item in provider.v1.refunds.list(by).data] == [second.id, first.id]
    assert provider.v1.charges.retrieve(intent.latest_charge).refunded is True
    assert happened(first.id) == ["refund.created"]
    assert happened(intent.latest_charge) == ["charge.succeeded", "charge.refunded", "charge.refunded"]
    with pytest.raises(stripe.InvalidRequestError) as refused:
        provider.v1.refunds.create({"payment_intent": intent.id})
    assert refused.value.code == "charge_already_refunded"


def test_a_refund_that_fails_comes_back_and_can_be_made_again(provider, pay, ledger, happened, order):
    intent = pay(1000)
    before = ledger.total()
    refund = provider.v1.refunds.create({"payment_intent": intent.id})
    order(fail_refund={"refund": refund.id, "reason": "lost_or_stolen_card"})
    failed = provider.v1.refunds.retrieve(refund.id)
    assert (failed.status, failed.failure_reason, ledger.total()) == ("failed", "lost_or_stolen_card", before)
    back = provider.v1.balance_transactions.retrieve(failed.failure_balance_transaction)
    assert (back.amount, back.type, back.source) == (1000, "refund_failure", refund.id)
    assert happened(refund.id) == ["refund.created", "refund.updated", "charge.refund.updated", "refund.failed"]
    assert provider.v1.refunds.create({"payment_intent": intent.id}).amount == 1000


def test_a_pending_refund_succeeds_when_its_time_has_come(provider, pay, order, happened):
    intent = pay(1000)
    order(refund_seconds=3600)
    refund = provider.v1.refunds.create({"payment_intent": intent.id})
    assert refund.status == "pending"
    order(clock_offset=3700)
    assert provider.v1.refunds.retrieve(refund.id).status == "succeeded"
    assert "refund.updated" in happened(refund.id)


@pytest.mark.parametrize(
    ("card", "states"),
    [("pm_card_pendingRefund", ("pending", "succeeded")), ("pm_card_refundFail", ("succeeded", "failed"))],
)
def test_the_cards_whose_refunds_take_their_time(provider, pay, order, card, states):
    refund = provider.v1.refunds.create({"payment_intent": pay(card=card).id})
    assert refund.status == states[0]
    order(clock_offset=10)
    assert provider.v1.refunds.retrieve(refund.id).status == states[1]


def test_a_disputed_charge_is_not_refunded(provider, pay):
    intent = pay(card="pm_card_createDispute")
    with pytest.raises(stripe.InvalidRequestError) as refused:
        provider.v1.refunds.create({"payment_intent": intent.id})
    assert refused.value.code == "charge_disputed"


def test_refused_reasons_and_unpaid_intents(provider, pay):
    with pytest.raises(stripe.InvalidRequestError, match="Invalid reason"):
        provider.v1.refunds.create({"payment_intent": pay().id, "reason": "whim"})
    unpaid = provider.v1.payment_intents.create({"amount": 500, "currency": "eur"})
    with pytest.raises(stripe.InvalidRequestError, match="successful charge"):
        provider.v1.refunds.create({"payment_intent": unpaid.id})
