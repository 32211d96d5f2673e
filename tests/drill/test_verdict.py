"""The verdict finds what it must find: an honest run is clean, and each kind of damage is not."""

import json
from datetime import timedelta

import pytest
from django.utils import timezone

from bench.drill.damage import DAMAGES
from bench.drill.verdict import judge
from payments.models import CashPledge
from payments.services import collecting, refunding, settling, webhooks
from payments.services.reconciling import reconcile
from projects.models import Project
from tests.factories.payments import collected, funded_project, pledged
from tests.factories.people import make_project
from tests.factories.standin import SECRET, StandinProcess

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def house(tmp_path, settings):
    """A provider of its own: every object there belongs to this test."""
    running = StandinProcess(tmp_path / "standin", "http://127.0.0.1:9/webhooks/stripe/")
    settings.STRIPE_API_BASE, settings.STRIPE_SECRET_KEY = running.base, SECRET
    yield running
    running.stop()


@pytest.fixture
def later(house):
    """Charged at once and after a deadline, refunded in part, settled: the moment of the verdict."""
    now = timezone.now()
    funded = funded_project(currency="USD", deadline_at=now - timedelta(days=1), compute_ends_at=now)
    pledges = [collected(funded, amount=amount, now=now) for amount in (5000, 2500, 1200)]
    refunding.request_refund(pledge_id=pledges[0].pk, amount=700, cause="creator", now=now)
    waiting = make_project(currency="JPY", deadline_at=now + timedelta(days=1), compute_ends_at=now + timedelta(days=9))
    pledged(waiting, amount=900, now=now)
    Project.objects.filter(pk=waiting.pk).update(state="collecting")
    collecting.freeze_projects(now=now)
    collecting.collect_due(now=now)
    Project.objects.filter(pk=waiting.pk).update(state="funded")
    refunding.send_refunds(now=now)
    reconcile(now=now, listed_at=now)
    later = now + timedelta(days=3)
    settling.settle_available(now=later)
    return later


def exit_status(verdict):
    return 0 if verdict.is_clean else 1


def test_an_honest_run_is_clean(later):
    verdict = judge(now=later, expected=[str(pk) for pk in CashPledge.objects.values_list("pk", flat=True)])
    assert verdict.line(seed=1) == {
        "pledges": 4, "collected": 4, "dropped": 0, "refunded": 1, "double_charges": 0, "lost_cents": 0,
        "ledger_difference_minor": {"JPY": 0, "USD": 0}, "unsettled": 0, "unsettled_kinds": {},
        "difference_count": 0, "differences": [], "seed": 1,
    }  # fmt: skip
    assert exit_status(verdict) == 0


def test_a_second_charge_past_the_platform(later):
    DAMAGES["second-charge"]()
    verdict = judge(now=later)
    assert verdict.double_charges == 1
    assert verdict.lost_cents > 0
    assert min(verdict.ledger.values()) < 0  # In the currency of whichever pledge was charged again.
    assert exit_status(verdict) == 1


def test_a_charge_that_the_ledger_never_saw(later):
    DAMAGES["charge-nobody-booked"]()
    verdict = judge(now=later)
    assert verdict.double_charges == 0
    assert verdict.lost_cents in (1200, 2500, 5000, 900)
    assert any("expected charges []" in difference for difference in verdict.differences)
    assert exit_status(verdict) == 1


def test_a_stuck_pledge(later):
    DAMAGES["stuck-pledge"]()
    verdict = judge(now=later)
    assert verdict.open == {"pledges to charge": 1}
    assert exit_status(verdict) == 1


def test_a_pledge_that_is_gone(later):
    assert exit_status(judge(now=later, expected=["00000000-0000-4000-8000-000000000000"])) == 1


def test_a_refund_that_nobody_here_asked_for(later, house):
    pledge = CashPledge.objects.filter(state="collected", currency="USD").latest("created_at")
    house.client().v1.refunds.create({"payment_intent": pledge.payment_intent_id, "amount": 100})
    verdict = judge(now=later)
    assert verdict.lost_cents == 100
    assert exit_status(verdict) == 1


def test_a_dispute_that_nobody_here_heard_of(later):
    pledge = CashPledge.objects.filter(state="collected", currency="USD").latest("created_at")
    collected(pledge.project, amount=800, card="pm_card_createDispute", now=later)
    settling.settle_available(now=later + timedelta(days=3))
    verdict = judge(now=later)
    assert any(difference.startswith("dispute ") for difference in verdict.differences)
    assert exit_status(verdict) == 1


def test_a_webhook_that_was_not_looked_at(later):
    event = {"id": "evt_1", "type": "payment_intent.succeeded", "data": {"object": {"id": "pi_1", "object": "x"}}}
    webhooks._store(json.loads(json.dumps(event)), timezone.now())
    assert judge(now=later).open == {"webhooks not processed": 1}
