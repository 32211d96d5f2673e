"""Ordered faults: what is done, what is answered, and how a lost answer is found again."""

import concurrent.futures
import time
from collections import Counter

import pytest
import requests
import stripe

from tests.factories.standin import SECRET


def customer(provider, key=None):
    return provider.v1.customers.create({"name": "f"}, {"idempotency_key": key} if key else {})


def attempt(provider):
    """`made`, or the code of the refusal."""
    try:
        customer(provider)
    except stripe.StripeError as error:
        return (error.json_body or {}).get("error", {}).get("code")
    return "made"


def test_an_answer_lost_after_the_effect_is_found_by_its_key(provider, order):
    order(faults=[{"kind": "lost_after", "path": "/v1/customers"}])
    with pytest.raises(stripe.APIConnectionError):
        customer(provider, "lost-1")
    again = provider.v1.customers.create({"name": "f"}, {"idempotency_key": "lost-1"})
    assert again.last_response.headers["Idempotent-Replayed"] == "true"


def test_a_cut_connection_did_nothing(provider, order):
    order(faults=[{"kind": "cut_before", "path": "/v1/customers"}])
    with pytest.raises(stripe.APIConnectionError):
        customer(provider, "cut-1")
    assert "Idempotent-Replayed" not in customer(provider, "cut-1").last_response.headers


@pytest.mark.parametrize(
    ("kind", "raised", "code"),
    [
        ("500", stripe.APIError, None),
        ("503", stripe.APIError, None),
        ("409", stripe.APIError, "idempotency_key_in_use"),
        ("429", stripe.RateLimitError, "rate_limit"),
        ("lock_timeout", stripe.RateLimitError, "lock_timeout"),
    ],
)
def test_faults_before_the_effect_leave_nothing(provider, order, kind, raised, code):
    order(faults=[{"kind": kind, "count": 2}])
    for _ in range(2):
        with pytest.raises(raised) as fault:
            customer(provider, f"fault-{kind}")
        assert fault.value.json_body["error"].get("code") == code
    assert "Idempotent-Replayed" not in customer(provider, f"fault-{kind}").last_response.headers


def test_random_faults_are_the_same_for_the_same_seed(provider, order):
    def outcomes():
        order(faults=[{"kind": "500", "probability": 0.4, "seed": 11}])
        return [attempt(provider) for _ in range(25)]

    first = outcomes()
    assert first == outcomes()
    assert 4 < first.count(None) < 18


def test_real_rate_limits_refuse_with_nothing_done(provider, order):
    order(rate_limits={"endpoint": 5})
    answers = Counter(attempt(provider) for _ in range(12))
    assert answers["rate_limit"] > 0
    assert answers["made"] >= 5
    time.sleep(0.5)
    assert customer(provider).id


def test_two_hundred_uses_of_one_key_have_one_effect(provider, standin):
    method = provider.v1.payment_methods.create(
        {"type": "card", "card": {"number": "4242424242424242", "exp_month": 12, "exp_year": 2034, "cvc": "123"}}
    ).id

    def use(_number):
        values = {"amount": 777, "currency": "eur", "payment_method": method, "confirm": "true"}
        headers = {"Authorization": f"Bearer {SECRET}", "Idempotency-Key": "one-of-200"}
        return requests.post(f"{standin.base}/v1/payment_intents", data=values, headers=headers, timeout=60).json()[
            "id"
        ]

    with concurrent.futures.ThreadPoolExecutor(200) as pool:
        ids = set(pool.map(use, range(200)))
    assert len(ids) == 1
    assert len(provider.v1.charges.list({"payment_intent": ids.pop()}).data) == 1


def test_unknown_orders_are_refused_and_all_facts_are_shown(standin, order):
    headers = {"Authorization": f"Bearer {SECRET}"}
    url = f"{standin.base}/standin/control"
    for wrong in ({"weather": 1}, {"faults": [{"kind": "rain"}]}, {"webhooks": {"lose": 1}}, {"dispute": {}}):
        assert requests.post(url, json=wrong, headers=headers, timeout=10).status_code == 400
    assert requests.get(url, timeout=10).status_code == 401
    order(faults=[{"kind": "500", "path": "/v1/nothing"}])
    shown = requests.get(url, headers=headers, timeout=10).json()
    assert shown["facts"]["faults"] == [{"kind": "500", "path": "/v1/nothing"}]
    assert "dispute" in shown["actions"]
