"""Two hundred at once: one pledge, one charge, one refund, one transfer."""

from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import pytest
from django.db import connections

from payments import provider
from payments.errors import PaymentsError
from payments.models import CashPledge, LedgerTransaction
from payments.services import collecting, refunding
from payments.services.pledging import start_pledge
from projects.closing import close_project
from projects.models import Reward
from tests.factories.payments import chosen, pledged
from tests.factories.people import NOW, make_project, make_user

pytestmark = pytest.mark.django_db(transaction=True)
AT_ONCE = 200


def all_at_once(deed):
    """Call `deed` so often, from as many threads as the database has connections for."""

    def one(number):
        try:
            return deed(number)
        except PaymentsError:
            return None
        finally:
            connections.close_all()

    with ThreadPoolExecutor(24) as pool:
        return list(pool.map(one, range(AT_ONCE)))


def test_one_key_makes_one_pledge_and_takes_one_reward():
    project, backer, token = make_project(), make_user(), uuid4()
    reward = Reward.objects.create(project=project, title="One", threshold_minor=100, limit=5)
    choice = chosen(project, reward=reward)
    made = all_at_once(
        lambda _: start_pledge(project=project, backer=backer, choice=choice, client_token=token, now=NOW).pk
    )
    reward.refresh_from_db()
    assert (len(set(made)), CashPledge.objects.count(), reward.claimed) == (1, 1, 1)


def test_one_pledge_is_charged_once_and_given_back_once(standin):
    project = make_project(funding_minimum=10_00)
    pledge = pledged(project, amount=60_00)
    close_project(project_id=project.pk, now=project.deadline_at)
    collecting.freeze_projects(now=project.deadline_at)
    done = all_at_once(lambda _: collecting.collect(pledge_id=pledge.pk, now=project.deadline_at))
    pledge.refresh_from_db()
    charges = provider.client().v1.charges.list({"payment_intent": pledge.payment_intent_id}).data
    assert (sum(filter(None, done)), pledge.state, [charge.amount for charge in charges]) == (1, "collected", [60_00])
    refund = refunding.request_refund(pledge_id=pledge.pk, amount=None, cause="staff", now=NOW)
    all_at_once(lambda _: refunding.send_refund(refund_id=refund.pk, now=NOW))
    refunds = provider.client().v1.refunds.list({"payment_intent": pledge.payment_intent_id}).data
    kinds = LedgerTransaction.objects.filter(pledge=pledge).values_list("kind", flat=True)
    assert ([item.amount for item in refunds], sorted(kinds)) == ([60_00], ["charge", "refund"])
