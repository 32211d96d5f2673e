"""Events, list pages and webhooks: newest first, by cursor, by time; withheld, repeated and shuffled as ordered."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
import requests
import stripe

from tests.factories.standin import SECRET, StandinProcess

WEBHOOK_SECRET = "whsec_standin_commonweave"


@pytest.fixture
def customers(provider):
    """Seven customers, oldest first, and a marker that is the time of the last."""
    return [provider.v1.customers.create({"name": str(number)}) for number in range(7)]


def test_pages_go_both_ways_and_cover_everything(provider, customers):
    made = [customer.id for customer in customers][::-1]
    seen = provider.v1.events.list({"type": "customer.created", "limit": 3})
    assert [event.data.object["id"] for event in seen.data] == made[:3]
    assert seen.has_more is True
    second = provider.v1.events.list({"type": "customer.created", "limit": 3, "starting_after": seen.data[-1].id})
    assert [event.data.object["id"] for event in second.data] == made[3:6]
    back = provider.v1.events.list({"type": "customer.created", "limit": 2, "ending_before": second.data[0].id})
    assert [event.data.object["id"] for event in back.data] == made[1:3]
    paged = [event.id for event in seen.auto_paging_iter()]
    assert (len(paged), len(set(paged))) == (len(paged), len(paged))
    assert len(paged) >= 7


def test_events_are_found_by_types_and_time(provider, customers):
    now = customers[-1].created
    found = provider.v1.events.list({"types": ["customer.created", "payout.created"], "created": {"gte": now}})
    assert {event.type for event in found.data} == {"customer.created"}
    assert provider.v1.events.list({"created": {"gt": now + 10 * 365 * 86_400}}).data == []
    assert provider.v1.events.retrieve(found.data[0].id).id == found.data[0].id


def test_wrong_cursors_limits_and_times_are_refused(provider):
    for wrong in (
        {"starting_after": "evt_none"}, {"limit": 0}, {"limit": 101}, {"limit": "x"}, {"created": {"about": 1}},
        {"created": "today"}, {"starting_after": "a", "ending_before": "b"}, {"types": "x"},
    ):  # fmt: skip
        with pytest.raises(stripe.InvalidRequestError):
            provider.v1.events.list(wrong)


class Receiver(ThreadingHTTPServer):
    """Takes webhooks and keeps their events."""

    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Taking)
        self.events, self.status, self.refused = [], 200, 0
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def about(self, name):
        return [event for event in self.events if event.data.object["name"].startswith(name)]


class Taking(BaseHTTPRequestHandler):
    def do_POST(self):
        payload = self.rfile.read(int(self.headers["Content-Length"]))
        event = stripe.Webhook.construct_event(payload, self.headers["Stripe-Signature"], WEBHOOK_SECRET)
        if self.server.status == 200:
            self.server.events.append(event)
        else:
            self.server.refused += 1
        self.send_response(self.server.status)
        self.end_headers()

    def log_message(self, *_values):
        """Quiet."""


@pytest.fixture(scope="module")
def receiver():
    with Receiver() as server:
        yield server
        server.shutdown()


@pytest.fixture(scope="module")
def delivering(tmp_path_factory, receiver):
    """A stand-in of its own that delivers to the receiver."""
    url = f"http://127.0.0.1:{receiver.server_address[1]}/"
    running = StandinProcess(tmp_path_factory.mktemp("delivering"), url)
    yield running
    running.stop()


@pytest.fixture
def plan(delivering):
    """Orders a plan of deliveries."""

    def send(**values):
        headers = {"Authorization": f"Bearer {SECRET}"}
        requests.post(f"{delivering.base}/standin/control", json={"webhooks": values}, headers=headers, timeout=10)

    yield send
    send()


def make(delivering, name, count):
    client = delivering.client()
    return [client.v1.customers.create({"name": f"{name}{number}"}).id for number in range(count)]


def test_copies_and_order_follow_the_plan(delivering, receiver, plan, until):
    plan(duplicate=1.0, most=3, shuffle=0.5, seed=3)
    made = make(delivering, "dup", 10)
    until(lambda: len({event.id for event in receiver.about("dup")}) == 10 and len(receiver.about("dup")) >= 20)
    arrived = [event.data.object["id"] for event in receiver.about("dup")]
    assert set(arrived) == set(made)
    assert list(dict.fromkeys(arrived)) != made


def test_withheld_events_are_shown_as_not_delivered(delivering, receiver, plan, until):
    plan(drop=1.0)
    dropped = set(make(delivering, "drop", 3))
    plan()
    sent = set(make(delivering, "sent", 2))
    until(lambda: len(receiver.about("sent")) == 2)
    listed = delivering.client().v1.events.list

    def about(delivered):
        return {event.data.object["id"] for event in listed({"delivery_success": delivered, "limit": 100}).data}

    assert dropped <= about("false")
    until(lambda: sent <= about("true"))
    assert not dropped & about("true")
    assert receiver.about("drop") == []


def test_a_refused_delivery_is_tried_again(delivering, receiver, until):
    receiver.status = 500
    make(delivering, "again", 1)
    until(lambda: receiver.refused)
    receiver.status = 200
    assert len(until(lambda: receiver.about("again"))) == 1


def test_the_signature_covers_the_payload(delivering):
    with pytest.raises(stripe.SignatureVerificationError):
        stripe.Webhook.construct_event(json.dumps({"id": "evt_1"}), "t=1,v1=00", WEBHOOK_SECRET)
