"""The card pages: refusals with clear sentences, other people's pledges hidden, webhooks verified."""

import hashlib
import hmac
import json
import time
from uuid import uuid4

import pytest
from django.urls import reverse

from payments.models import CashPledge, WebhookEvent
from payments.services.mails import repair_token
from payments.services.webhooks import process_inbox
from projects.models import Reward
from tests.factories.payments import pledged, started
from tests.factories.people import NOW, make_project, make_user

pytestmark = pytest.mark.django_db
SECRET = "whsec_standin_commonweave"


@pytest.fixture(autouse=True)
def fixed_clock(monkeypatch):
    monkeypatch.setattr("payments.web.views.business_now", lambda: NOW)


def signed_in(client, **fields):
    user = make_user(**fields)
    client.force_login(user)
    return user


def typed(**changes):
    return {"amount": "50", "currency": "EUR", "reward": "", "client_token": str(uuid4()), **changes}


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"amount": "-5"}, "must be more than zero"),
        ({"amount": "0"}, "must be more than zero"),
        ({"amount": "lots"}, "as a number"),
        ({"amount": "999999999"}, "The largest amount is"),
        ({"amount": "1.005"}, "EUR has 2 digits"),
        ({"amount": "0.10"}, "The smallest pledge is"),
        ({"currency": "USD"}, "This project takes EUR"),
        ({"amount": "<script>1</script>"}, "as a number"),
        ({"reward": "99999"}, "valid choice"),
    ],
)
def test_bad_input_says_what_is_wrong_and_keeps_the_rest(client, changes, says):
    signed_in(client)
    page = client.post(reverse("payments:pledge", args=[make_project().slug]), typed(**changes))
    text = page.content.decode()
    assert page.status_code == 422
    assert says in text
    assert "<script>1" not in text
    assert not CashPledge.objects.exists()


def test_double_submission_is_one_pledge(client):
    signed_in(client)
    project, data = make_project(), typed()
    address = reverse("payments:pledge", args=[project.slug])
    first, second = client.post(address, data), client.post(address, data)
    assert (first.status_code, first.url) == (302, second.url)
    assert CashPledge.objects.get().amount_minor == 5000


def test_after_the_deadline_nothing_is_taken(client):
    signed_in(client)
    project = make_project(deadline_at=NOW)
    page = client.post(reverse("payments:pledge", args=[project.slug]), typed())
    assert "no longer takes pledges" in page.content.decode()
    assert not CashPledge.objects.exists()


def test_a_sold_out_reward_is_refused_by_name(client):
    signed_in(client)
    project = make_project()
    reward = Reward.objects.create(project=project, title="Card", threshold_minor=1000, limit=1, claimed=1)
    page = client.post(reverse("payments:pledge", args=[project.slug]), typed(reward=reward.pk))
    assert "sold out" in page.content.decode()


@pytest.mark.parametrize("name", ["detail", "card", "returned"])
def test_anothers_pledge_is_not_found(client, name):
    pledge = started(make_project())
    address = reverse(f"payments:{name}", args=[pledge.pk])
    assert client.get(address).status_code == 302
    signed_in(client)
    assert client.get(address).status_code == 404


@pytest.mark.parametrize("name", ["change", "cancel"])
def test_anothers_pledge_is_not_changed(client, name):
    pledge = started(make_project())
    signed_in(client, is_staff=True)
    assert client.post(reverse(f"payments:{name}", args=[pledge.pk]), typed()).status_code == 404
    pledge.refresh_from_db()
    assert pledge.state == "started"


def test_only_the_creator_sets_payouts_up(client):
    project = make_project()
    for name in ("payouts", "payouts_returned"):
        signed_in(client)
        assert client.get(reverse(f"payments:{name}", args=[project.slug])).status_code == 403
    assert client.post(reverse("payments:payouts_begin", args=[project.slug])).status_code == 403


def test_the_card_page_alone_opens_the_policy(client, standin, settings):
    user = signed_in(client)
    project = make_project()
    pledge = started(project, backer=user)
    page = client.get(reverse("payments:card", args=[pledge.pk]))
    other = client.get(reverse("payments:pledge", args=[project.slug]))
    assert "frame-src" in page.headers["Content-Security-Policy"]
    assert "frame-src" not in other.headers["Content-Security-Policy"]
    assert f'data-secret="{pledge_secret(pledge)}' in page.content.decode()


def pledge_secret(pledge):
    pledge.refresh_from_db()
    return pledge.setup_intent_id


def test_the_provider_away_is_a_calm_503_that_keeps_the_pledge(client, settings):
    settings.STRIPE_API_BASE = "http://127.0.0.1:9"
    pledge = started(make_project(), backer=signed_in(client))
    page = client.get(reverse("payments:card", args=[pledge.pk]))
    assert (page.status_code, page.headers["Retry-After"]) == (503, "30")
    assert "nothing was charged" in page.content.decode()


def test_a_repair_link_is_signed(client, standin):
    pledge = pledged(make_project())
    token = repair_token(pledge)
    assert "Nothing to repair" in client.get(reverse("payments:repair", args=[token])).content.decode()
    assert client.get(reverse("payments:repair", args=[token[:-2] + "xx"])).status_code == 404


def deliver(client, payload, *, secret=SECRET, age=0):
    stamp = int(time.time()) - age
    body = json.dumps(payload).encode()
    digest = hmac.new(secret.encode(), f"{stamp}.".encode() + body, hashlib.sha256).hexdigest()
    return client.post(
        "/webhooks/stripe/",
        body,
        content_type="application/json",
        headers={"Stripe-Signature": f"t={stamp},v1={digest}"},
    )


def event(object_id="seti_1", kind="setup_intent.succeeded", event_id="evt_1"):
    item = {"id": object_id, "object": kind.split(".")[0]}
    return {
        "id": event_id, "object": "event", "type": kind, "api_version": "2026-05-27.dahlia", "created": 1,
        "livemode": False, "data": {"object": item},
    }  # fmt: skip


def test_webhooks_with_a_wrong_or_stale_signature_are_refused(client):
    assert deliver(client, event(), secret="whsec_wrong").status_code == 400
    assert deliver(client, event(), age=3600).status_code == 400
    assert client.post("/webhooks/stripe/", b"{}", content_type="application/json").status_code == 400
    assert not WebhookEvent.objects.exists()


def test_a_webhook_comes_twice_and_before_our_commit(client, standin):
    project = make_project()
    pledge = pledged(project)
    CashPledge.objects.filter(pk=pledge.pk).update(state="started")
    body = event(pledge.setup_intent_id)
    assert [deliver(client, body).status_code for _ in range(2)] == [200, 200]
    deliver(client, event("seti_unknown", event_id="evt_2"))
    now = WebhookEvent.objects.latest("pk").received_at
    assert process_inbox(received_before=now, now=NOW) == 1
    assert process_inbox(received_before=now, now=NOW) == 0
    pledge.refresh_from_db()
    unknown = WebhookEvent.objects.get(event_id="evt_2")
    assert (pledge.state, unknown.processed_at, unknown.error) == ("active", None, "unknown object, parked")


def test_trying_many_cards_is_slowed_down(client, monkeypatch):
    monkeypatch.setattr("payments.web.card_testing.STARTS_AN_HOUR", 2)
    signed_in(client)
    address = reverse("payments:pledge", args=[make_project().slug])
    answers = [client.post(address, typed()) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [302, 302, 422]
    assert "Wait a little; those you made are kept." in answers[2].content.decode()
