"""What we rely on at the provider, said only in terms of the official library.

Runs against the stand-in always, and against Stripe itself in test mode when `STRIPE_SECRET_KEY` is the test key of an
account (`STRIPE_TEST_RECIPIENT` then names a recipient that may receive transfers). So the stand-in cannot drift from
what it stands for without being seen.
"""

import os
import time
import uuid

import pytest
import stripe

from tests.factories.standin import SECRET

KEY = os.environ.get("STRIPE_SECRET_KEY", "")
IS_REAL_KEY = KEY.startswith("sk_test_") and KEY != SECRET
NO_KEY = "STRIPE_SECRET_KEY is not the sk_test_ key of a Stripe account: this scenario ran against the stand-in only"
PROVIDERS = [
    "standin",
    pytest.param("stripe", marks=[pytest.mark.enable_socket, pytest.mark.skipif(not IS_REAL_KEY, reason=NO_KEY)]),
]
# Stripe opens and decides disputes and makes events a moment later.
PATIENCE_SECONDS = 90


@pytest.fixture(params=PROVIDERS)
def client(request):
    """The official client of the provider under test."""
    if request.param == "stripe":
        return stripe.StripeClient(KEY)
    return request.getfixturevalue("provider")


@pytest.fixture
def recipient(request, client):
    """An account that may receive transfers."""
    if "stripe" not in request.node.callspec.params.values():
        return request.getfixturevalue("able_recipient")
    named = os.environ.get("STRIPE_TEST_RECIPIENT")
    if not named:
        pytest.skip("STRIPE_TEST_RECIPIENT names no recipient of the Stripe account")
    return named


def eventually(find):
    """What `find` returns as soon as it returns something."""
    end = time.monotonic() + PATIENCE_SECONDS
    while not (found := find()):
        assert time.monotonic() < end, "the provider did not do it in time"
        time.sleep(0.2)
    return found


def customer(client):
    return client.v1.customers.create({"email": f"{uuid.uuid4().hex}@test.example"}).id


def saved(client, card="pm_card_visa"):
    """(customer, saved card) after a SetupIntent."""
    owner = customer(client)
    values = {"customer": owner, "payment_method": card, "confirm": True, "usage": "off_session"}
    intent = client.v1.setup_intents.create({**values, "payment_method_types": ["card"]})
    return owner, intent


def unconfirmed(client, amount=1000, currency="eur", **values):
    return client.v1.payment_intents.create(
        {"amount": amount, "currency": currency, "payment_method_types": ["card"], **values}
    )


def charged(client, amount=1000, card="pm_card_visa", **values):
    return unconfirmed(client, amount, payment_method=card, confirm=True, **values)


def refusal(error):
    """(code, decline code) of a refused card."""
    body = error.value.json_body["error"]
    return body["code"], body.get("decline_code")


def test_a_card_is_saved_and_charged_later_without_its_holder(client):
    owner, setup = saved(client)
    assert (setup.status, setup.usage) == ("succeeded", "off_session")
    intent = unconfirmed(client, customer=owner, metadata={"pledge": "7"})
    assert intent.status == "requires_payment_method"
    values = {"payment_method": setup.payment_method, "off_session": True, "expand": ["latest_charge"]}
    paid = client.v1.payment_intents.confirm(intent.id, values)
    assert (paid.status, paid.amount_received, paid.metadata["pledge"]) == ("succeeded", 1000, "7")
    charge = paid.latest_charge.id
    # With asynchronous capture, which is the default, it comes a moment later.
    booked = eventually(lambda: client.v1.charges.retrieve(charge).balance_transaction)
    transaction = client.v1.balance_transactions.retrieve(booked)
    assert transaction.net == transaction.amount - transaction.fee
    with pytest.raises(stripe.InvalidRequestError) as again:
        client.v1.payment_intents.confirm(intent.id, {"payment_method": setup.payment_method})
    assert again.value.code == "payment_intent_unexpected_state"


def test_a_card_that_is_refused_is_not_saved(client):
    with pytest.raises(stripe.CardError) as refused:
        saved(client, "pm_card_visa_chargeDeclined")
    assert refusal(refused) == ("card_declined", "generic_decline")


def test_a_saved_card_can_be_declined_at_the_charge(client):
    owner = customer(client)
    card = client.v1.payment_methods.attach("pm_card_chargeCustomerFail", {"customer": owner}).id
    intent = unconfirmed(client, customer=owner)
    with pytest.raises(stripe.CardError) as refused:
        client.v1.payment_intents.confirm(intent.id, {"payment_method": card, "off_session": True})
    assert refused.value.code == "card_declined"
    after = client.v1.payment_intents.retrieve(intent.id)
    assert (after.status, after.payment_method) == ("requires_payment_method", None)
    paid = client.v1.payment_intents.confirm(intent.id, {"payment_method": "pm_card_visa"})
    assert paid.status == "succeeded"


@pytest.mark.parametrize(
    ("card", "codes"),
    [
        ("pm_card_visa_chargeDeclinedInsufficientFunds", ("card_declined", "insufficient_funds")),
        ("pm_card_visa_chargeDeclinedLostCard", ("card_declined", "lost_card")),
        ("pm_card_chargeDeclinedExpiredCard", ("expired_card", None)),
        ("pm_card_chargeDeclinedProcessingError", ("processing_error", None)),
    ],
)
def test_refusals_name_their_reason(client, card, codes):
    with pytest.raises(stripe.CardError) as refused:
        charged(client, card=card)
    code, decline = refusal(refused)
    assert code == codes[0]
    assert codes[1] in {None, decline}


def test_a_card_that_wants_its_holder_is_refused_off_session_and_asks_on_session(client):
    owner = customer(client)
    card = client.v1.payment_methods.attach("pm_card_authenticationRequired", {"customer": owner}).id
    intent = unconfirmed(client, customer=owner)
    with pytest.raises(stripe.CardError) as refused:
        client.v1.payment_intents.confirm(intent.id, {"payment_method": card, "off_session": True})
    assert refused.value.code == "authentication_required"
    values = {"payment_method": card, "return_url": "https://example.test/back"}
    asked = client.v1.payment_intents.confirm(intent.id, values)
    assert (asked.status, asked.next_action.type) == ("requires_action", "redirect_to_url")


def test_refunds_are_whole_or_in_part_and_never_too_much(client):
    intent = charged(client)
    part = client.v1.refunds.create({"payment_intent": intent.id, "amount": 400, "reason": "requested_by_customer"})
    assert (part.amount, part.reason) == (400, "requested_by_customer")
    with pytest.raises(stripe.InvalidRequestError, match="greater than unrefunded"):
        client.v1.refunds.create({"payment_intent": intent.id, "amount": 700})
    rest = client.v1.refunds.create({"payment_intent": intent.id})
    assert {item.id for item in client.v1.refunds.list({"payment_intent": intent.id}).data} == {part.id, rest.id}
    with pytest.raises(stripe.InvalidRequestError) as refused:
        client.v1.refunds.create({"payment_intent": intent.id})
    assert refused.value.code == "charge_already_refunded"


def test_a_key_has_one_effect_and_one_meaning(client):
    key = uuid.uuid4().hex
    values = {"amount": 1000, "currency": "eur", "payment_method_types": ["card"]}
    first = client.v1.payment_intents.create(values, {"idempotency_key": key})
    second = client.v1.payment_intents.create(values, {"idempotency_key": key})
    assert (second.id, second.last_response.headers["Idempotent-Replayed"]) == (first.id, "true")
    with pytest.raises(stripe.IdempotencyError):
        client.v1.payment_intents.create({**values, "amount": 2000}, {"idempotency_key": key})


def test_a_transfer_needs_available_money(client, recipient):
    group = uuid.uuid4().hex
    charged(client, 50_000, "pm_card_bypassPending")
    sent = client.v1.transfers.create(
        {"amount": 100, "currency": "eur", "destination": recipient, "transfer_group": group}
    )
    assert [item.id for item in client.v1.transfers.list({"transfer_group": group}).data] == [sent.id]
    with pytest.raises(stripe.InvalidRequestError) as refused:
        client.v1.transfers.create({"amount": 99_999_999, "currency": "eur", "destination": recipient})
    assert refused.value.code == "balance_insufficient"
    back = client.v1.transfers.reversals.create(sent.id, {"amount": 40})
    assert (back.amount, client.v1.transfers.retrieve(sent.id).amount_reversed) == (40, 40)


def test_a_disputed_charge_is_answered_and_won(client):
    intent = charged(client, card="pm_card_createDispute")
    dispute = eventually(lambda: client.v1.disputes.list({"payment_intent": intent.id}).data)[0]
    assert (dispute.status, dispute.reason, dispute.amount) == ("needs_response", "fraudulent", 1000)
    assert sum(item.amount for item in dispute.balance_transactions) == -1000
    with pytest.raises(stripe.InvalidRequestError) as refused:
        client.v1.refunds.create({"payment_intent": intent.id})
    assert refused.value.code == "charge_disputed"
    client.v1.disputes.update(dispute.id, {"evidence": {"uncategorized_text": "winning_evidence"}})
    assert eventually(lambda: client.v1.disputes.retrieve(dispute.id).status == "won")


def test_a_hold_is_captured_in_part(client):
    held = charged(client, capture_method="manual")
    assert (held.status, held.amount_capturable) == ("requires_capture", 1000)
    taken = client.v1.payment_intents.capture(held.id, {"amount_to_capture": 600})
    assert (taken.status, taken.amount_received) == ("succeeded", 600)


def test_a_canceled_intent_can_never_charge(client):
    intent = unconfirmed(client)
    assert client.v1.payment_intents.cancel(intent.id).status == "canceled"
    with pytest.raises(stripe.InvalidRequestError) as refused:
        client.v1.payment_intents.confirm(intent.id, {"payment_method": "pm_card_visa"})
    assert refused.value.code == "payment_intent_unexpected_state"


def test_wrong_requests_name_their_parameter(client):
    for values, code in (
        ({"amount": 1000, "currency": "eur", "colour": "red"}, "parameter_unknown"),
        ({"currency": "eur"}, "parameter_missing"),
        ({"amount": 1, "currency": "eur"}, "amount_too_small"),
        ({"amount": "ten", "currency": "eur"}, "parameter_invalid_integer"),
    ):
        with pytest.raises(stripe.InvalidRequestError) as refused:
            client.v1.payment_intents.create(values)
        assert refused.value.code == code
    with pytest.raises(stripe.InvalidRequestError) as refused:
        client.v1.payment_intents.retrieve("pi_none")
    assert (refused.value.code, refused.value.http_status) == ("resource_missing", 404)


def test_a_currency_without_cents_is_charged_in_whole_units(client):
    intent = unconfirmed(client, 5000, "jpy", payment_method="pm_card_visa", confirm=True)
    assert (intent.status, intent.amount_received) == ("succeeded", 5000)


def test_events_tell_what_happened_newest_first(client):
    intent = charged(client)

    def about():
        events = client.v1.events.list({"types": ["payment_intent.created", "payment_intent.succeeded"], "limit": 50})
        return [event.type for event in events.data if event.data.object["id"] == intent.id]

    assert eventually(lambda: about() if len(about()) == 2 else None) is not None
    assert set(about()) == {"payment_intent.created", "payment_intent.succeeded"}


def test_lists_are_paged_newest_first(client):
    owner, setup = saved(client)
    values = {"customer": owner, "payment_method": setup.payment_method}
    made = [charged(client, 1000 + number, values["payment_method"], customer=owner).id for number in range(3)]
    first = client.v1.payment_intents.list({"customer": owner, "limit": 2})
    assert ([item.id for item in first.data], first.has_more) == (made[:0:-1], True)
    rest = client.v1.payment_intents.list({"customer": owner, "limit": 2, "starting_after": first.data[-1].id})
    assert ([item.id for item in rest.data], rest.has_more) == (made[:1], False)
