"""Sections of the dashboard: counted right, in words, bounded, with the same questions at any size."""

import csv
import io
from datetime import timedelta

import pytest
from django.core.cache import cache
from django.db import connection
from django.db.models import Sum
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from clock.services import business_now
from pages.dashboard.money import SHOWN, money_summaries
from pages.dashboard.money_columns import days_left
from pages.dashboard.money_sections import FEW, money_sections
from payments.models import (
    BalanceRecord,
    CashPledge,
    Dispute,
    Hold,
    LedgerTransaction,
    Payment,
    Payout,
    ReconciliationDifference,
    Refund,
    SettledDay,
    WebhookEvent,
)  # fmt: skip
from payments.selectors_sections import ageing, failures_by_reason, settlement_calendar
from payments.services import paying_out
from payments.services.refunding import request_refund
from tests.factories.payments import able_to_be_paid, collected, funded_project, pledged, settle, started
from tests.factories.people import NOW, make_project, make_user

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


@pytest.fixture
def admin(client):
    user = make_user(is_staff=True)
    client.force_login(user)
    return user


def test_the_calendar_is_the_unsettled_charges_net_by_day_and_currency(standin):
    first, second = collected(funded_project(), amount=10_00), collected(funded_project(currency="JPY"), amount=3000)
    for pledge, days in ((first, 2), (second, 3)):
        reference = LedgerTransaction.objects.get(pledge=pledge, kind="charge").provider_id
        BalanceRecord.objects.filter(transaction_id=reference).update(available_at=NOW + days * DAY)
    nets = {
        row.provider_currency: row.provider_amount_minor - row.provider_fee_minor
        for row in LedgerTransaction.objects.filter(kind="charge")
    }
    found = settlement_calendar(now=NOW)
    assert {(row.day, row.currency, row.charges, row.net_minor) for row in found} == {
        ((NOW + 2 * DAY).date(), "EUR", 1, nets["EUR"]), ((NOW + 3 * DAY).date(), "JPY", 1, nets["JPY"]),
    }  # fmt: skip
    assert {row.day for row in settlement_calendar(now=NOW + 30 * DAY)} == {None}
    settle(days=400)
    assert settlement_calendar(now=NOW) == []


def refuse(pledge, code, number, at=NOW):
    return Payment.objects.create(
        pledge=pledge, number=number, idempotency_key=f"{pledge.pk}:{code}:{number}", state="refused",
        code="card_declined", decline_code=code, sent_at=at, finished_at=at,
    )  # fmt: skip


def test_failures_are_counted_by_the_banks_reason(standin):
    one, other = started(make_project()), started(make_project())
    for number in (1, 2):
        refuse(one, "insufficient_funds", number)
    refuse(other, "insufficient_funds", 1)
    refuse(other, "", 2)
    refuse(other, "lost_card", 3, at=NOW - 31 * DAY)
    CashPledge.objects.filter(pk=other.pk).update(state="collected")
    rows = [(row.reason, row.attempts, row.pledges, row.charged_since) for row in failures_by_reason(now=NOW)]
    assert rows == [("insufficient_funds", 3, 2, 1), ("card_declined", 1, 1, 1)]


def test_ageing_counts_days_of_the_window_and_hours_of_refunds(standin):
    waiting = pledged(make_project(), amount=20_00)
    CashPledge.objects.filter(pk=waiting.pk).update(state="needs_action", fix_ends_at=NOW + 4 * DAY)
    charged = collected(funded_project(), amount=30_00)
    for hours, amount in ((0.5, 1_00), (30, 2_00)):
        made = NOW - timedelta(hours=hours)
        request_refund(pledge_id=charged.pk, amount=amount, cause="staff", now=made, reason="Asked.")
    found = {(row.what, row.label): (row.count, row.amount_minor) for row in ageing(now=NOW)}
    assert found == {
        ("repair", "day 4 of 7"): (1, 20_00), ("refund", "under an hour"): (1, 1_00),
        ("refund", "1 to 3 days"): (1, 2_00),
    }  # fmt: skip


@pytest.mark.parametrize(
    ("due", "words"),
    [
        (None, "the bank set no day"), (NOW, "ends today"), (NOW + DAY, "1 day left"), (NOW + 3 * DAY, "3 days left"),
        (NOW - DAY, "1 day over"),
    ],
)  # fmt: skip
def test_a_due_day_is_said_in_words(due, words):
    assert days_left(due, NOW) == words


def dispute(pledge, number, due):
    return Dispute.objects.create(
        pledge=pledge, provider_id=f"dp_{number}", amount_minor=5_00, currency="EUR", reason="fraudulent",
        opened_at=NOW, due_at=due,
    )  # fmt: skip


def test_the_nearest_due_day_comes_first_and_more_are_a_click_away(standin):
    pledge = collected(funded_project(), amount=60_00)
    for number in range(FEW + 2):
        dispute(pledge, number, NOW + (9 - number) * DAY)
    section = next(found for found in money_sections(now=NOW) if found.title == "Disputes")
    assert [row[0] for row in section.cells][:2] == ["2 days left", "3 days left"]
    assert len(section.cells) == FEW
    assert section.has_more


def test_what_waits_is_counted_among_the_exceptions(admin, client, standin):
    project = funded_project()
    able_to_be_paid(project)
    pledge = collected(project, amount=100_00)
    settle()
    paying_out.request_payout(
        milestone_id=project.milestones.get().pk, by=project.creator, text="Done.", url="", now=NOW
    )
    dispute(pledge, 1, NOW)
    refund = request_refund(pledge_id=pledge.pk, amount=1_00, cause="staff", now=NOW, reason="Asked.")
    Refund.objects.filter(pk=refund.pk).update(state="failed", finished_at=NOW)
    Hold.objects.create(project=project, reason="Odd.", set_by=admin, set_at=NOW)
    WebhookEvent.objects.create(
        event_id="evt_1", kind="refund.updated", object_id="re_1", payload={}, received_at=NOW, error="unknown object"
    )
    Payment.objects.create(pledge=pledge, number=9, idempotency_key="k", sent_at=NOW)
    for number, words in enumerate(("", "A fee of the provider.")):
        ReconciliationDifference.objects.create(
            reference=f"txn_{number}", kind="other figures", detail="d", found_at=NOW, explanation=words
        )
    page = client.get("/funding/").content.decode()
    for words in (
        "1 difference between ledger and provider, not explained", "1 explained difference", "1 open dispute",
        "1 payout waiting for release", "1 refund that came back", "1 event of the provider in trouble",
        "1 hold standing", "1 charge without an outcome",
    ):  # fmt: skip
        assert words in page, words
        assert page.index(words) < page.index("Money</h2>")
    assert f"/funding/payouts/{Payout.objects.get().pk}/" in page


def test_changes_are_said_in_a_sign_and_in_words(admin, client, standin):
    at = business_now()
    project = make_project(deadline_at=at + 10 * DAY, compute_ends_at=at + 40 * DAY)
    pledged(project, amount=20_00, now=at - 3 * DAY)
    pledged(project, amount=5_00, now=at - timedelta(hours=3))
    (summary,) = money_summaries(at=at)
    changes = {words: deltas[0] for words, deltas in summary.deltas}
    assert (changes["24 hours before"].sign, changes["24 hours before"].text) == ("▲", "€5")
    assert (changes["7 days before"].text, changes["7 days before"].words) == ("€25", "more")
    assert summary.deltas[0][1][2].words == "no change"
    assert "▲ €5 more" in client.get("/funding/").content.decode()


def test_rows_of_one_currency_sum_up_to_its_figure(admin, client, standin):
    collected(funded_project(), amount=12_34)
    collected(funded_project(), amount=5_00, tip=1_00)
    collected(funded_project(currency="JPY"), amount=3000)
    for currency, total in (("EUR", 17_34), ("JPY", 3000)):
        query = {"format": "csv", "currency": currency}
        text = b"".join(client.get("/funding/rows/money-collected/", query)).decode()
        rows = list(csv.DictReader(io.StringIO(text)))
        assert sum(int(row["Credit in minor units"]) for row in rows) == total
        assert {row["Currency"] for row in rows} == {currency}
    assert client.get("/funding/rows/money-collected/?currency=XXX").status_code == 404


def test_projects_beyond_the_first_are_summed_up_in_one_row(admin, client, standin):
    for _ in range(2):
        pledged(make_project(), amount=10_00)
    project = CashPledge.objects.first().project
    with connection.cursor() as cursor:
        for _ in range(SHOWN):
            other = make_project()
            cursor.execute(
                "INSERT INTO payments_pledgeday (project_id, currency, state, day, pledges, amount)"
                " VALUES (%s, 'EUR', 'active', '2026-01-01', 1, 100)", [other.pk],
            )  # fmt: skip
    (summary,) = money_summaries(at=NOW)
    assert len(summary.rows) == SHOWN
    assert summary.rows[0].project.title
    assert summary.others is not None
    assert summary.others[0] == "€2"
    assert "All others" in client.get("/funding/", {"at": NOW.isoformat()}).content.decode()
    text = b"".join(client.get("/funding/rows/money-projects/", {"format": "csv", "at": NOW.isoformat()})).decode()
    assert len(text.splitlines()) == SHOWN + 3
    assert project.slug in text


def test_the_dashboard_asks_the_same_questions_at_two_sizes(admin, client, standin):
    counts = []
    for size in (1, 4):
        for _ in range(size):
            project = funded_project()
            pledge = collected(project, amount=60_00)
            dispute(pledge, pledge.pk, timezone.now())
            refuse(started(make_project()), "lost_card", 1, at=business_now())
        cache.clear()
        with CaptureQueriesContext(connection) as asked:
            assert client.get("/funding/").status_code == 200
        counts.append(len(asked))
    assert counts[0] == counts[1]
    assert counts[0] <= 38


def csv_rows(client, key, **query):
    text = b"".join(client.get(f"/funding/rows/{key}/", {"format": "csv", **query})).decode()
    return list(csv.DictReader(io.StringIO(text)))


def test_each_line_of_calendar_and_failures_leads_to_its_rows(admin, client, standin):
    now = business_now()
    pledge = collected(funded_project(), amount=10_00)
    BalanceRecord.objects.update(available_at=now + 2 * DAY)
    for number, code in enumerate(("lost_card", "lost_card", "insufficient_funds"), 20):
        refuse(pledge, code, number, at=now - DAY)
    page = client.get("/funding/").content.decode()
    day = f"{now + 2 * DAY:%Y-%m-%d}"
    assert f"/funding/rows/settlements/?day={day}&amp;currency=EUR" in page
    assert "/funding/rows/refused-charges/?reason=lost_card" in page
    assert len(csv_rows(client, "settlements", day=day, currency="EUR")) == 1
    assert csv_rows(client, "settlements", day="2026-01-01", currency="EUR") == []
    assert len(csv_rows(client, "refused-charges", reason="lost_card")) == 2
    assert client.get("/funding/rows/settlements/?day=soon").status_code == 404


def test_a_list_of_projects_keeps_to_its_currency(admin, client, standin):
    collected(funded_project(), amount=10_00)
    collected(funded_project(currency="JPY"), amount=3000)
    assert [row["Collected"] for row in csv_rows(client, "money-projects", currency="JPY")] == ["3000"]
    assert len(csv_rows(client, "money-projects")) == 2


def test_what_was_given_back_again_needs_nobody(admin, client, standin):
    pledge = collected(funded_project(), amount=10_00)
    refund = request_refund(pledge_id=pledge.pk, amount=1_00, cause="staff", now=NOW, reason="Asked.")
    Refund.objects.filter(pk=refund.pk).update(state="failed", finished_at=NOW)
    assert "1 refund that came back" in client.get("/funding/").content.decode()
    assert len(csv_rows(client, "refunds-sent-back")) == 1
    request_refund(pledge_id=pledge.pk, amount=1_00, cause="staff", now=NOW + DAY, reason="Again.")
    assert "refund that came back" not in client.get("/funding/").content.decode()
    assert csv_rows(client, "refunds-sent-back") == []


def test_events_about_nothing_known_are_shown_for_a_week(admin, client):
    for days, processed in ((1, True), (8, True), (9, False)):
        at = timezone.now() - days * DAY
        WebhookEvent.objects.create(
            event_id=f"evt_{days}", kind="refund.updated", object_id="re_1", payload={}, received_at=at,
            processed_at=at if processed else None, error="unknown object",
        )  # fmt: skip
    assert [row["Event"] for row in csv_rows(client, "events")] == ["evt_1", "evt_9"]
    assert "2 events of the provider in trouble" in client.get("/funding/").content.decode()


def test_rows_of_this_moment_never_pretend_to_be_earlier(admin, client):
    page = client.get("/funding/rows/disputes/", {"at": "2020-01-01T00:00+00:00"}).content.decode()
    assert "2020" not in page[page.index("<main") : page.index("<footer")]
    assert f"As of {business_now():%-d %b %Y}" in page
    earlier = client.get("/funding/rows/money-collected/", {"at": "2020-01-01T00:00+00:00"}).content.decode()
    assert "As of 1 Jan 2020, 00:00:00 UTC" in earlier


def test_the_sums_of_settled_days_are_the_settled_pledges(standin):
    for _ in range(2):
        collected(funded_project(), amount=10_00, tip=1_00)
    settle()
    sums = SettledDay.objects.values_list("project_id", "currency").annotate(n=Sum("amount"))
    rows = CashPledge.objects.exclude(settled_at=None).order_by()
    assert set(sums) == set(rows.values_list("project_id", "currency").annotate(n=Sum("amount_minor")))
    assert len(sums) == 2
