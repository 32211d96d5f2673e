"""What the tests of the stand-in share: its controls, set back after each test."""

import time

import pytest
import requests

from tests.factories.standin import SECRET

CALM = {
    "faults": [],
    "rate_limits": {},
    "webhooks": {},
    "refund_seconds": None,
    "booking_seconds": 0,
    "clock_offset": 0,
}


class Ledger:
    """What the balance says, and how it changed."""

    def __init__(self, provider):
        self.provider = provider

    def total(self, currency="eur"):
        """Available and pending together, in minor units."""
        found = self.provider.v1.balance.retrieve()
        return sum(line.amount for line in [*found.available, *found.pending] if line.currency == currency)


@pytest.fixture
def order(standin_process):
    """Sends orders to the controls; returns the answer, which must be a 200."""

    def send(**orders):
        headers = {"Authorization": f"Bearer {SECRET}"}
        answer = requests.post(f"{standin_process.base}/standin/control", json=orders, headers=headers, timeout=10)
        assert answer.status_code == 200, answer.text
        return answer.json()

    yield send
    send(**CALM)


@pytest.fixture
def ledger(provider):
    return Ledger(provider)


@pytest.fixture
def pay(provider):
    """Charges a card of test mode; returns the PaymentIntent."""

    def charge(amount=1000, card="pm_card_visa", currency="eur", **values):
        values = {"amount": amount, "currency": currency, "payment_method": card, "confirm": True, **values}
        return provider.v1.payment_intents.create(values)

    return charge


@pytest.fixture
def happened(provider):
    """Types of the events about an object, oldest first, among the newest hundred."""

    def types(object_id):
        events = provider.v1.events.list({"limit": 100}).data
        return [event.type for event in reversed(events) if event.data.object["id"] == object_id]

    return types


@pytest.fixture
def until():
    """Waits for a condition, at most ten seconds."""

    def wait(condition):
        end = time.monotonic() + 10
        while not (found := condition()):
            assert time.monotonic() < end, "it did not happen in ten seconds"
            time.sleep(0.05)
        return found

    return wait
