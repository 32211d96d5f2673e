"""Deeds of staff on money: admins only, a reason always, kept with what was done."""

from datetime import timedelta

import pytest
from django.conf import settings
from django.db import IntegrityError, transaction

from audit.models import StaffAction
from clock.services import business_now
from payments.models import CashPledge, Hold, LedgerEntry, Payout, ReconciliationDifference, Refund
from payments.services import endings, paying_out, refunding
from payments.services.ledger import Account, Kind, Posting, balances, post
from projects.models import Project
from tests.factories.payments import able_to_be_paid, collected, funded_project, pledged, settle
from tests.factories.people import NOW, make_project, make_user

pytestmark = pytest.mark.django_db
WHY = "Asked for by the backer in ticket 12."


@pytest.fixture
def admin(client):
    user = make_user(is_staff=True)
    client.force_login(user)
    return user


@pytest.fixture
def waiting(standin):
    """A payout that waits, of settled money."""
    project = funded_project(shares=(4_000, 6_000))
    able_to_be_paid(project)
    collected(project, amount=100_00, card="pm_card_bypassPending")
    settle()
    milestone = project.milestones.get(number=1)
    return paying_out.request_payout(
        milestone_id=milestone.pk, by=project.creator, text="It <b>runs</b>.", url="https://x.test/log", now=NOW
    )


def addresses(project, pledge, payout_id="00000000-0000-4000-8000-000000000000"):
    """(address, is a deed) of every staff page here."""
    base = "/funding/"
    return [
        (f"{base}actions/", False), (f"{base}signals/", False), (f"{base}payouts/{payout_id}/", False),
        (f"{base}payouts/{payout_id}/release/", True), (f"{base}payouts/{payout_id}/reject/", True),
        (f"{base}projects/{project.slug}/", False), (f"{base}projects/number/{project.pk}/", False),
        *((f"{base}projects/{project.slug}/{deed}/", True) for deed in ("suspend", "cancel", "reinstate", "write-off")),
        (f"{base}pledges/{pledge}/", False), (f"{base}pledges/{pledge}/refund/", True),
        (f"{base}people/{project.creator_id}/", False), (f"{base}holds/project/{project.pk}/", True),
        (f"{base}holds/1/lift/", True), (f"{base}differences/1/", True),
    ]  # fmt: skip


@pytest.mark.parametrize("role", [{}, {"is_reviewer": True}])
def test_everyone_but_admins_is_refused(client, role):
    project = make_project()
    client.force_login(make_user(**role))
    for address, is_deed in addresses(project, "00000000-0000-4000-8000-000000000000"):
        assert client.get(address).status_code == 403, address
        if is_deed:
            assert client.post(address, {"reason": WHY, "slug": project.slug}).status_code == 403, address
    assert not StaffAction.objects.exists()


def test_who_is_not_signed_in_signs_in_first(client):
    for address, _ in addresses(make_project(), "00000000-0000-4000-8000-000000000000"):
        assert client.get(address).status_code == 302


def test_a_forged_form_is_refused(admin, client):
    client.handler.enforce_csrf_checks = True
    project = make_project()
    assert client.post(f"/funding/holds/project/{project.pk}/", {"reason": WHY}).status_code == 403
    assert not Hold.objects.exists()


def test_a_payouts_page_shows_evidence_and_the_computation(admin, client, waiting):
    page = client.get(f"/funding/payouts/{waiting.pk}/").content.decode()
    assert "It &lt;b&gt;runs&lt;/b&gt;." in page
    assert "Shares up to this milestone: 40%" in page
    figures = paying_out.figures_of(waiting)
    assert f'name="amount_minor" value="{figures.amount}"' in page
    assert "can receive payouts" in page


def test_releasing_needs_a_reason_and_keeps_it(admin, client, waiting):
    amount = paying_out.figures_of(waiting).amount
    address = f"/funding/payouts/{waiting.pk}/release/"
    assert client.post(address, {"amount_minor": amount, "reason": " "}).status_code == 400
    assert Payout.objects.get().state == "requested"
    assert client.post(address, {"amount_minor": amount, "reason": WHY}).status_code == 302
    waiting.refresh_from_db()
    assert (waiting.state, waiting.amount_minor, waiting.released_by) == ("released", amount, admin)
    kept = StaffAction.objects.get()
    assert (kept.action, kept.subject, kept.reason) == ("release_payout", f"payout:{waiting.pk}", WHY)
    assert "What was released" in client.get(f"/funding/payouts/{waiting.pk}/").content.decode()


def test_another_amount_than_was_seen_releases_nothing(admin, client, waiting):
    answer = client.post(f"/funding/payouts/{waiting.pk}/release/", {"amount_minor": 1, "reason": WHY}, follow=True)
    assert "another amount than you saw" in answer.content.decode()
    waiting.refresh_from_db()
    assert waiting.state == "requested"
    assert not StaffAction.objects.exists()


def test_a_payout_is_sent_back_with_the_reason(admin, client, waiting):
    assert client.post(f"/funding/payouts/{waiting.pk}/reject/", {"reason": ""}).status_code == 400
    client.post(f"/funding/payouts/{waiting.pk}/reject/", {"reason": "Show the log."})
    waiting.refresh_from_db()
    assert (waiting.state, waiting.message) == ("rejected", "Show the log.")
    assert StaffAction.objects.get().action == "reject_payout"


def test_holds_on_pledge_project_and_account_are_set_and_lifted(admin, client, standin):
    pledge = pledged(make_project())
    for kind, key in (("pledge", pledge.pk), ("project", pledge.project_id), ("user", pledge.backer_id)):
        address = f"/funding/holds/{kind}/{key}/"
        assert client.get(address).status_code == 200
        assert client.post(address, {}).status_code == 400
        page = client.post(address, {"reason": f"Odd {kind}."}, follow=True).content.decode()
        assert f"Odd {kind}." in page
        again = client.post(address, {"reason": "Again."}, follow=True).content.decode()
        assert "It is on hold already." in again
        hold = Hold.objects.get(lifted_at=None)
        assert client.post(f"/funding/holds/{hold.pk}/lift/", {"reason": ""}).status_code == 400
        client.post(f"/funding/holds/{hold.pk}/lift/", {"reason": "Looked at it."})
        assert not Hold.objects.filter(lifted_at=None).exists()
    kept = list(StaffAction.objects.values_list("action", flat=True))
    assert kept == ["lift_hold", "hold"] * 3
    for nothing in ("/funding/holds/pledge/x/", "/funding/holds/device/1/", "/funding/holds/project/999999/"):
        assert client.get(nothing).status_code == 404


def test_a_pledge_is_refunded_in_part_then_whole_and_never_twice(admin, client, standin):
    pledge = collected(funded_project(), amount=50_00)
    address = f"/funding/pledges/{pledge.pk}/refund/"
    assert client.post(address, {"amount": "10", "refunded_minor": 0}).status_code == 400
    assert client.post(address, {"amount": "ten", "refunded_minor": 0, "reason": WHY}).status_code == 400
    client.post(address, {"amount": "12.34", "refunded_minor": 0, "reason": WHY})
    twice = client.post(address, {"amount": "12.34", "refunded_minor": 0, "reason": WHY}, follow=True)
    assert "Look again; nothing more was refunded." in twice.content.decode()
    more = client.post(address, {"amount": "40", "refunded_minor": 12_34, "reason": WHY}, follow=True)
    assert "At most €37.66" in more.content.decode()
    client.post(address, {"amount": "", "refunded_minor": 12_34, "reason": WHY})
    refunds = Refund.objects.order_by("created_at", "amount_minor")
    assert [(r.amount_minor, r.cause, r.requested_by) for r in refunds] == [
        (12_34, "staff", admin), (37_66, "staff", admin),
    ]  # fmt: skip
    assert [a.details["amount_minor"] for a in StaffAction.objects.order_by("pk")] == [12_34, 37_66]
    refunding.send_refunds(now=business_now())
    pledge.refresh_from_db()
    assert pledge.state == "refunded"


def test_canceling_shows_its_consequences_wants_the_name_and_gives_everything_back(admin, client, standin):
    project = funded_project()
    charged, slug = collected(project, amount=40_00), project.slug
    page = client.get(f"/funding/projects/{slug}/").content.decode()
    assert "1, €40 in all" in page
    assert "Everyone gets everything back." in page
    for data in ({"reason": WHY}, {"reason": WHY, "slug": "other"}, {"slug": slug}):
        assert client.post(f"/funding/projects/{slug}/cancel/", data).status_code == 400
    public = "It copied another project."
    client.post(f"/funding/projects/{slug}/cancel/", {"reason": WHY, "slug": slug, "public": public})
    page = client.get(f"/projects/{slug}/").content.decode()
    assert (public in page, WHY in page) == (True, False)
    project.refresh_from_db()
    assert project.state == "canceled"
    kept = StaffAction.objects.get()
    assert (kept.action, kept.details["refund_minor"], kept.details["from"]) == ("cancel_project", 40_00, "funded")
    endings.refund_due(now=NOW)
    assert "€40" in client.get(f"/funding/projects/{slug}/").content.decode()
    refunding.send_refunds(now=NOW)
    assert CashPledge.objects.get(pk=charged.pk).state == "refunded"
    assert (
        "cannot be changed so"
        in client.post(f"/funding/projects/{slug}/cancel/", {"reason": WHY, "slug": slug}, follow=True).content.decode()
    )


@pytest.mark.parametrize("state", ["approved", "live", "paused", "collecting", "funded", "delivering"])
def test_a_suspended_project_goes_back_to_where_it_was(admin, client, state):
    project = make_project(state=state)
    base = f"/funding/projects/{project.slug}/"
    assert client.post(f"{base}suspend/", {"reason": WHY}).status_code == 400
    client.post(f"{base}suspend/", {"reason": WHY, "slug": project.slug})
    assert Project.objects.get(pk=project.pk).state == "suspended"
    assert client.post(f"{base}reinstate/", {"reason": ""}).status_code == 400
    client.post(f"{base}reinstate/", {"reason": "Cleared."})
    assert Project.objects.get(pk=project.pk).state == state
    kept = StaffAction.objects.values_list("action", flat=True)
    assert list(kept) == ["reinstate_project", "suspend_project"]


def test_a_loss_is_written_off_once(admin, client):
    project = make_project(state="funded")
    address = f"/funding/projects/{project.slug}/write-off/"
    assert "nothing to write off" in client.post(address, {"reason": WHY}, follow=True).content.decode()
    lines = ((Account.PROJECT_HELD, "EUR", 7_50), (Account.DISPUTED, "EUR", -7_50))
    post(Posting(Kind.DISPUTE_LOST, "lost:dp_1", project.pk, lines), now=NOW)
    assert "€7.50" in client.get(f"/funding/projects/{project.slug}/").content.decode()
    assert "1 project below zero" in client.get("/funding/").content.decode()
    assert client.post(address, {"reason": ""}).status_code == 400
    client.post(address, {"reason": WHY})
    found = balances(project_id=project.pk)
    assert (Account.PROJECT_HELD, "EUR") not in found
    assert found[Account.DISPUTE_LOSS, "EUR"] == 7_50
    assert "nothing to write off" in client.post(address, {"reason": WHY}, follow=True).content.decode()
    assert StaffAction.objects.get().details == {"amount_minor": 7_50, "currency": "EUR"}


def test_explaining_a_difference_changes_no_ledger(admin, client):
    difference = ReconciliationDifference.objects.create(
        reference="txn_9", kind="not in the ledger", detail="adjustment of -5 EUR, fee 0", found_at=NOW
    )
    address = f"/funding/differences/{difference.pk}/"
    assert client.post(address, {"explanation": "A fee."}).status_code == 400
    assert client.post(address, {"reason": WHY}).status_code == 400
    client.post(address, {"explanation": "A fee <of> the provider.", "reason": WHY})
    difference.refresh_from_db()
    assert (difference.explanation, difference.explained_by, difference.gone_at) == (
        "A fee <of> the provider.", admin, None,
    )  # fmt: skip
    assert not LedgerEntry.objects.exists()
    assert StaffAction.objects.get().details["explanation"] == "A fee <of> the provider."
    assert "A fee &lt;of&gt; the provider." in client.get("/funding/rows/money-differences/").content.decode()


def test_a_deed_that_fails_keeps_no_action(admin, client, waiting):
    Payout.objects.filter(pk=waiting.pk).update(state="rejected")
    client.post(f"/funding/payouts/{waiting.pk}/release/", {"amount_minor": 1, "reason": WHY})
    assert not StaffAction.objects.exists()


def test_kept_actions_cannot_be_changed(admin, client):
    client.post(f"/funding/holds/user/{admin.pk}/", {"reason": WHY})
    for change in (lambda: StaffAction.objects.update(reason="Other."), lambda: StaffAction.objects.all().delete()):
        with pytest.raises(IntegrityError), transaction.atomic():
            change()


def test_nobody_acts_on_their_own_money(admin, client, standin):
    project = funded_project(creator=admin)
    pledge = collected(funded_project(), amount=20_00, backer=admin)
    hold = Hold.objects.create(user=admin, reason="Odd.", set_by=make_user(is_staff=True), set_at=NOW)
    for address, data in (
        (f"pledges/{pledge.pk}/refund/", {"refunded_minor": 0}),
        (f"projects/{project.slug}/suspend/", {"slug": project.slug}),
        (f"projects/{project.slug}/cancel/", {"slug": project.slug}),
        (f"projects/{project.slug}/write-off/", {}),
        (f"holds/{hold.pk}/lift/", {}),
    ):
        answer = client.post(f"/funding/{address}", {**data, "reason": WHY}, follow=True)
        assert "Another admin must do it." in answer.content.decode(), address
    project.refresh_from_db()
    hold.refresh_from_db()
    assert (project.state, hold.lifted_at, Refund.objects.count()) == ("funded", None, 0)
    assert not StaffAction.objects.exists()


def test_a_reserve_has_a_page_and_is_released_whole(admin, client, waiting):
    project = waiting.project
    paying_out.release_payout(payout_id=waiting.pk, by=admin, reason=WHY, now=NOW)
    paying_out.send_payouts(now=NOW)
    waiting.refresh_from_db()
    assert waiting.state == "paid", waiting.message
    later = NOW + timedelta(days=settings.RESERVE_DAYS)
    reserve = paying_out.request_reserve(project_id=project.pk, now=later)
    page = client.get(f"/funding/payouts/{reserve.pk}/").content.decode()
    assert "The reserve needs no evidence" in page
    assert f'name="amount_minor" value="{waiting.reserve_minor}"' in page
    client.post(f"/funding/payouts/{reserve.pk}/release/", {"amount_minor": waiting.reserve_minor, "reason": WHY})
    reserve.refresh_from_db()
    assert (reserve.state, reserve.amount_minor) == ("released", waiting.reserve_minor)


def test_nothing_is_released_while_the_project_is_on_hold(admin, client, waiting):
    Hold.objects.create(project=waiting.project, reason="Odd.", set_by=make_user(is_staff=True), set_at=NOW)
    address = f"/funding/payouts/{waiting.pk}/"
    assert "Odd." in client.get(address).content.decode()
    data = {"amount_minor": paying_out.figures_of(waiting).amount, "reason": WHY}
    assert "Lift the hold first." in client.post(f"{address}release/", data, follow=True).content.decode()
    waiting.refresh_from_db()
    assert waiting.state == "requested"


def test_pages_of_pledge_and_person_show_what_happened(admin, client, standin):
    pledge = collected(funded_project(title="<i>Odd</i>"), amount=20_00)
    page = client.get(f"/funding/pledges/{pledge.pk}/").content.decode()
    assert "&lt;i&gt;Odd&lt;/i&gt;" in page
    assert pledge.payment_intent_id in page
    person = client.get(f"/funding/people/{pledge.backer_id}/").content.decode()
    assert f"/funding/pledges/{pledge.pk}/" in person
    assert client.get("/funding/people/999999/").status_code == 404


@pytest.mark.parametrize("kind", ["project", "user"])
def test_a_hold_set_after_the_release_keeps_the_money_here(admin, client, waiting, kind):
    amount = paying_out.figures_of(waiting).amount
    client.post(f"/funding/payouts/{waiting.pk}/release/", {"amount_minor": amount, "reason": WHY})
    key = waiting.project_id if kind == "project" else waiting.project.creator_id
    client.post(f"/funding/holds/{kind}/{key}/", {"reason": "Something came up."})
    assert paying_out.send_payouts(now=NOW) == 0
    hold = Hold.objects.get(lifted_at=None)
    client.post(f"/funding/holds/{hold.pk}/lift/", {"reason": "Cleared."})
    assert paying_out.send_payouts(now=NOW) == 1


def test_a_project_that_collects_is_suspended_on_its_way_to_the_end(admin, client):
    project = make_project(state="collecting")
    client.post(f"/funding/projects/{project.slug}/cancel/", {"reason": WHY, "slug": project.slug})
    steps = project.transitions.order_by("pk").values_list("target", "actor", "reason")
    assert list(steps) == [("suspended", admin.pk, ""), ("canceled", admin.pk, "")]
