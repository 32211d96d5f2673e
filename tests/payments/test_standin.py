"""The stand-in against the official library: codes, idempotency, one success at most."""

import pytest
import stripe


def saved_card(provider, method="pm_card_visa"):
    customer = provider.v1.customers.create({"email": "a@test.example"})
    intent = provider.v1.setup_intents.create(
        {"customer": customer.id, "payment_method": method, "confirm": True, "usage": "off_session"}
    )
    return customer.id, intent


def charge(provider, customer, method, key=None, amount=1000):
    made = provider.v1.payment_intents.create({"amount": amount, "currency": "eur", "customer": customer})
    options = {"idempotency_key": key} if key else {}
    return made.id, lambda: provider.v1.payment_intents.confirm(
        made.id, {"payment_method": method, "off_session": True}, options
    )


def test_a_saved_card_is_charged_once_and_its_fee_is_in_the_balance_transaction(provider):
    customer, setup = saved_card(provider)
    assert setup.status == "succeeded"
    intent_id, confirm = charge(provider, customer, setup.payment_method, key="one-key")
    first, second = confirm(), confirm()
    assert (first.status, second.latest_charge) == ("succeeded", first.latest_charge)
    found = provider.v1.payment_intents.retrieve(intent_id, {"expand": ["latest_charge.balance_transaction"]})
    transaction = found.latest_charge.balance_transaction
    assert (transaction.amount, transaction.fee, transaction.net, transaction.status) == (1000, 40, 960, "pending")
    with pytest.raises(stripe.InvalidRequestError, match="cannot be confirmed"):
        provider.v1.payment_intents.confirm(intent_id, {"payment_method": setup.payment_method})


def test_a_key_used_for_something_else_is_refused(provider):
    provider.v1.customers.create({"name": "a"}, {"idempotency_key": "k"})
    with pytest.raises(stripe.IdempotencyError):
        provider.v1.customers.create({"name": "b"}, {"idempotency_key": "k"})


@pytest.mark.parametrize(
    ("method", "code", "decline"),
    [
        ("pm_card_chargeCustomerFail", "card_declined", "generic_decline"),
        ("pm_card_authenticationRequired", "authentication_required", "authentication_required"),
    ],
)
def test_refusals_come_as_402_with_code_and_advice(provider, method, code, decline):
    customer = provider.v1.customers.create({}).id
    card = provider.v1.payment_methods.attach(method, {"customer": customer}).id
    intent_id, confirm = charge(provider, customer, card)
    with pytest.raises(stripe.CardError) as refused:
        confirm()
    assert (refused.value.code, refused.value.json_body["error"]["decline_code"]) == (code, decline)
    after = provider.v1.payment_intents.retrieve(intent_id)
    assert (after.status, after.payment_method) == ("requires_payment_method", None)


def test_a_card_refused_at_set_up_is_not_attached(provider):
    with pytest.raises(stripe.CardError):
        saved_card(provider, "pm_card_chargeDeclined")


def test_unknown_parameters_operations_and_keys_are_refused(provider, standin):
    with pytest.raises(stripe.InvalidRequestError, match="unknown parameter: colour"):
        provider.v1.customers.create({"colour": "red"})
    with pytest.raises(stripe.APIError, match="does not implement"):
        provider.v1.products.list()
    with pytest.raises(stripe.AuthenticationError):
        standin.client("sk_test_wrong").v1.customers.create({})


def test_refunds_never_pass_the_charge(provider):
    customer, setup = saved_card(provider)
    intent_id, confirm = charge(provider, customer, setup.payment_method)
    confirm()
    assert provider.v1.refunds.create({"payment_intent": intent_id, "amount": 400}).status == "succeeded"
    with pytest.raises(stripe.InvalidRequestError, match="greater than unrefunded"):
        provider.v1.refunds.create({"payment_intent": intent_id, "amount": 700})
