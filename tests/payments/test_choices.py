"""Tips, add-ons, anonymity, late pledges, another card, withdrawal, holds: what a backer can choose, and what not."""

from datetime import timedelta

import pytest

from payments import provider
from payments.errors import PledgeRefused
from payments.models import CashPledge
from payments.services import cards, collecting, holding, refunding
from payments.services.ledger import balances
from payments.services.pledging import cancel_pledge, change_pledge
from projects.closing import close_project
from projects.errors import RewardSoldOut
from projects.models import Reward
from projects.totals import totals_of
from tests.factories.payments import chosen, funded_project, pledged, started
from tests.factories.people import NOW, make_project, make_user

pytestmark = pytest.mark.django_db


def add_on(project, price=5_00, **fields):
    return Reward.objects.create(project=project, title="Sticker", threshold_minor=price, is_add_on=True, **fields)


def close(project):
    close_project(project_id=project.pk, now=project.deadline_at)
    collecting.freeze_projects(now=project.deadline_at)
    return project.deadline_at


def test_a_tip_is_charged_with_the_pledge_and_belongs_to_the_platform_alone(standin):
    project = make_project(funding_minimum=10_00)
    pledge = pledged(project, amount=50_00, tip=5_00)
    assert totals_of([project])[project.pk].money_pledged == 50_00
    collecting.collect_due(now=close(project))
    found = balances(project_id=project.pk)
    assert (found["project_held", "EUR"], found["platform_tips", "EUR"]) == (-50_00, -5_00)
    assert provider.retrieve_payment_intent(pledge_of(pledge).payment_intent_id)["amount_received"] == 55_00
    assert totals_of([project])[project.pk].money_realized == 50_00


def pledge_of(pledge):
    return CashPledge.objects.get(pk=pledge.pk)


def test_add_ons_cost_and_take_stock_and_give_it_back(standin):
    project = make_project()
    sticker = add_on(project, limit=5)
    pledge = pledged(project, amount=20_00, add_ons={sticker: 3})
    assert pledge.amount_minor == 35_00
    change_pledge(pledge_id=pledge.pk, choice=chosen(project, 20_00, add_ons={sticker: 5}), now=NOW)
    sticker.refresh_from_db()
    assert (pledge_of(pledge).amount_minor, sticker.claimed) == (45_00, 5)
    with pytest.raises(RewardSoldOut):
        started(project, add_ons={sticker: 1})
    cancel_pledge(pledge_id=pledge.pk, now=NOW)
    sticker.refresh_from_db()
    assert sticker.claimed == 0
    assert totals_of([project])[project.pk].money_pledged == 0


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"amount": 49}, "The smallest pledge is €0.50"),
        ({"amount": 99_999_999, "tip": 1}, "the largest charge is"),
        ({"add_ons": "foreign"}, "not offered by this project"),
        ({"add_ons": "many"}, "not offered by this project in that number"),
        ({"reward": "add_on"}, "not given for money"),
        ({"reward": "dear"}, "This reward needs at least €60"),
    ],
)
def test_choices_that_do_not_fit_are_refused_with_a_sentence(fields, says):
    project = make_project()
    given = {
        "foreign": {add_on(make_project()): 1}, "many": {add_on(project): 21}, "add_on": add_on(project),
        "dear": Reward.objects.create(project=project, title="Dear", threshold_minor=60_00),
    }  # fmt: skip
    fields = {name: given.get(value, value) if isinstance(value, str) else value for name, value in fields.items()}
    with pytest.raises(PledgeRefused, match=says):
        started(project, **fields)
    assert not CashPledge.objects.exists()


def test_a_late_pledge_is_charged_at_once_only_where_the_creator_takes_them(standin):
    pledge = pledged(funded_project(), amount=20_00)
    assert (pledge.state, pledge.is_late) == ("collected", True)
    with pytest.raises(PledgeRefused, match="no longer takes pledges"):
        started(funded_project(takes_late_pledges=False))


def test_another_card_replaces_the_saved_one_and_the_old_one_is_let_go(standin):
    project = make_project(funding_minimum=10_00)
    pledge = pledged(project, amount=20_00)
    old = pledge.payment_method_id
    facts = cards.browser_facts(pledge)
    assert facts["kind"] == "setup"
    assert not cards.apply_new_card(pledge_id=pledge.pk)
    intent = facts["client_secret"].split("_secret_")[0]
    provider.client().v1.setup_intents.confirm(intent, {"payment_method": "pm_card_mastercard"})
    assert cards.apply_new_card(pledge_id=pledge.pk)
    assert not cards.apply_new_card(pledge_id=pledge.pk)
    changed = pledge_of(pledge)
    assert (changed.card_label, changed.setup_intent_id) == ("Mastercard ending in 4444", intent)
    assert (cards.let_replaced_cards_go(now=NOW), cards.let_replaced_cards_go(now=NOW)) == (1, 0)
    assert provider.client().v1.payment_methods.retrieve(old).customer is None
    collecting.collect_due(now=close(project))
    assert pledge_of(pledge).state == "collected"


@pytest.mark.parametrize("kind", ["pledge", "user", "project"])
def test_nothing_is_charged_while_it_is_on_hold(standin, kind):
    project, admin = make_project(funding_minimum=10_00), make_user(is_staff=True)
    pledge = pledged(project, amount=20_00)
    target = {"pledge": pledge, "user": pledge.backer, "project": project}[kind]
    hold = holding.set_hold(target={kind: target}, by=admin, reason="Odd.", now=NOW)
    now = close(project)
    assert collecting.collect_due(now=now) == 0
    holding.lift_hold(hold_id=hold.pk, by=admin, reason="Fine.", now=now)
    assert collecting.collect_due(now=now) == 1


def test_an_account_on_hold_makes_no_pledge():
    backer = make_user()
    holding.set_hold(target={"user": backer}, by=make_user(is_staff=True), reason="Odd.", now=NOW)
    with pytest.raises(PledgeRefused, match="Your account is on hold"):
        started(make_project(), backer=backer)


def test_a_charge_that_is_not_booked_yet_is_booked_later_and_once(standin):
    from tests.factories.payments import order

    project = make_project(funding_minimum=10_00)
    pledge = pledged(project, amount=20_00)
    now = close(project)
    order(standin, booking_seconds=3600)
    collecting.collect_due(now=now)
    assert pledge_of(pledge).state == "locked"
    order(standin, booking_seconds=0, clock_offset=7200)
    later = now + timedelta(minutes=3)
    assert (collecting.resolve_unknown(now=later), collecting.collect_due(now=later)) == (1, 0)
    order(standin, clock_offset=0)
    assert pledge_of(pledge).state == "collected"


@pytest.mark.parametrize("law", [("gift", None), ("digital", 14), ("goods", 14)])
@pytest.mark.parametrize("as_add_on", [True, False])
def test_a_withdrawal_gives_everything_back_while_the_law_says_so(client, standin, monkeypatch, law, as_add_on):
    law_class, days = law
    project = funded_project()
    thing = Reward.objects.create(
        project=project, title="Thing", threshold_minor=5_00, limit=3, law_class=law_class, is_add_on=as_add_on
    )
    fields = {"add_ons": {thing: 1}} if as_add_on else {"reward": thing}
    pledge = pledged(project, amount=20_00, **fields)
    client.force_login(pledge.backer)
    address, page = f"/pledges/{pledge.pk}/withdraw/", pledge.get_absolute_url()
    monkeypatch.setattr("payments.web.my_views.business_now", lambda: NOW + timedelta(days=days or 1))
    assert "Withdraw here" not in client.get(page).content.decode()
    client.post(address)
    assert not pledge.refunds.exists()
    monkeypatch.setattr("payments.web.my_views.business_now", lambda: NOW + timedelta(hours=1))
    assert ("Withdraw here" in client.get(page).content.decode()) is bool(days)
    client.post(address)
    client.post(address)
    assert [refund.cause for refund in pledge.refunds.all()] == (["withdrawal"] if days else [])
    refunding.send_refunds(now=NOW + timedelta(hours=2))
    thing.refresh_from_db()
    assert (pledge_of(pledge).state, thing.claimed) == (("refunded", 0) if days else ("collected", 1))


def test_nobody_withdraws_for_another(client, standin):
    pledge = pledged(funded_project(), amount=20_00)
    client.force_login(make_user())
    assert client.post(f"/pledges/{pledge.pk}/withdraw/").status_code == 404
