"""A creator's money pages: the plan, the balance, refunds, disputes, ending; each refused to everyone else."""

import re

import pytest
from django.urls import reverse

from payments.models import Payout
from payments.services import disputing, endings, refunding
from projects.models import WHOLE_BP, Milestone
from tests.factories.payments import able_to_be_paid, collected, funded_project, settle
from tests.factories.people import NOW, make_project, make_user

pytestmark = pytest.mark.django_db
PAGES = ("plan", "balance", "refunds", "disputes", "end_project", "payouts")


@pytest.fixture(autouse=True)
def fixed_clock(monkeypatch):
    monkeypatch.setattr("payments.web.creator_views.business_now", lambda: NOW)


def figure_on(page, label):
    return re.search(f'data-figure="{label}">(?:<a[^>]*>)?([^<]+)<', page)[1]


@pytest.mark.parametrize("page", PAGES)
def test_only_the_creator_sees_the_projects_money(client, page):
    project = make_project()
    address = reverse(f"payments:{page}", args=[project.slug])
    assert client.get(address).status_code == 302
    client.force_login(make_user(is_staff=True))
    assert client.get(address).status_code == 403
    client.force_login(project.creator)
    assert client.get(address).status_code == 200


@pytest.mark.parametrize(
    ("name", "arguments"), [("request_reserve", []), ("request_tranche", [1]), ("evidence", [1]), ("end_project", [])]
)
def test_only_the_creator_acts_on_the_projects_money(client, name, arguments):
    project = make_project()
    client.force_login(make_user())
    assert client.post(reverse(f"payments:{name}", args=[project.slug, *arguments])).status_code == 403


def test_the_plan_is_shown_and_written_in_the_wizard_until_it_is_fixed(client):
    project = make_project(state="draft")
    Milestone.objects.create(project=project, number=1, title="Data", evidence_wanted="A list.", share_bp=WHOLE_BP)
    client.force_login(project.creator)
    address = reverse("payments:plan", args=[project.slug])
    page = client.get(address).content.decode()
    assert "Data" in page
    assert reverse("projects:edit_step", args=[project.slug, "milestones"]) in page
    type(project).objects.update(state="in_review")
    assert "fixed" in client.get(address).content.decode()


def test_the_balance_explains_each_figure_in_a_fixed_number_of_queries(
    client, standin, django_assert_max_num_queries
):  # fmt: skip
    project = funded_project()
    client.force_login(project.creator)
    collected(project, amount=60_00)
    address = reverse("payments:balance", args=[project.slug])
    for _ in range(2):
        with django_assert_max_num_queries(20):
            page = client.get(address).content.decode()
        collected(project, amount=10_00)
        collected(project, amount=10_00)
    assert figure_on(page, "Collected") == "€80"
    assert figure_on(page, "Free for tranches") == "€0"
    settle()
    assert figure_on(client.get(address).content.decode(), "Free for tranches") == "€100"


def test_evidence_is_handed_in_on_the_balance_page(client, standin):
    project = funded_project()
    able_to_be_paid(project)
    client.force_login(project.creator)
    address = reverse("payments:request_tranche", args=[project.slug, 1])
    empty = client.post(address, {"text": ""})
    assert empty.status_code == 422
    assert "required" in empty.content.decode()
    assert client.post(address, {"text": "See <b>here</b>.", "url": "https://x.test/"}).status_code == 302
    page = client.get(reverse("payments:balance", args=[project.slug])).content.decode()
    assert "See &lt;b&gt;here&lt;/b&gt;." in page
    assert Payout.objects.get().state == "requested"


def test_a_refund_from_the_page_needs_a_reason_and_never_passes_what_is_left(client, standin):
    project = funded_project()
    pledge = collected(project, amount=60_00)
    client.force_login(project.creator)
    address = reverse("payments:refund_one", args=[project.slug, pledge.pk])

    def ask(**data):
        return client.post(address, data, follow=True).content.decode()

    assert "Nothing was refunded" in ask(amount="5")
    assert "At most €60 of this pledge can go back" in ask(amount="60.01", reason="Sorry.")
    assert "It goes back to the card" in ask(amount="5", reason="Sorry.")
    pledge.refresh_from_db()
    assert pledge.refunded_minor == 5_00
    other = collected(funded_project(), amount=60_00)
    assert client.post(reverse("payments:refund_one", args=[project.slug, other.pk])).status_code == 404


def test_what_was_paid_out_cannot_be_refunded_by_the_creator(client, standin, monkeypatch):
    from payments.services import paying_out
    from tests.factories.payments import order

    project = funded_project(platform_fee_bp=0, reserve_bp=0)
    able_to_be_paid(project)
    pledge = collected(project, amount=60_00)
    order(standin, clock_offset=10 * 86_400)
    now = settle(days=10)
    payout = paying_out.request_payout(
        milestone_id=project.milestones.get().pk, by=project.creator, text="Done.", url="", now=now
    )
    paying_out.release_payout(payout_id=payout.pk, by=make_user(is_staff=True), reason="Seen.", now=now)
    order(standin, clock_offset=0)
    client.force_login(project.creator)
    address = reverse("payments:refund_one", args=[project.slug, pledge.pk])
    text = client.post(address, {"amount": "", "reason": "Sorry."}, follow=True).content.decode()
    assert "the rest was paid out. Nothing went back." in text
    pledge.refresh_from_db()
    assert pledge.refunded_minor == 0


def test_evidence_for_a_dispute_is_handed_in_from_the_page(client, standin):
    project = funded_project()
    pledge = collected(project, card="pm_card_createDispute", amount=60_00)
    found = disputing.provider.client().v1.disputes.list({"payment_intent": pledge.payment_intent_id}).data[0]
    disputing.refresh_dispute(provider_id=found.id, now=NOW)
    client.force_login(project.creator)
    page = client.get(reverse("payments:disputes", args=[project.slug])).content.decode()
    assert "Evidence is taken until" in page
    address = reverse("payments:evidence", args=[project.slug, pledge.disputes.get().pk])
    assert "Write what shows" in client.post(address, {"text": " "}, follow=True).content.decode()
    assert "Handed in" in client.post(address, {"text": "winning_evidence"}, follow=True).content.decode()
    disputing.refresh_open(now=NOW)
    assert pledge.disputes.get().state == "won"


def test_ending_shows_its_numbers_asks_twice_and_gives_everything_back(client, standin):
    project = funded_project()
    pledges = [collected(project, amount=60_00), collected(project, amount=10_50)]
    client.force_login(project.creator)
    address = reverse("payments:end_project", args=[project.slug])
    page = client.get(address).content.decode()
    assert "<strong>2</strong> charged cards: €70.50 goes back" in page
    assert client.post(address, {"slug": "wrong", "reason": "No."}).status_code == 422
    assert client.post(address, {"slug": project.slug, "reason": " "}).status_code == 422
    project.refresh_from_db()
    assert project.state == "funded"
    assert client.post(address, {"slug": project.slug, "reason": "We cannot."}).status_code == 302
    assert endings.refund_due(now=NOW) == 2
    refunding.send_refunds(now=NOW)
    for pledge in pledges:
        pledge.refresh_from_db()
        assert pledge.state == "refunded"
