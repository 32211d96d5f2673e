"""Refunds: whole or in part, never more than is left, once whatever is lost, and back when a bank refuses."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connection

from payments.errors import RefundRefused
from payments.models import CashPledge, LedgerTransaction, Refund
from payments.services import endings, refund_all, refunding
from payments.services.ledger import balances
from projects.states import change_state
from projects.totals import totals_of
from tests.factories.payments import collected, funded_project, order, pledged
from tests.factories.people import NOW, make_project

pytestmark = pytest.mark.django_db
LATER = NOW + timedelta(minutes=5)


def give_back(pledge, amount=None, **fields):
    refund = refunding.request_refund(pledge_id=pledge.pk, amount=amount, cause="creator", now=NOW, **fields)
    refunding.send_refunds(now=LATER)
    refund.refresh_from_db()
    pledge.refresh_from_db()
    return refund


def held(project):
    return -balances(project_id=project.pk).get(("project_held", project.currency), 0)


def test_parts_go_back_until_nothing_is_left_and_the_tip_goes_last(standin):
    project = funded_project()
    pledge = collected(project, amount=60_00, tip=5_00)
    first = give_back(pledge, 20_00)
    assert (first.state, first.tip_minor, pledge.state, pledge.refunded_minor) == ("succeeded", 0, "collected", 20_00)
    assert pledge.state_words == "charged, refunded in part"
    assert (held(project), totals_of([project])[project.pk].money_realized) == (40_00, 40_00)
    with pytest.raises(RefundRefused, match="At most €45 of this pledge can go back"):
        refunding.request_refund(pledge_id=pledge.pk, amount=45_01, cause="creator", now=NOW)
    rest = give_back(pledge)
    assert (rest.amount_minor, rest.tip_minor, pledge.state) == (45_00, 5_00, "refunded")
    found = balances(project_id=project.pk)
    assert {account for account, _ in found} == {"provider_pending", "provider_available", "provider_fees"}
    assert [mail.kind for mail in pledge.mails.order_by("pk")][-2:] == ["refund", "refunded"]
    with pytest.raises(RefundRefused, match="Nothing of this pledge can go back: it is refunded"):
        refunding.request_refund(pledge_id=pledge.pk, amount=1, cause="creator", now=NOW)


@pytest.mark.parametrize("amount", [0, -1])
def test_no_refund_of_nothing(standin, amount):
    pledge = collected(funded_project())
    with pytest.raises(RefundRefused):
        refunding.request_refund(pledge_id=pledge.pk, amount=amount, cause="creator", now=NOW)


def test_a_pledge_that_was_not_charged_has_nothing_to_give_back(standin):
    with pytest.raises(RefundRefused, match="Nothing of this pledge can go back: it is active"):
        refunding.request_refund(pledge_id=pledged(make_project()).pk, amount=None, cause="creator", now=NOW)


@pytest.mark.parametrize("kind", ["lost", "500", "429"])
def test_a_refund_whose_answer_was_lost_is_made_once(standin, kind):
    pledge = collected(funded_project(), amount=60_00)
    order(standin, fail_next=[{"path": "/refunds", "kind": kind}])
    refund = give_back(pledge, 10_00)
    assert refund.state == "pending"
    refunding.send_refunds(now=LATER + timedelta(minutes=1))
    refund.refresh_from_db()
    assert refund.state == "succeeded"
    made = standin.client().v1.refunds.list({"payment_intent": pledge.payment_intent_id}).data
    assert [item.amount for item in made] == [10_00]
    assert LedgerTransaction.objects.filter(kind="refund").count() == 1


def test_an_old_refund_is_looked_up_before_it_is_sent_again(standin):
    pledge = collected(funded_project(), amount=60_00)
    order(standin, fail_next=[{"path": "/refunds", "kind": "lost"}])
    refund = give_back(pledge, 10_00)
    Refund.objects.filter(pk=refund.pk).update(idempotency_key="another-key-after-its-life")
    refunding.send_refunds(now=NOW + timedelta(days=2))
    refund.refresh_from_db()
    assert refund.state == "succeeded"
    assert len(standin.client().v1.refunds.list({"payment_intent": pledge.payment_intent_id}).data) == 1


def test_a_refund_that_the_bank_sends_back_is_held_again(standin):
    project = funded_project()
    pledge = collected(project, amount=60_00)
    refund = give_back(pledge)
    assert (pledge.state, held(project)) == ("refunded", 0)
    order(standin, fail_refund={"refund": refund.provider_id})
    answer = refunding.provider.retrieve_refund(refund.provider_id)
    for _ in range(2):
        refunding.apply_refund(refund_id=refund.pk, answer=answer, now=LATER)
    refund.refresh_from_db()
    pledge.refresh_from_db()
    assert (refund.state, pledge.state, pledge.refunded_minor, held(project)) == ("failed", "collected", 0, 60_00)
    totals = totals_of([project])[project.pk]
    assert (totals.money_pledged, totals.money_realized) == (60_00, 60_00)
    assert pledge.mails.filter(kind="refund_failed").count() == 1


def test_a_canceled_project_gives_everything_back_in_one_statement(standin, django_assert_num_queries):
    project = funded_project()
    pledges = [collected(project, amount=amount, tip=tip) for amount, tip in ((60_00, 0), (33_33, 1_00), (50, 0))]
    numbers = refund_all.consequences(project)
    assert (numbers.refund_count, numbers.refund_minor, numbers.is_whole) == (3, 94_83, True)
    for state in ("suspended", "canceled"):
        change_state(project=project, target=state, actor=None, now=NOW)
    with django_assert_num_queries(10):
        refund_all.refund_everyone(project=project, cause="canceled", reason="", now=NOW)
    assert refund_all.refund_everyone(project=project, cause="canceled", reason="", now=NOW) == 0
    assert refunding.send_refunds(now=NOW) == 3
    for pledge in pledges:
        pledge.refresh_from_db()
        assert (pledge.state, pledge.refunded_minor) == ("refunded", pledge.total_minor)
    assert held(project) == 0


@pytest.mark.django_db(transaction=True)
def test_refunds_asked_for_at_the_same_moment_never_pass_the_charge(standin):
    pledge = collected(funded_project(), amount=60_00)

    def ask(_):
        try:
            refunding.request_refund(pledge_id=pledge.pk, amount=25_00, cause="creator", now=NOW)
        except RefundRefused:
            return False
        finally:
            connection.close()
        return True

    with ThreadPoolExecutor(6) as pool:
        assert sum(pool.map(ask, range(6))) == 2
    assert CashPledge.objects.get(pk=pledge.pk).refunded_minor == 50_00


def test_an_abandoned_project_says_what_goes_back_and_gives_it_back(standin, client):
    project = funded_project()
    pledge = collected(project, amount=40_00)
    change_state(project=project, target="delivering", actor=None, now=NOW)
    client.force_login(project.creator)
    page = client.get(f"/projects/{project.slug}/course/").content.decode()
    assert "€40 go back to 1 charged card." in page
    assert "€40 are not paid out. They stay for the open milestones" in page
    client.post(f"/projects/{project.slug}/course/abandon/", {"statement": "The data was withdrawn."})
    assert (endings.refund_due(now=NOW), endings.refund_due(now=NOW)) == (1, 0)
    refunding.send_refunds(now=LATER)
    pledge.refresh_from_db()
    assert (pledge.state, Refund.objects.get().cause, held(project)) == ("refunded", "abandoned", 0)
