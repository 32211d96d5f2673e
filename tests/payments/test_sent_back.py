"""Refunds that the bank sends back: they are not sent again by themselves, and stock is freed once."""

from datetime import timedelta

import pytest
from django.utils import timezone

from payments import provider
from payments.models import CashPledge, LedgerTransaction, Refund
from payments.services import endings, refunding
from payments.services.auditing import audit
from payments.services.pledging import cancel_pledge
from projects.models import Project, Reward
from tests.factories.payments import collected, funded_project, order
from tests.factories.people import make_user

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


def charged(project, **fields):
    reward = Reward.objects.create(project=project, title="A card", threshold_minor=1000, limit=9)
    add_on = Reward.objects.create(project=project, title="A sticker", threshold_minor=300, is_add_on=True, limit=9)
    return collected(project, reward=reward, add_ons={add_on: 2}, now=timezone.now(), **fields), reward, add_on


def sweep_and_send_back(standin, now):
    """One turn of the sweeps; every refund that left comes back from the bank."""
    endings.refund_due(now=now)
    refunding.send_refunds(now=now)
    for refund in Refund.objects.filter(state="succeeded"):
        order(standin, fail_refund={"refund": refund.provider_id})
        Refund.objects.filter(pk=refund.pk).update(state="sent", next_attempt_at=now)
    refunding.send_refunds(now=now)


def test_a_dead_project_refunds_once_where_the_bank_sends_it_back(standin):
    pledge, _, _ = charged(funded_project())
    Project.objects.filter(pk=pledge.project_id).update(state="canceled")
    for turn in range(3):
        sweep_and_send_back(standin, timezone.now() + turn * DAY)
    pledge.refresh_from_db()
    assert [refund.state for refund in pledge.refunds.all()] == ["failed"]
    assert (pledge.state, pledge.refunded_minor) == ("collected", 0)
    refunding.request_refund(pledge_id=pledge.pk, amount=None, cause="staff", now=timezone.now())


def test_a_charge_that_came_too_late_is_refunded_once_where_the_bank_sends_it_back(standin):
    now = timezone.now()
    pledge, _, _ = charged(funded_project())
    CashPledge.objects.filter(pk=pledge.pk).update(state="started")
    cancel_pledge(pledge_id=pledge.pk, now=now)
    pledge.transitions.create(
        source="canceled", target="collected", amount_before=5000, amount_after=5000, happened_at=now
    )
    CashPledge.objects.filter(pk=pledge.pk).update(state="collected")
    for turn in range(3):
        sweep_and_send_back(standin, now + turn * DAY)
    assert [refund.state for refund in pledge.refunds.all()] == ["failed"]


def test_stock_is_freed_once_however_often_a_refund_comes_back(standin):
    project, now = funded_project(), timezone.now()
    pledge, reward, add_on = charged(project)
    other = collected(project, reward=reward, add_ons={add_on: 2}, now=now)
    for turn in range(2):
        by = make_user(is_staff=True)
        refunding.request_refund(pledge_id=pledge.pk, amount=None, cause="staff", now=now, by=by)
        sweep_and_send_back(standin, now + turn * DAY)
    reward.refresh_from_db()
    add_on.refresh_from_db()
    assert (reward.claimed, add_on.claimed) == (1, 2)
    assert other.state == "collected"
    assert LedgerTransaction.objects.filter(kind="refund_failure").count() == 2
    assert [found.invariant.name for found in audit() if not found.holds] == []


def test_a_refund_that_came_back_before_its_answer_did_is_booked_both_ways(standin):
    pledge, _, _ = charged(funded_project())
    refund = refunding.request_refund(pledge_id=pledge.pk, amount=None, cause="staff", now=timezone.now())
    order(standin, faults=[{"kind": "lost_after", "path": "/v1/refunds", "method": "POST"}])
    refunding.send_refunds(now=timezone.now())
    (lost,) = provider.refunds_of(pledge.payment_intent_id)
    order(standin, fail_refund={"refund": lost["id"]})
    refunding.send_refunds(now=timezone.now() + 2 * DAY)
    refund.refresh_from_db()
    pledge.refresh_from_db()
    assert (refund.state, pledge.state, pledge.refunded_minor) == ("failed", "collected", 0)
    booked = LedgerTransaction.objects.filter(pledge=pledge, kind__in=("refund", "refund_failure")).order_by("pk")
    assert [row.kind for row in booked] == ["refund", "refund_failure"]
    assert [found.invariant.name for found in audit() if not found.holds] == []
