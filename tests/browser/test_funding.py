"""The funding dashboard and the staff's pages at four widths in both themes, long words in every section."""

from datetime import timedelta

import pytest
from django.utils import timezone

from payments.models import CashPledge, Dispute, Hold, Payment, ReconciliationDifference
from payments.services import holding, paying_out
from payments.services.ledger import Account, Kind, Posting, post
from payments.services.refunding import request_refund
from tests.factories.payments import able_to_be_paid, collected, funded_project, pledged, settle
from tests.factories.people import make_project, make_user

pytestmark = pytest.mark.django_db(transaction=True)
LONG = "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft"


@pytest.fixture
def filled(standin):
    """Something in every section. Returns addresses by what they show."""
    now = timezone.now()
    project = funded_project(
        title=LONG, slug=LONG.lower()[:26], deadline_at=now + timedelta(days=9),
        compute_ends_at=now + timedelta(days=90),
    )  # fmt: skip
    able_to_be_paid(project)
    pledge = collected(project, amount=1_234_56, now=now, card="pm_card_bypassPending")
    settle()
    collected(project, amount=60_00, now=now)
    payout = paying_out.request_payout(
        milestone_id=project.milestones.get().pk, by=project.creator, text=f"{LONG}\nIt runs.",
        url=f"https://x.test/{LONG}", now=now,
    )  # fmt: skip
    request_refund(pledge_id=pledge.pk, amount=1_00, cause="staff", now=now, reason="Asked.")
    Dispute.objects.create(
        pledge=pledge, provider_id="dp_1", amount_minor=5_00, currency="EUR", reason="product_not_received",
        opened_at=now, due_at=now + timedelta(days=3),
    )  # fmt: skip
    Payment.objects.create(
        pledge=pledge, number=9, idempotency_key="k", state="refused", code="card_declined",
        decline_code="insufficient_funds", sent_at=now, finished_at=now, message="Not enough money.",
    )  # fmt: skip
    difference = ReconciliationDifference.objects.create(
        reference="txn_1OaBcDeFgHiJkLmNoPqRsTuV", kind="not in the ledger", detail="adjustment of -500 EUR, fee 0",
        found_at=now,
    )  # fmt: skip
    holding.set_hold(target={"user": pledge.backer}, by=make_user(is_staff=True), reason=LONG, now=now)
    CashPledge.objects.filter(project=project).update(card_fingerprint="fp_1")
    waiting = pledged(make_project(deadline_at=now + timedelta(days=9), compute_ends_at=now + timedelta(days=90)))
    CashPledge.objects.filter(pk=waiting.pk).update(state="needs_action", fix_ends_at=now + timedelta(days=2))
    below = make_project(state="funded", currency="JPY")
    lines = ((Account.PROJECT_HELD, "JPY", 750), (Account.DISPUTED, "JPY", -750))
    post(Posting(Kind.DISPUTE_LOST, "lost:dp_0", below.pk, lines), now=now)
    return {
        "project": f"projects/{project.slug}/", "below zero": f"projects/{below.slug}/",
        "pledge": f"pledges/{pledge.pk}/", "person": f"people/{pledge.backer_id}/", "payout": f"payouts/{payout.pk}/",
        "difference": f"differences/{difference.pk}/", "hold": f"holds/pledge/{pledge.pk}/",
        "lift": f"holds/{Hold.objects.get().pk}/lift/",
    }  # fmt: skip


@pytest.mark.parametrize("address", ["", "actions/", "signals/", "rows/money-collected/", "rows/disputes/"])
def test_what_staff_looks_at(findings, sign_in, filled, address):
    sign_in(make_user(is_staff=True))
    assert findings(f"/funding/{address}") == ""


@pytest.mark.parametrize(
    "name", ["project", "below zero", "pledge", "person", "payout", "difference", "hold", "lift"]
)  # fmt: skip
def test_where_staff_acts(findings, sign_in, filled, name):
    sign_in(make_user(is_staff=True))
    assert findings(f"/funding/{filled[name]}") == ""
