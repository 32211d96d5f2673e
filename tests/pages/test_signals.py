"""Signals of fraud: who is named, why, and who is not."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from payments.models import CashPledge, Dispute, Hold, Payment
from payments.services import fraud
from tests.factories.payments import started
from tests.factories.people import NOW, make_project, make_user

pytestmark = pytest.mark.django_db
LATER = NOW + timedelta(hours=2)


def made(project, *, now=NOW, **fields):
    """A pledge with facts that a card would bring."""
    keys = {name: fields.pop(name) for name in ("amount", "backer") if name in fields}
    pledge = started(project, now=now, **keys)
    CashPledge.objects.filter(pk=pledge.pk).update(**{"origin": "", "state": "active", **fields})
    return pledge


def found(kind):
    return {signal.pledge.pk: signal.words for signal in fraud.signals(now=LATER) if signal.kind == kind}


def test_nothing_is_suspicious_about_ordinary_pledges(standin):
    project = make_project()
    for number in range(6):
        made(project, origin=f"home {number}", card_fingerprint=f"card {number}", amount=10_00)
    assert fraud.signals(now=LATER) == []


def test_many_pledges_of_several_accounts_from_one_origin_within_an_hour(standin):
    project = make_project()
    burst = {made(project, origin="cafe", now=NOW + timedelta(minutes=n)).pk for n in range(5)}
    made(project, origin="cafe", now=NOW - timedelta(days=1))
    one_person = make_user()
    for number in range(5):
        made(make_project(), origin="home", backer=one_person, now=NOW + timedelta(minutes=number))
    assert found("origin").keys() == burst
    assert set(found("origin").values()) == {"5 pledges of 5 accounts from one origin within an hour"}


def test_one_card_on_several_accounts(standin):
    project = make_project()
    shared = {made(project, card_fingerprint="fp_1").pk, made(project, card_fingerprint="fp_1").pk}
    made(project, card_fingerprint="fp_2")
    assert found("card") == dict.fromkeys(shared, "its card is on 2 accounts")


def test_an_account_with_earlier_lost_disputes(standin):
    project, backer = make_project(), make_user()
    before = made(make_project(), backer=backer, state="lost")
    Dispute.objects.create(
        pledge=before, provider_id="dp_1", amount_minor=1, currency="EUR", reason="fraudulent", state="lost",
        opened_at=NOW, closed_at=NOW,
    )  # fmt: skip
    again = made(project, backer=backer)
    made(project)
    assert found("lost") == {again.pk: "the account lost 1 earlier dispute(s)"}


def test_an_unusually_large_first_pledge(standin):
    project, known = make_project(), make_user()
    made(make_project(), backer=known, now=NOW - timedelta(days=60))
    for _ in range(5):
        made(project, amount=10_00)
    large = made(project, amount=210_00, now=NOW + timedelta(hours=1))
    made(project, amount=200_00, now=NOW + timedelta(hours=1))
    made(project, amount=900_00, backer=known, now=NOW + timedelta(hours=1))
    assert found("large") == {large.pk: "first pledge of the account, 21 times the project's median"}


def test_many_refused_attempts(standin):
    backer = make_user()
    pledge, calm = made(make_project(), backer=backer), made(make_project())
    for row, number in ((pledge, 6), (calm, 5)):
        Payment.objects.bulk_create(
            Payment(
                pledge=row, number=n, idempotency_key=f"{row.pk}:{n}", state="refused", sent_at=NOW, finished_at=NOW
            )
            for n in range(1, number + 1)
        )
    assert found("refused") == {pledge.pk: "6 refused attempts of the account"}


def test_the_page_offers_a_hold_and_says_what_is_held(client, standin):
    admin = make_user(is_staff=True)
    client.force_login(admin)
    pair = [made(make_project(), card_fingerprint="fp_1") for _ in range(2)]
    CashPledge.objects.update(created_at=timezone.now() - timedelta(minutes=1))
    Hold.objects.create(user=pair[0].backer, reason="Looked at.", set_by=admin, set_at=NOW)
    page = client.get("/funding/signals/").content.decode()
    assert f'href="/funding/holds/pledge/{pair[1].pk}/"' in page
    assert f'href="/funding/holds/pledge/{pair[0].pk}/"' not in page
    text = b"".join(client.get("/funding/signals/?format=csv")).decode()
    assert text.count("its card is on 2 accounts") == 2


def test_the_same_questions_whatever_the_number(standin):
    counts = []
    for _ in range(2):
        for _ in range(4):
            made(make_project(), card_fingerprint="fp_1")
        with CaptureQueriesContext(connection) as asked:
            fraud.signals(now=LATER)
        counts.append(len(asked))
    assert counts == [2, 2]
