"""What backers read: one page of everything, receipts and statements, of their own money only."""

import csv
import io
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from payments.models import CashPledge, Dispute, MonthlySupport, Refund
from payments.papers import overview
from payments.papers.movements import movements_of, sums_by_year, sums_of
from payments.papers.paper import Paper
from payments.papers.pdf import LACKS, is_whole, pdf_of, printable
from projects.models import Reward
from tests.factories.papers import charged, lost, refunded, sent_back
from tests.factories.payments import funded_project, started
from tests.factories.people import NOW, make_project, make_user

pytestmark = pytest.mark.django_db
EVIL = '<script>alert("x")</script>'


@pytest.fixture
def backer(client):
    user = make_user()
    client.force_login(user)
    return user


def text_of(client, name, *args, status=200, **query):
    page = client.get(reverse(f"payments:{name}", args=args), query)
    assert page.status_code == status
    return page.content.decode()


def support_of(backer, project, state="active"):
    return MonthlySupport.objects.create(
        project=project, backer=backer, amount_minor=700, currency=project.currency, anchor_day=1, created_at=NOW,
        state=state, next_debit_at=NOW + timedelta(days=12),
    )  # fmt: skip


def full_house(backer, copies=1):
    """One of everything, `copies` times."""
    for _ in range(copies):
        live, funded = make_project(), funded_project()
        started(live, backer=backer)
        for state in ("needs_action", "active", "locked", "retrying", "dropped"):
            pledge = started(make_project(), backer=backer)
            CashPledge.objects.filter(pk=pledge.pk).update(
                state=state, fix_ends_at=NOW + timedelta(days=7), next_attempt_at=NOW + timedelta(days=1)
            )
        support_of(backer, make_project(state="funded"))
        part = charged(funded, backer=backer, amount=9000)
        refunded(part, 1000)
        Refund.objects.create(
            pledge=part, amount_minor=500, cause="creator", created_at=NOW, idempotency_key=str(uuid4())
        )
        open_ = charged(funded, backer=backer)
        Dispute.objects.create(
            pledge=open_, provider_id=str(uuid4()), amount_minor=5000, currency="EUR", reason="x", opened_at=NOW
        )


def test_everything_owed_stands_on_one_page_with_what_needs_the_backer_first(client, backer):
    full_house(backer)
    text = text_of(client, "pledges")
    headings = ["Needs you now", "Coming charges", "Monthly support", "Refunds on their way", "Disputes",
                "Paid and refunded by year", "History"]  # fmt: skip
    places = [text.index(f">{heading}<") for heading in headings]
    assert places == sorted(places)
    assert text.index("Confirm or use another card") < text.index("Save your card")
    assert "You were charged nothing." in text
    assert "another try, after the card was declined" in text
    assert "only if every minimum is reached by then" in text
    support = MonthlySupport.objects.get()
    assert reverse("payments:change_support", args=[support.pk, "pause"]) in text
    assert reverse("payments:change_support", args=[support.pk, "cancel"]) in text


def test_the_page_asks_as_often_for_many_pledges_as_for_few(client, backer):
    counts = []
    for copies in (1, 4):
        full_house(backer, copies)
        with CaptureQueriesContext(connection) as asked:
            text_of(client, "pledges")
        counts.append(len(asked))
    assert counts[0] == counts[1]


def test_the_next_charges_come_first_and_a_paused_project_has_no_day(client, backer):
    late = started(make_project(title="Late", deadline_at=NOW + timedelta(days=9)), backer=backer)
    soon = started(make_project(title="Soon", deadline_at=NOW + timedelta(days=2)), backer=backer)
    resting = started(make_project(title="Resting"), backer=backer)
    CashPledge.objects.filter(pk__in=[late.pk, soon.pk, resting.pk]).update(state="active")
    type(resting.project).objects.filter(pk=resting.project_id).update(state="paused")
    text = text_of(client, "pledges")
    assert text.index(">Soon<") < text.index(">Late<") < text.index(">Resting<")
    assert "the project is paused: nothing is charged meanwhile" in text


def test_a_refund_that_the_bank_refused_is_still_owed(client, backer):
    refund = refunded(charged(funded_project(), backer=backer), 5000)
    Refund.objects.filter(pk=refund.pk).update(state="failed")
    CashPledge.objects.update(state="collected", refunded_minor=0)
    assert "Your money is still here" in text_of(client, "pledges")


def test_history_is_paged_by_key_and_no_row_is_lost_or_doubled(client, backer, monkeypatch):
    monkeypatch.setattr(overview, "PAGE", 3)
    project = funded_project()
    made = [charged(project, backer=backer, at=NOW + timedelta(minutes=n // 2)) for n in range(8)]
    seen, before = [], None
    for _ in range(4):
        found, has_more = overview.history_page(backer, before)
        seen += [pledge.pk for pledge in found]
        before = found[-1].pk
        if not has_more:
            break
    assert len(seen) == 8
    assert set(seen) == {pledge.pk for pledge in made}
    text = text_of(client, "pledges")
    assert f"?before={seen[2]}#history" in text
    charged(project, backer=backer, at=NOW + timedelta(days=1))
    assert str(seen[3]) in text_of(client, "pledges", before=str(seen[2]))


@pytest.mark.parametrize("before", ["x", "0", "0c8d48d3-469b-4963-9803-abf4477788d9"])
def test_a_page_that_is_not_there_is_not_found(client, backer, before):
    text_of(client, "pledges", before=before, status=404)


def test_nobody_pages_from_a_stranger_s_pledge(client, backer):
    text_of(client, "pledges", before=str(charged(funded_project()).pk), status=404)


def test_without_pledges_there_is_one_next_action(client, backer):
    text = text_of(client, "pledges")
    assert "You have not pledged money yet." in text
    assert "Find a model to back" in text


def test_titles_and_names_are_text(client):
    evil = make_user()
    evil.name = EVIL
    evil.save()
    client.force_login(evil)
    project = funded_project(title=EVIL)
    pledge = charged(project, backer=evil)
    for name, args in (("pledges", ()), ("receipt", (pledge.pk,)), ("statement", (2026,))):
        text = text_of(client, name, *args)
        assert EVIL not in text
        assert "&lt;script&gt;" in text
    assert client.get(reverse("payments:receipt_pdf", args=[pledge.pk])).content.startswith(b"%PDF-")


def test_a_receipt_says_what_was_bought_the_tip_apart_and_what_went_back(client, backer):
    project = funded_project(title="Gemma für alle")
    reward = Reward.objects.create(project=project, title="Weights by name", threshold_minor=1000, law_class="digital")
    mug = Reward.objects.create(project=project, title="Mug", threshold_minor=800, is_add_on=True, law_class="goods")
    pledge = charged(project, backer=backer, amount=2000, reward=reward, tip=150, add_ons={mug: 2})
    refunded(pledge, 500)
    text = text_of(client, "receipt", pledge.pk)
    for said in (
        str(pledge.pk), "1 June 2026, 12:00 UTC", backer.email, backer.name, "Gemma für alle", "Commonweave",
        project.creator.public_name, "Visa ending in 4242", "reward: Weights by name",
        "2 \N{MULTIPLICATION SIGN} Mug, €8 each", "€16",
        "Tip to Commonweave", "€1.50", "€37.50", "-€5", "€32.50", "until 15 June 2026, 12:00 UTC",
        "This is not a tax document unless",
    ):  # fmt: skip
        assert said in text, said


@pytest.mark.parametrize(
    ("law_class", "says"),
    [("gift", "a gift with a thank-you"), ("digital", "digital content"), ("goods", "goods that are sent")],
)
def test_a_receipt_gives_the_right_of_withdrawal_of_its_reward(client, backer, law_class, says):
    project = funded_project()
    reward = Reward.objects.create(project=project, title="It", threshold_minor=1000, law_class=law_class)
    assert says in text_of(client, "receipt", charged(project, backer=backer, reward=reward).pk)


def test_a_lost_dispute_stands_on_the_receipt(client, backer):
    pledge = charged(funded_project(), backer=backer, tip=100)
    lost(pledge)
    text = text_of(client, "receipt", pledge.pk)
    assert "taken back by your bank, 1 June 2026" in text
    assert "€0" in text


def test_before_the_charge_there_is_a_page_that_says_so(client, backer):
    pledge = started(make_project(), backer=backer)
    assert "There is no receipt yet" in text_of(client, "receipt", pledge.pk)
    assert "There is no receipt yet" in text_of(client, "receipt_pdf", pledge.pk, status=404)


def test_receipts_are_their_backer_s_only(client):
    pledge = charged(funded_project())
    for name in ("receipt", "receipt_pdf"):
        address = reverse(f"payments:{name}", args=[pledge.pk])
        client.logout()
        assert client.get(address).status_code == 302
        for other in (make_user(), make_user(is_staff=True), pledge.project.creator):
            client.force_login(other)
            assert client.get(address).status_code == 404


@pytest.mark.parametrize(("currency", "amount", "said"), [("JPY", 1200, "¥1,200"), ("GBP", 1250, "£12.50")])
def test_currencies_are_written_as_they_are(client, backer, currency, amount, said):
    pledge = charged(funded_project(currency=currency, funding_minimum=1000), backer=backer, amount=amount)
    assert said in text_of(client, "receipt", pledge.pk)
    assert said in text_of(client, "statement", 2026)
    assert printable(said) == said


def test_a_pdf_embeds_its_typeface_and_survives_letters_that_it_lacks():
    paper = Paper("Receipt", [("Paid by", "Ödön Żółw 李 \N{PARTY POPPER} <b>&amp;")], [], ["A note for €5."])
    content = pdf_of(paper, author="Commonweave")
    assert content.startswith(b"%PDF-")
    assert b"/FontFile2" in content
    assert content == pdf_of(paper, author="Commonweave")
    assert printable("Müller, €5") == "Müller, €5"
    assert printable("李明") == "??"
    assert printable("Mu\N{COMBINING DIAERESIS}ller") == "Müller"
    assert not is_whole(paper)
    assert is_whole(Paper("Receipt", [("Why?", "Müller")], [], []))
    assert "?" in LACKS


def test_a_long_statement_runs_over_pages(client, backer):
    project = funded_project(title="W" * 80)
    for number in range(60):
        charged(project, backer=backer, amount=1000 + number)
    answer = client.get(reverse("payments:statement_pdf", args=[2026]))
    assert answer.headers["Content-Type"] == "application/pdf"
    assert answer.content.count(b"/Type /Page\n") > 1


def year_of_everything(backer):
    euro = funded_project(title="In euro")
    yen = funded_project(title="In yen", currency="JPY", funding_minimum=1000)
    refunded(charged(euro, backer=backer, amount=10_000, tip=300), 2_000)
    sent_back(refunded(charged(euro, backer=backer, amount=4_000), 4_000))
    lost(charged(euro, backer=backer, amount=6_000, tip=100))
    refunded(charged(yen, backer=backer, amount=1_500, tip=100), 1_600, tip=100)
    charged(euro, backer=backer, amount=999, at=datetime(2025, 12, 31, 23, 59, tzinfo=UTC))


def test_a_statement_sums_each_currency_by_itself(client, backer):
    year_of_everything(backer)
    charged(funded_project())
    euro, yen = sums_of(movements_of(backer, 2026))
    assert (str(euro.charged), str(euro.refunded), str(euro.lost), str(euro.kept)) == ("€204", "€20", "€61", "€123")
    assert str(euro.tips) == "€3"
    assert (str(yen.charged), str(yen.refunded), str(yen.kept), str(yen.tips)) == ("¥1,600", "¥1,600", "¥0", "¥0")
    text = text_of(client, "statement", 2026)
    assert "In EUR" in text
    assert "In JPY" in text
    assert "Refund sent back by the bank" in text
    assert "€9.99" not in text


def test_the_page_s_years_are_the_statements_sums(client, backer):
    year_of_everything(backer)
    for line in sums_by_year(backer):
        same = [sums for sums in sums_of(movements_of(backer, line.year)) if sums.currency == line.sums.currency]
        assert same == [line.sums]
    assert [(line.year, line.sums.currency) for line in sums_by_year(backer)] == [
        (2026, "EUR"), (2026, "JPY"), (2025, "EUR")
    ]  # fmt: skip
    assert reverse("payments:statement", args=[2025]) in text_of(client, "pledges")


def test_a_statement_asks_as_often_for_many_movements_as_for_few(client, backer):
    counts = []
    for _ in range(2):
        year_of_everything(backer)
        with CaptureQueriesContext(connection) as asked:
            text_of(client, "statement", 2026)
        counts.append(len(asked))
    assert counts[0] == counts[1]


def test_a_statement_as_csv_has_numbers_and_no_formulas(client, backer):
    refunded(charged(funded_project(title="=1+1"), backer=backer, amount=5050, tip=50), 1010)
    answer = client.get(reverse("payments:statement_csv", args=[2026]))
    rows = list(csv.DictReader(io.StringIO(answer.getvalue().decode())))
    assert [(row["what"], row["amount"], row["of it tip"], row["project"]) for row in rows] == [
        ("Charged", "51.00", "0.50", "'=1+1"),
        ("Refunded", "-10.10", "0.00", "'=1+1"),
    ]


def test_a_year_without_movements_says_so_and_no_year_is_not_found(client, backer):
    assert "Nothing was charged to your cards in 2019" in text_of(client, "statement", 2019)
    for year in (0, 1999, 9999, 99999):
        text_of(client, "statement", year, status=404)
    client.logout()
    for name in ("pledges", "statement", "statement_pdf", "statement_csv"):
        assert client.get(reverse(f"payments:{name}", args=[] if name == "pledges" else [2026])).status_code == 302
