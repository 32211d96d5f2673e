"""Holds, payouts and the balance by currency."""

import pytest
import stripe

DAY = 86_400


def line(found, currency):
    return next((item.amount for item in found if item.currency == currency), 0)


def test_money_is_pending_for_two_days_then_available(provider, pay, order):
    before = provider.v1.balance.retrieve()
    booked = provider.v1.charges.retrieve(pay(2000, currency="usd").latest_charge).balance_transaction
    after = provider.v1.balance.retrieve()
    assert line(after.pending, "usd") == line(before.pending, "usd") + 1945
    assert line(after.available, "usd") == line(before.available, "usd")
    order(clock_offset=2 * DAY + 5)
    assert provider.v1.balance_transactions.retrieve(booked).status == "available"
    later = provider.v1.balance.retrieve()
    assert line(later.available, "usd") >= line(before.available, "usd") + 1945


def test_a_currency_without_cents_counts_whole_units(provider, pay):
    before = line(provider.v1.balance.retrieve().pending, "jpy")
    intent = pay(5000, currency="jpy")
    booked = provider.v1.balance_transactions.list({"source": intent.latest_charge}).data[0]
    assert (booked.amount, booked.fee, booked.net, booked.currency) == (5000, 180, 4820, "jpy")
    assert line(provider.v1.balance.retrieve().pending, "jpy") == before + 4820


def test_a_hold_takes_nothing_until_it_is_captured(provider, pay, ledger, happened):
    before = ledger.total()
    held = pay(1000, capture_method="manual")
    assert (held.status, held.amount_capturable, ledger.total()) == ("requires_capture", 1000, before)
    with pytest.raises(stripe.InvalidRequestError, match="greater than the capturable"):
        provider.v1.payment_intents.capture(held.id, {"amount_to_capture": 1001})
    taken = provider.v1.payment_intents.capture(held.id, {"amount_to_capture": 600})
    assert (taken.status, taken.amount_received, ledger.total()) == ("succeeded", 600, before + 600 - 34)
    charge = provider.v1.charges.retrieve(held.latest_charge)
    assert (charge.captured, charge.amount_captured, charge.amount_refunded) == (True, 600, 400)
    assert "charge.captured" in happened(charge.id)
    with pytest.raises(stripe.InvalidRequestError, match="could not be captured"):
        provider.v1.payment_intents.capture(held.id)
    assert provider.v1.refunds.create({"payment_intent": held.id}).amount == 600


def test_a_hold_is_released_by_canceling_or_by_time(provider, pay, ledger, order):
    before = ledger.total()
    canceled, forgotten = pay(capture_method="manual").id, pay(capture_method="manual").id
    assert provider.v1.payment_intents.cancel(canceled).status == "canceled"
    order(clock_offset=8 * DAY)
    found = provider.v1.payment_intents.retrieve(forgotten)
    assert (found.status, found.cancellation_reason, ledger.total()) == ("canceled", "automatic", before)


def test_a_payout_arrives_after_a_day(provider, pay, ledger, order, happened):
    pay(5000, card="pm_card_bypassPending", currency="gbp")
    before = ledger.total("gbp")
    payout = provider.v1.payouts.create({"amount": 1200, "currency": "gbp"})
    assert (payout.status, ledger.total("gbp")) == ("pending", before - 1200)
    order(clock_offset=DAY + 5)
    assert provider.v1.payouts.retrieve(payout.id).status == "paid"
    assert happened(payout.id) == ["payout.created", "payout.paid"]
    order(fail_payout={"payout": payout.id, "code": "account_closed"})
    failed = provider.v1.payouts.retrieve(payout.id)
    assert (failed.status, failed.failure_code, ledger.total("gbp")) == ("failed", "account_closed", before)


def test_a_payout_is_canceled_while_pending_and_never_larger_than_what_is_available(provider, pay, ledger):
    pay(5000, card="pm_card_bypassPending", currency="gbp")
    before = ledger.total("gbp")
    payout = provider.v1.payouts.create({"amount": 1200, "currency": "gbp"})
    assert provider.v1.payouts.cancel(payout.id).status == "canceled"
    assert ledger.total("gbp") == before
    with pytest.raises(stripe.InvalidRequestError, match="only be canceled while pending"):
        provider.v1.payouts.cancel(payout.id)
    with pytest.raises(stripe.InvalidRequestError) as refused:
        provider.v1.payouts.create({"amount": 99_000_000, "currency": "gbp"})
    assert refused.value.code == "balance_insufficient"


def test_a_balance_transaction_can_come_after_the_answer(provider, pay, ledger, order, happened):
    order(booking_seconds=60)
    before = ledger.total()
    charge = pay(1000).latest_charge
    assert (provider.v1.charges.retrieve(charge).balance_transaction, ledger.total()) == (None, before)
    order(clock_offset=61)
    booked = provider.v1.balance_transactions.retrieve(provider.v1.charges.retrieve(charge).balance_transaction)
    assert (booked.source, ledger.total()) == (charge, before + 960)
    assert happened(charge) == ["charge.succeeded", "charge.updated"]
