"""Requests that our own code sends are recorded at the stand-in and held against the specification."""

import json

import pytest

from payments import provider as ours
from tests.payments.conftest import recorded_problems

# The stand-in outlives each test's rows, so a number that some test's user may have would be taken.
ABSENT_USER = 9_007_199_254_740_991


@pytest.fixture
def recorded(provider, record):
    """The lines since the start of this test."""
    before = len(record.read_text().splitlines())
    return lambda: record.read_text().splitlines()[before:]


def test_a_call_of_our_code_is_recorded_and_allowed(recorded):
    customer = ours.create_customer(email="a@test.example", user_id=ABSENT_USER)["id"]
    intent = ours.create_payment_intent(
        customer=customer, pledge_id="recorded-1", amount=900, currency="EUR", project_id=1
    )
    ours.retrieve_payment_intent(intent["id"])
    lines = recorded()
    assert [json.loads(line)["path"] for line in lines][:2] == ["/v1/customers", "/v1/payment_intents"]
    assert recorded_problems(lines) == (3, [])


def test_an_address_that_changed_after_a_lost_answer_is_not_refused(recorded):
    ours.create_customer(email="old@test.example", user_id=ABSENT_USER)
    made = ours.create_customer(email="new@test.example", user_id=ABSENT_USER)
    assert made["email"] == "new@test.example"


def test_a_request_outside_the_specification_would_be_seen(recorded):
    line = {"method": "POST", "path": "/v1/refunds", "query": "", "body": "amount=ten", "status": 200}
    checked, wrong = recorded_problems([json.dumps(line)])
    assert (checked, len(wrong) > 0) == (1, True)
