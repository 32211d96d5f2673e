"""Tranches: evidence, an admin's release, a transfer that happens once, and never more than is there."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction

from audit.models import StaffAction
from audit.services import ReasonMissing
from payments.errors import HoldRefused, PayoutRefused
from payments.models import Payout
from payments.services import holding, paying_out, refund_all, refunding
from payments.services.balance_sheet import sheet_of, tranche_of
from payments.services.ledger import balances
from projects.states import change_state
from tests.factories.payments import able_to_be_paid, collected, funded_project, order, settle
from tests.factories.people import make_user

pytestmark = pytest.mark.django_db


def project_with(standin, *, amounts=(60_00, 40_00), shares=(4_000, 6_000), **fields):
    project = funded_project(shares=shares, **fields)
    able_to_be_paid(project)
    pledges = [collected(project, amount=amount) for amount in amounts]
    return project, pledges


def ask(project, number, now):
    milestone = project.milestones.get(number=number)
    return paying_out.request_payout(
        milestone_id=milestone.pk, by=project.creator, text="Here it is.", url="https://x.test/proof", now=now
    )


def release(payout, now, admin=None):
    return paying_out.release_payout(payout_id=payout.pk, by=admin or make_user(is_staff=True), reason="Seen.", now=now)


def books(project):
    return {account: amount for (account, _), amount in balances(project_id=project.pk).items()}


@pytest.fixture
def rich(standin):
    """A stand-in whose clock `made_available` moves on, and that is set right afterwards."""
    yield standin
    order(standin, clock_offset=0)


def made_available(standin):
    """Everything charged so far is available, at the stand-in too."""
    order(standin, clock_offset=10 * 86_400)
    return settle(days=10)


def test_two_tranches_pay_everything_less_fees_and_the_reserve_comes_last(rich):
    project, _ = project_with(rich, platform_fee_bp=500, reserve_bp=1000)
    now = made_available(rich)
    first = release(ask(project, 1, now), now)
    fees = 115 + 85
    assert (first.gross_minor, first.provider_fee_minor, first.platform_fee_minor) == (40_00, fees, 2_00)
    assert first.reserve_minor == (40_00 - fees - 2_00) // 10
    assert paying_out.send_payouts(now=now) == 1
    assert paying_out.send_payouts(now=now) == 0
    second = release(ask(project, 2, now), now)
    assert paying_out.send_payouts(now=now) == 1
    assert (second.gross_minor, second.provider_fee_minor) == (60_00, 0)
    found = books(project)
    assert (found.get("project_held", 0), found.get("creator_payable", 0), sum(found.values())) == (0, 0, 0)
    reserve = -found["reserve"]
    with pytest.raises(PayoutRefused, match="The reserve is kept until"):
        paying_out.request_reserve(project_id=project.pk, now=now + timedelta(days=89))
    later = now + timedelta(days=91)
    last = release(paying_out.request_reserve(project_id=project.pk, now=later), later)
    assert paying_out.send_payouts(now=later) == 1
    assert (last.amount_minor, books(project).get("reserve", 0)) == (reserve, 0)
    sent = Payout.objects.filter(state="paid").values_list("amount_minor", flat=True)
    assert sum(sent) == 100_00 - fees - 2_00 - 3_00
    transfers = rich.client().v1.transfers.list({"transfer_group": f"project_{project.pk}"}).data
    assert sorted(item.amount for item in transfers) == sorted(sent)


def test_the_projects_page_says_what_each_milestone_was_paid(rich, client):
    project, _ = project_with(rich)
    page, now = project.get_absolute_url(), made_available(rich)
    first = release(ask(project, 1, now), now)
    assert " paid on " not in client.get(page).content.decode(), "released is not paid"
    assert paying_out.send_payouts(now=now) == 1
    plan = client.get(page).content.decode().split('class="plan"')[1].split("</ol>")[0].split("<li>")
    assert f"{first.amount} paid on {now:%-d %B %Y}" in plan[1]
    assert " paid on " not in plan[2]


def test_what_is_not_settled_cannot_be_released(standin):
    project, _ = project_with(standin)
    payout = ask(project, 1, settle(days=0))
    with pytest.raises(PayoutRefused, match="Nothing can be released now"):
        release(payout, settle(days=0))


def test_milestones_go_in_their_order_and_once(standin):
    project, _ = project_with(standin)
    now = settle()
    with pytest.raises(PayoutRefused, match="An earlier milestone is not paid yet"):
        ask(project, 2, now)
    ask(project, 1, now)
    with pytest.raises(PayoutRefused, match="asked for already"):
        ask(project, 1, now)


def test_what_is_sent_back_can_be_asked_for_again_and_the_reason_is_kept(standin):
    project, _ = project_with(standin)
    now, admin = settle(), make_user(is_staff=True)
    payout = ask(project, 1, now)
    with pytest.raises(ReasonMissing):
        paying_out.reject_payout(payout_id=payout.pk, by=admin, reason=" ", now=now)
    paying_out.reject_payout(payout_id=payout.pk, by=admin, reason="The link is dead.", now=now)
    assert StaffAction.objects.get().reason == "The link is dead."
    assert ask(project, 1, now).state == "requested"


def test_nobody_releases_money_to_themselves_or_twice_or_on_hold(standin):
    project, _ = project_with(standin)
    now, admin = settle(), make_user(is_staff=True)
    payout = ask(project, 1, now)
    with pytest.raises(PayoutRefused, match="Nobody releases money to themselves"):
        release(payout, now, admin=project.creator)
    hold = holding.set_hold(target={"project": project}, by=admin, reason="Odd.", now=now)
    with pytest.raises(HoldRefused):
        holding.set_hold(target={"project": project}, by=admin, reason="Again.", now=now)
    with pytest.raises(PayoutRefused, match="on hold"):
        release(payout, now)
    holding.lift_hold(hold_id=hold.pk, by=admin, reason="Explained.", now=now)
    release(payout, now)
    with pytest.raises(PayoutRefused, match="already"):
        release(payout, now)


def test_a_transfer_whose_answer_was_lost_happens_once(rich):
    project, _ = project_with(rich)
    now = made_available(rich)
    payout = release(ask(project, 1, now), now)
    order(rich, fail_next=[{"path": "/transfers", "kind": "lost_after"}])
    assert [paying_out.send_payouts(now=now) for _ in range(3)] == [0, 1, 0]
    payout.refresh_from_db()
    assert payout.state == "paid"
    assert len(rich.client().v1.transfers.list({"transfer_group": f"project_{project.pk}"}).data) == 1


def test_a_payout_waits_until_the_provider_has_the_money(standin):
    project, _ = project_with(standin, currency="GBP", amounts=(99_999_00,), shares=(10_000,))
    now = settle()
    payout = release(ask(project, 1, now), now)
    assert paying_out.send_payouts(now=now) == 0
    payout.refresh_from_db()
    assert (payout.state, "insufficient" in payout.message) == ("released", True)
    order(standin, clock_offset=10 * 86_400)
    assert paying_out.send_payouts(now=now) == 1
    order(standin, clock_offset=0)


def test_a_refund_asked_for_before_the_release_is_not_paid_out(standin):
    project, pledges = project_with(standin)
    refunding.request_refund(pledge_id=pledges[0].pk, amount=None, cause="creator", now=settle())
    sheet = sheet_of(project)
    assert (sheet.held, sheet.free) == (100_00, 40_00)
    last = tranche_of(project=project, milestone=project.milestones.get(number=2), sheet=sheet)
    assert last.gross == 40_00


def test_after_a_tranche_what_is_left_is_shared_to_the_cent(rich):
    project, pledges = project_with(rich, amounts=(33_33, 33_33, 33_34), platform_fee_bp=0, reserve_bp=1000)
    now = made_available(rich)
    release(ask(project, 1, now), now)
    paying_out.send_payouts(now=now)
    left = refund_all.fund_left(project)
    assert refund_all.consequences(project).refund_minor == left
    for state in ("suspended", "canceled"):
        change_state(project=project, target=state, actor=None, now=now)
    assert refund_all.refund_everyone(project=project, cause="canceled", reason="", now=now) == 3
    assert refund_all.refund_everyone(project=project, cause="canceled", reason="", now=now) == 0
    assert refunding.send_refunds(now=now) == 3
    for pledge in pledges:
        pledge.refresh_from_db()
    assert sum(pledge.refunded_minor for pledge in pledges) == left
    assert max(p.refunded_minor for p in pledges) - min(p.refunded_minor for p in pledges) <= 1
    assert books(project).get("project_held", 0) == 0
    assert books(project).get("reserve", 0) == 0


def test_the_database_refuses_payouts_that_do_not_add_up(standin):
    project, _ = project_with(standin)
    payout = ask(project, 1, settle())
    with pytest.raises(IntegrityError), transaction.atomic():
        Payout.objects.filter(pk=payout.pk).update(gross_minor=5)
    with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
        StaffAction.objects.create(
            actor=project.creator, action="x", subject="y", reason="z", happened_at=settle()
        ).delete()
