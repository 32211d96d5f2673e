"""A project's ledger as everyone may read it, and as its creator hands it to accounting."""

import csv
import io
from datetime import UTC, datetime

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from payments.models import BalanceRecord, LedgerEntry, Payout, PayoutRecipient
from payments.papers import accounting, public_ledger
from payments.services import postings
from payments.services.ledger import Statement, post
from projects.models import Milestone
from tests.factories.papers import charged, lost, refunded, sent_back, statement
from tests.factories.payments import funded_project
from tests.factories.people import NOW, make_project, make_user

pytestmark = pytest.mark.django_db
EVIL = "<b>=HYPERLINK()</b>"


def paid(project, *, number=1, gross=1000, title="Step 1"):
    """A tranche that was released and transferred."""
    milestone = Milestone.objects.filter(project=project, number=number).first()
    milestone = milestone or Milestone.objects.create(
        project=project, number=number, title=title, evidence_wanted="A file.", share_bp=100
    )
    recipient, _ = PayoutRecipient.objects.get_or_create(
        user=project.creator, defaults={"account_id": f"acct_{project.pk}"}
    )
    payout = Payout.objects.create(
        kind="tranche", project=project, milestone=milestone, recipient=recipient, currency=project.currency,
        gross_minor=gross, provider_fee_minor=100, platform_fee_minor=50, reserve_minor=85, amount_minor=gross - 235,
        state="paid", idempotency_key=f"payout {project.pk} {number}", requested_at=NOW, released_at=NOW, paid_at=NOW,
        provider_id=f"tr_{project.pk}_{number}",
    )  # fmt: skip
    post(postings.release(payout), now=NOW)
    moved = statement(project.currency, -payout.amount_minor)
    BalanceRecord.objects.create(
        transaction_id=moved.id, kind="transfer", source=payout.provider_id, currency=project.currency,
        amount_minor=moved.amount, fee_minor=0, created_at=NOW, available_at=NOW,
    )  # fmt: skip
    post(postings.transfer(payout=payout, statement=moved), now=NOW)
    return payout


def everything(project):
    """One movement of each kind."""
    refunded(charged(project, amount=9000, tip=200), 1000)
    sent_back(refunded(charged(project, amount=500), 500))
    lost(charged(project, amount=2500))
    number = project.milestones.count() + 1
    return paid(project, number=number, title=f"Step {number}")


def page(client, project, status=200, **query):
    answer = client.get(reverse("payments:ledger", args=[project.slug]), query)
    assert answer.status_code == status
    return answer


def total(project, label):
    (found,) = (total for total in public_ledger.totals_of(project) if total.label == label)
    return " + ".join(map(str, found.amounts))


def csv_of(client, name, project):
    answer = client.get(reverse(f"payments:{name}", args=[project.slug]))
    assert answer.streaming
    return list(csv.DictReader(io.StringIO(b"".join(answer.streaming_content).decode())))


def test_every_in_and_out_is_there_with_its_parts_and_its_milestone(client):
    project = funded_project(shares=())
    everything(project)
    text = page(client, project).content.decode()
    for said in (
        "Pledge charged", "€90", "Refund sent back by a bank", "Dispute opened", "Dispute lost",
        "€15 provider&#x27;s fee", "€25 at a bank, undecided",
        "Released to the creator", "1. Step 1", "€0.50 platform&#x27;s fee", "€0.85 reserve", "€7.65 to the creator",
        "Paid to the creator",
    ):  # fmt: skip
        assert said in text, said
    assert text.count("1. Step 1") == 2


def test_the_totals_add_up_to_what_is_held_and_leave_tips_out():
    project = funded_project(shares=())
    everything(project)
    expected = {
        "Collected": "€120", "Refunded": "€10", "Disputes lost": "€25", "Provider's fees": "€18",
        "Platform's fee": "€0.50", "In reserve": "€0.85", "Being sent": "€0", "Paid out": "€7.65", "Held": "€75",
    }  # fmt: skip
    assert {label: total(project, label) for label in expected} == expected


def test_the_lines_sum_to_what_is_held(client):
    project = funded_project(shares=())
    everything(project)
    rows = csv_of(client, "ledger_csv", project)
    held = sum(float(row["in"] or 0) - float(row["out"] or 0) for row in rows)
    assert held == 75


def test_names_only_where_backers_chose_so_and_never_an_address(client):
    project = funded_project()
    backers = [make_user() for _ in range(3)]
    open_, _, disputed = [
        charged(project, backer=backer, is_anonymous=hidden)
        for backer, hidden in zip(backers, (False, True, True), strict=True)
    ]
    lost(disputed)
    refunded(open_, 100)
    text = page(client, project).content.decode()
    everywhere = text + str(csv_of(client, "ledger_csv", project))
    assert text.count(backers[0].public_name) == 2
    assert "a backer" in text
    assert backers[1].public_name not in everywhere
    assert backers[2].public_name not in everywhere
    for private in ("@", "txn_", "pi_", "ch_", "Visa", str(open_.pk)):
        assert private not in text.split("<main", 1)[1], private
        assert private not in str(csv_of(client, "ledger_csv", project)), private


def test_a_backer_without_a_public_name_is_a_member(client):
    backer = make_user()
    backer.name = ""
    backer.save()
    project = funded_project()
    charged(project, backer=backer, is_anonymous=False)
    assert f"Member {backer.pk}" in page(client, project).content.decode()


def test_a_dispute_never_names_its_backer(client):
    project = funded_project()
    backer = make_user()
    lost(charged(project, backer=backer, is_anonymous=False))
    assert page(client, project).content.decode().count(backer.public_name) == 1


def test_titles_and_names_are_text_and_no_formulas(client):
    backer = make_user()
    backer.name = "=cmd()"
    backer.save()
    project = funded_project(shares=(), title=EVIL)
    charged(project, backer=backer, is_anonymous=False)
    paid(project, title=EVIL)
    assert EVIL not in page(client, project).content.decode()
    who = [row["who"] for row in csv_of(client, "ledger_csv", project)]
    assert "'=cmd()" in who
    assert "=cmd()" not in who


def test_only_public_projects_have_a_public_ledger(client):
    for state in ("draft", "in_review", "changes_requested", "suspended"):
        project = make_project(state=state)
        client.force_login(project.creator)
        page(client, project, status=404)
        assert client.get(reverse("payments:ledger_csv", args=[project.slug])).status_code == 404


def test_without_movements_there_is_one_next_action(client):
    project = make_project()
    text = page(client, project).content.decode()
    assert "No card was charged for this project yet." in text
    assert "Every movement" not in text


def test_paging_by_key_shows_each_movement_once(client, monkeypatch):
    monkeypatch.setattr(public_ledger, "PAGE", 3)
    project = funded_project()
    for number in range(7):
        charged(project, amount=1000 + number)
    seen, before = [], None
    while True:
        lines, before = public_ledger.page_of(project, before)
        seen += [line.change.minor for line in lines]
        if before is None:
            break
    assert seen == [1006, 1005, 1004, 1003, 1002, 1001, 1000]
    first = page(client, project).content.decode()
    assert 'rel="next">Older' in first
    older = page(client, project, before=first.split("?before=")[1].split('"')[0]).content.decode()
    assert "€10.03" in older
    assert "Newest" in older
    assert "So far" not in older


@pytest.mark.parametrize("before", ["x", "", "-1", "9" * 40, "1.5", "\u0663"])
def test_a_page_that_makes_no_sense_is_not_found(client, before):
    page(client, make_project(), status=404, before=before)


def test_the_page_asks_as_often_for_many_movements_as_for_few(client):
    project = funded_project(shares=())
    counts = []
    for copies in (1, 5):
        for _ in range(copies):
            everything(project)
        with CaptureQueriesContext(connection) as asked:
            page(client, project)
        counts.append(len(asked))
    assert counts[0] == counts[1]


def test_yen_have_no_cents_and_foreign_fees_stay_in_their_currency(client):
    project = funded_project(currency="JPY", funding_minimum=1000, shares=())
    pledge = charged(project, amount=10_000, tip=500, fee=400)
    refunded(pledge, 1_000)
    dispute = statement("EUR", -6_000, 1_500)
    post(
        postings.dispute_moved(dispute=lost(charged(project, amount=700)), kind="dispute_won", statement=dispute),
        now=NOW,
    )
    assert total(project, "Collected") == "¥10,700"
    assert total(project, "Refunded") == "¥1,000"
    assert total(project, "Provider's fees") == "¥2,000 + €15"
    rows = csv_of(client, "ledger_csv", project)
    assert {row["in"] for row in rows} == {"10000", "700", ""}
    assert [row["provider's fee"] for row in rows if row["currency"] == "EUR"] == ["15.00"]


def open_cursors():
    """How many results the database still holds for this connection."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_cursors WHERE name LIKE '_django%'")
        return cursor.fetchone()[0]


@pytest.mark.parametrize(
    ("name", "module", "rest"), [("ledger_csv", public_ledger, 11), ("accounting", accounting, 35)]
)
def test_files_are_read_a_chunk_at_a_time(client, monkeypatch, name, module, rest):
    monkeypatch.setattr(module, "CHUNK", 4)
    project = funded_project()
    for _ in range(12):
        charged(project)
    client.force_login(project.creator)
    lines = iter(client.get(reverse(f"payments:{name}", args=[project.slug])).streaming_content)
    assert b"date (UTC)" in next(lines)
    assert b"harge" in next(lines)
    assert open_cursors() == 1
    assert len(list(lines)) == rest
    assert open_cursors() == 0


def test_fees_in_a_currency_that_no_pledge_takes_are_shown(client):
    project = funded_project()
    post(
        postings.dispute_moved(
            dispute=lost(charged(project)), kind="dispute_won", statement=statement("CHF", -60_00, 15_00)
        ),
        now=NOW,
    )
    assert total(project, "Provider's fees") == "€16 + CHF 15.00"
    assert "CHF 15.00 provider&#x27;s fee" in page(client, project).content.decode()
    client.force_login(project.creator)
    assert {row["debit"] for row in csv_of(client, "accounting", project) if row["currency"] == "CHF"} >= {"60.00"}


def test_accounting_gets_each_entry_as_it_stands(client):
    project = funded_project(shares=())
    everything(project)
    client.force_login(project.creator)
    rows = csv_of(client, "accounting", project)
    assert len(rows) == LedgerEntry.objects.filter(transaction__project=project).count()
    assert sum(float(row["debit"]) for row in rows) == pytest.approx(sum(float(row["credit"]) for row in rows))
    held = next(row for row in rows if row["account"] == "project_held")
    assert (held["kind"], held["debit"], held["credit"], held["currency"]) == ("charge", "0.00", "90.00", "EUR")
    assert held["date (UTC)"] == datetime(2026, 6, 1, 12, tzinfo=UTC).isoformat()
    assert held["pledge number"]
    assert next(row for row in rows if row["kind"] == "release")["pledge number"] == ""


def test_accounting_in_yen_has_whole_numbers(client):
    project = funded_project(currency="JPY", funding_minimum=1000)
    pledge = charged(project, amount=1000, fee=0)
    post(postings.refund(refund=refunded(pledge, 10), statement=Statement("txn_again", "JPY", -10, 0)), now=NOW)
    client.force_login(project.creator)
    assert {row["debit"] for row in csv_of(client, "accounting", project)} == {"0", "10", "1000"}


def test_accounting_is_for_the_creator_and_admins_only(client):
    project = funded_project()
    address = reverse("payments:accounting", args=[project.slug])
    assert client.get(address).status_code == 302
    charged(project, backer=(backer := make_user()))
    for user, status in (
        (backer, 403), (make_user(is_reviewer=True), 403), (project.creator, 200), (make_user(is_staff=True), 200),
    ):  # fmt: skip
        client.force_login(user)
        assert client.get(address).status_code == status
    assert client.post(address).status_code == 405


def test_the_project_s_page_links_to_its_ledger(client):
    project = funded_project(launched_at=NOW)
    link = reverse("payments:ledger", args=[project.slug])
    assert link in client.get(project.get_absolute_url()).content.decode()
    draft = make_project(state="draft")
    client.force_login(draft.creator)
    assert "/ledger/" not in client.get(draft.get_absolute_url()).content.decode()
