"""From the deadline to settled money, against the stand-in over HTTP."""

import json
from datetime import timedelta

import pytest
import requests
from django.utils import timezone

from payments import provider
from payments.models import CashPledge, LedgerTransaction, Payment, PledgeMail, ReconciliationDifference
from payments.services import cards, collecting, endings, postings, refunding, settling
from payments.services.applying import refresh
from payments.services.ledger import Statement, balances, post
from payments.services.mails import send_due
from payments.services.pledging import cancel_pledge
from payments.services.reconciling import reconcile
from projects.closing import close_project
from projects.models import Project
from projects.states import change_state
from projects.totals import totals_of
from tests.factories.payments import pledged, started
from tests.factories.people import NOW, make_project
from tests.factories.standin import SECRET

pytestmark = pytest.mark.django_db


def close(project):
    after = project.deadline_at
    close_project(project_id=project.pk, now=after)
    collecting.freeze_projects(now=after)
    return after


def control(standin, **facts):
    headers = {"Authorization": f"Bearer {SECRET}"}
    requests.post(f"{standin.base}/standin/control", data=json.dumps(facts), headers=headers, timeout=10)


def succeeded_charges(pledge):
    intent = provider.retrieve_payment_intent(pledge.payment_intent_id)
    return intent["amount_received"]


def test_a_funded_projects_cards_are_charged_exactly_once(standin):
    project = make_project(funding_minimum=100_00)
    pledges = [pledged(project, amount=60_00), pledged(project, amount=50_00)]
    now = close(project)
    assert collecting.collect_due(now=now) == 2
    assert collecting.collect_due(now=now) == 0
    for pledge in pledges:
        pledge.refresh_from_db()
        assert (pledge.state, succeeded_charges(pledge)) == ("collected", pledge.amount_minor)
    assert endings.finish_collecting(now=now) == 1
    project.refresh_from_db()
    assert (project.state, totals_of([project])[project.pk].money_realized) == ("funded", 110_00)
    assert balances(project_id=project.pk) == {
        ("project_held", "EUR"): -110_00,
        ("provider_fees", "EUR"): 115 + 100,
        ("provider_pending", "EUR"): 110_00 - 215,
    }


def test_a_failed_projects_cards_are_never_charged_and_let_go(standin):
    project = make_project(funding_minimum=100_00)
    pledge = pledged(project, amount=99_99)
    now = close(project)
    assert collecting.collect_due(now=now) == 0
    assert endings.release_failed(now=now) == 1
    assert endings.let_cards_go(now=now) == 1
    pledge.refresh_from_db()
    assert (pledge.state, pledge.payment_intent_id, pledge.is_card_released) == ("released", "", True)
    assert provider.client().v1.payment_methods.retrieve(pledge.payment_method_id).customer is None


@pytest.mark.parametrize(
    ("end", "subject"),
    [("failed", "was not funded"), ("canceled", "was canceled"), ("abandoned", "was given up")],
)
@pytest.mark.parametrize("state", ["active", "needs_action"])
def test_each_end_of_a_project_has_its_own_words_for_uncharged_backers(standin, mailoutbox, end, subject, state):
    project = make_project(funding_minimum=100_00)
    pledged(project, amount=50_00)
    CashPledge.objects.update(state=state, fix_ends_at=NOW + timedelta(days=7) if state == "needs_action" else None)
    PledgeMail.objects.all().delete()
    Project.objects.update(state=end)
    assert endings.release_failed(now=NOW) + endings.drop_expired(now=NOW) == 1
    send_due(now=NOW)
    assert [mail.subject for mail in mailoutbox] == [f"{project.title} {subject}: your card was not charged"]


def test_an_answer_lost_after_the_charge_is_looked_up_and_never_charged_again(standin):
    project = make_project(funding_minimum=10_00)
    pledge = pledged(project, amount=60_00)
    now = close(project)
    control(standin, fail_next=[{"path": "/confirm", "kind": "lost"}])
    assert collecting.collect_due(now=now) == 1
    assert Payment.objects.get().state == "pending"
    assert collecting.collect_due(now=now) == 0
    later = now + timedelta(minutes=2)
    assert collecting.resolve_unknown(now=later) == 1
    pledge.refresh_from_db()
    assert (pledge.state, succeeded_charges(pledge), Payment.objects.get().state) == ("collected", 60_00, "succeeded")
    assert LedgerTransaction.objects.filter(kind="charge").count() == 1


def test_a_call_that_never_arrived_is_sent_again_under_its_own_key(standin):
    project = make_project(funding_minimum=10_00)
    pledge = pledged(project, amount=60_00)
    now = close(project)
    control(standin, fail_next=[{"path": "/confirm", "kind": "503"}])
    collecting.collect_due(now=now)
    later = now + timedelta(minutes=2)
    assert (collecting.resolve_unknown(now=later), collecting.collect_due(now=later)) == (1, 0)
    pledge.refresh_from_db()
    assert (pledge.state, [p.state for p in pledge.payments.all()]) == ("collected", ["succeeded"])


def test_a_card_that_wants_its_holder_is_repaired_on_the_same_intent(standin):
    project = make_project(funding_minimum=10_00)
    pledge = pledged_after_setup(standin, project)
    now = close(project)
    collecting.collect_due(now=now)
    pledge.refresh_from_db()
    assert (pledge.state, [m.kind for m in pledge.mails.all()]) == ("needs_action", ["saved", "repair"])
    facts = cards.browser_facts(pledge)
    intent = facts["client_secret"].split("_secret_")[0]
    assert (facts["kind"], intent) == ("payment", pledge.payment_intent_id)
    provider.client().v1.payment_intents.confirm(intent, {"payment_method": "pm_card_visa"})
    assert refresh(pledge_id=pledge.pk, now=now).state == "collected"


def pledged_after_setup(standin, project):
    """A card that asks at set-up and again at the charge: the holder passes the first question."""
    pledge = pledged(project, card="pm_card_authenticationRequired", amount=60_00)
    assert pledge.state == "started"
    intent = provider.retrieve_setup_intent(pledge.setup_intent_id)
    requests.post(intent["next_action"]["use_stripe_sdk"]["url"], data={"answer": "pass"}, timeout=10)
    return refresh(pledge_id=pledge.pk, now=NOW)


def test_a_declined_card_is_retried_on_fixed_days_then_dropped(standin):
    project = make_project(funding_minimum=10_00)
    provider_client = provider.client().v1
    pledge = pledged(project, amount=60_00)
    bad = provider_client.payment_methods.attach(
        "pm_card_chargeCustomerFail",
        {"customer": provider_client.setup_intents.retrieve(pledge.setup_intent_id).customer},
    )
    CashPledge.objects.filter(pk=pledge.pk).update(payment_method_id=bad.id)
    closed = close(project)
    tried = []
    for hours in range(0, 24 * 8, 6):
        now = closed + timedelta(hours=hours)
        if collecting.collect_due(now=now):
            tried.append(hours / 24)
        endings.drop_expired(now=now)
    pledge.refresh_from_db()
    assert (tried, pledge.state) == ([0, 1, 3, 5, 6], "dropped")
    assert provider.retrieve_payment_intent(pledge.payment_intent_id)["status"] == "canceled"
    assert totals_of([project])[project.pk].money_pledged == 0
    endings.finish_collecting(now=closed + timedelta(days=8))
    project.refresh_from_db()
    assert project.state == "funded"


def test_a_shortfall_refunds_everyone_where_that_was_the_rule(standin):
    project = make_project(funding_minimum=100_00, shortfall_rule="fail_and_refund")
    good = pledged(project, amount=60_00)
    bad = pledged(project, amount=50_00)
    CashPledge.objects.filter(pk=bad.pk).update(payment_method_id="pm_card_chargeDeclinedExpiredCard")
    now = close(project)
    collecting.collect_due(now=now)
    later = now + timedelta(days=8)
    endings.drop_expired(now=later)
    endings.finish_collecting(now=later)
    assert (endings.refund_due(now=later), refunding.send_refunds(now=later)) == (1, 1)
    assert (endings.refund_due(now=later), refunding.send_refunds(now=later)) == (0, 0)
    good.refresh_from_db()
    project.refresh_from_db()
    assert (project.state, good.state) == ("failed", "refunded")
    assert ("project_held", "EUR") not in balances(project_id=project.pk)


def test_money_is_settled_when_it_is_available(standin):
    project = make_project(funding_minimum=10_00)
    pledge = pledged(project, amount=60_00)
    now = close(project)
    collecting.collect_due(now=now)
    charged = timezone.now()
    assert settling.settle_available(now=charged + timedelta(days=1)) == 0
    later = charged + timedelta(days=3)
    assert settling.settle_available(now=later) == 1
    assert settling.settle_available(now=later) == 0
    pledge.refresh_from_db()
    assert pledge.settled_at == later
    found = balances(project_id=project.pk)
    assert ("provider_pending", "EUR") not in found
    assert found["provider_available", "EUR"] == 60_00 - 115


def test_keep_what_you_raise_charges_at_once(standin):
    project = make_project(funding_model="keep_what_you_raise", currency="JPY", funding_minimum=1000)
    pledge = pledged(project, amount=500)
    assert (pledge.state, succeeded_charges(pledge)) == ("collected", 500)
    totals = totals_of([project])[project.pk]
    assert (totals.money_pledged, totals.money_realized) == (500, 500)


def test_reconciliation_reports_what_the_ledger_lacks_and_closes_what_is_gone(standin):
    project = make_project(funding_model="keep_what_you_raise")
    pledge = pledged(project)
    reference = pledge.ledger_transactions.get().provider_id
    reconcile(now=NOW, listed_at=NOW)
    open_ = ReconciliationDifference.objects.filter(gone_at=None)
    assert not open_.filter(reference=reference).exists()
    customer = provider.create_customer(email="x@test.example", user_id=987654)["id"]
    stray = provider.client().v1.payment_intents.create(
        {"amount": 700, "currency": "eur", "customer": customer, "payment_method": "pm_card_visa", "confirm": True}
    )
    charge = provider.retrieve_payment_intent(stray.id)["latest_charge"]
    reconcile(now=NOW, listed_at=NOW)
    reconcile(now=NOW, listed_at=NOW)
    assert open_.filter(reference=charge["balance_transaction"]["id"], kind="not in the ledger").count() == 1


def test_a_charge_that_was_under_way_when_the_pledge_was_canceled_is_booked_and_refunded(standin):
    project = make_project(funding_model="keep_what_you_raise")
    pledge = started(project)
    intent = cards.browser_facts(pledge)["client_secret"].split("_secret_")[0]
    cancel_pledge(pledge_id=pledge.pk, now=NOW)
    provider.client().v1.payment_intents.confirm(intent, {"payment_method": "pm_card_visa"})
    assert refresh(pledge_id=pledge.pk, now=NOW).state == "collected"
    assert (endings.refund_due(now=NOW), endings.refund_due(now=NOW)) == (1, 0)
    assert refunding.send_refunds(now=NOW) == 1
    pledge.refresh_from_db()
    totals = totals_of([project])[project.pk]
    assert (pledge.state, totals.money_pledged, totals.money_realized) == ("refunded", 0, 0)
    assert ("project_held", "EUR") not in balances(project_id=project.pk)


def test_the_intent_of_a_canceled_pledge_can_charge_nobody(standin):
    pledge = started(make_project(funding_model="keep_what_you_raise"))
    intent = cards.browser_facts(pledge)["client_secret"].split("_secret_")[0]
    cancel_pledge(pledge_id=pledge.pk, now=NOW)
    assert (endings.let_cards_go(now=NOW), endings.let_cards_go(now=NOW)) == (1, 0)
    assert provider.retrieve_payment_intent(intent)["status"] == "canceled"


def test_a_card_that_was_detached_asks_its_holder_is_reminded_and_ends(standin):
    project = make_project(funding_minimum=10_00)
    pledge = pledged(project, amount=60_00)
    provider.detach_card(pledge.payment_method_id, "a-test-detaches")
    now = close(project)
    assert collecting.collect_due(now=now) == 1
    pledge.refresh_from_db()
    assert (pledge.state, pledge.payments.get().code) == ("needs_action", "unusable")
    for hours in range(0, 24 * 7, 12):
        endings.remind(now=now + timedelta(hours=hours))
    assert pledge.mails.filter(kind="reminder").count() == 3
    later = now + timedelta(days=7)
    assert (endings.drop_expired(now=later), endings.finish_collecting(now=later)) == (1, 1)
    pledge.refresh_from_db()
    assert pledge.state == "dropped"


def test_nothing_is_charged_while_a_project_is_suspended_or_after_it_is_canceled(standin):
    project = make_project(funding_minimum=10_00)
    pledge = pledged(project, amount=60_00)
    now = close(project)
    project.refresh_from_db()
    change_state(project=project, target="suspended", actor=None, now=now)
    assert collecting.collect_due(now=now) == 0
    assert endings.drop_expired(now=now + timedelta(days=30)) == 0
    change_state(project=project, target="canceled", actor=None, now=now)
    assert collecting.collect_due(now=now) == 0
    assert endings.drop_expired(now=now) == 1
    pledge.refresh_from_db()
    assert (pledge.state, pledge.payment_intent_id) == ("dropped", "")


def test_a_booking_that_the_provider_does_not_know_is_reported(standin):
    pledge = pledged(make_project(funding_model="keep_what_you_raise"))
    intent = provider.retrieve_payment_intent(pledge.payment_intent_id)
    other = {**intent["latest_charge"]["balance_transaction"], "id": "txn_of_another"}
    post(postings.charge(pledge=pledge, presented=pledge.total_minor, statement=Statement.of(other)), now=NOW)
    later = NOW + timedelta(hours=1)
    found = {(row.reference, row.kind) for row in reconcile(now=later, listed_at=later)}
    assert ("txn_of_another", "not at the provider") in found


def test_a_fee_booked_wrongly_is_reported(standin, monkeypatch):
    pledge = pledged(make_project(funding_model="keep_what_you_raise"))
    reference = pledge.ledger_transactions.get().provider_id
    rows = [{**row, "fee": row["fee"] + 1} for row in provider.balance_transactions()]
    monkeypatch.setattr(provider, "balance_transactions", lambda since: rows)
    found = {(row.reference, row.kind) for row in reconcile(now=NOW, listed_at=NOW)}
    assert (reference, "other figures") in found


def test_a_reinstated_project_gives_everyone_the_whole_window_again(standin):
    project = make_project(funding_minimum=10_00)
    pledge = pledged(project, amount=60_00)
    now = close(project)
    project.refresh_from_db()
    change_state(project=project, target="suspended", actor=None, now=now)
    later = now + timedelta(days=30)
    change_state(project=project, target="collecting", actor=None, now=later)
    assert collecting.reopen_windows(project_id=project.pk, now=later) == 1
    assert endings.drop_expired(now=later) == 0
    assert collecting.collect_due(now=later) == 1
    pledge.refresh_from_db()
    assert pledge.state == "collected"
