"""The papers of money, full and empty, held as the other pages are."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.utils import timezone

from payments.models import CashPledge, Dispute, MonthlySupport, Refund
from tests.factories.papers import charged, lost, refunded
from tests.factories.payments import funded_project, started
from tests.factories.people import make_project, make_user

pytestmark = pytest.mark.django_db(transaction=True)
LONG = "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft"


@pytest.fixture
def backer():
    user = make_user()
    user.name = LONG
    user.save()
    return user


@pytest.fixture
def pledge(backer):
    """A charged pledge among one of everything that its backer can have."""
    now = timezone.now()
    project = funded_project(slug="kept", title=LONG, launched_at=now)
    mug = project.rewards.create(title=LONG, threshold_minor=800, is_add_on=True)
    whole = charged(project, backer=backer, amount=99_999_00, tip=5_00, at=now, add_ons={mug: 2})
    refunded(whole, 10_00, at=now)
    lost(charged(project, backer=backer, at=now), at=now)
    Refund.objects.create(
        pledge=whole, amount_minor=100, cause="creator", created_at=now, idempotency_key=str(uuid4())
    )  # fmt: skip
    Dispute.objects.create(
        pledge=whole, provider_id="du_1", amount_minor=100, currency="EUR", reason="x", opened_at=now
    )
    for state in ("started", "needs_action", "active", "locked", "retrying"):
        open_ = started(make_project(title=LONG), backer=backer)
        later = now + timedelta(days=3)
        CashPledge.objects.filter(pk=open_.pk).update(state=state, fix_ends_at=later, next_attempt_at=later)
    for state in ("active", "paused"):
        MonthlySupport.objects.create(
            project=make_project(state="funded", title=LONG), backer=backer, amount_minor=700, currency="EUR",
            anchor_day=1, created_at=now, state=state, next_debit_at=now,
        )  # fmt: skip
    return whole


@pytest.mark.parametrize(
    "address", ["/pledges/", "/pledges/{pledge}/receipt/", "/pledges/statement/{year}/", "/projects/kept/ledger/"]
)
def test_papers_full_of_everything(findings, sign_in, backer, pledge, address):
    sign_in(backer)
    assert findings(address.format(pledge=pledge.pk, year=pledge.collected_at.year)) == ""


def test_papers_with_nothing_in_them(findings, sign_in, backer):
    make_project(slug="new")
    waiting = started(make_project(), backer=backer)
    sign_in(backer)
    for address in ("/pledges/statement/2019/", f"/pledges/{waiting.pk}/receipt/", "/projects/new/ledger/"):
        assert findings(address) == ""
