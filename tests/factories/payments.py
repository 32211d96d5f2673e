"""Card pledges made as a browser would: the stand-in's shared test cards instead of a typed number."""

from datetime import timedelta
from uuid import uuid4

import requests
from django.utils import timezone

from payments import provider
from payments.services import cards, recipients, settling
from payments.services.applying import refresh
from payments.services.pledging import Choice, start_pledge
from projects.models import Milestone
from tests.factories.people import NOW, make_project, make_user
from tests.factories.standin import SECRET
from values.money import Money


def chosen(project, amount=5000, *, tip=0, **fields):
    """What a backer chooses, in minor units."""
    tip_money = Money(tip, project.currency) if tip else None
    return Choice(amount=Money(amount, project.currency), tip=tip_money, **fields)


def started(project, *, amount=5000, reward=None, backer=None, token=None, now=NOW, **fields):
    return start_pledge(
        project=project, backer=backer or make_user(), choice=chosen(project, amount, reward=reward, **fields),
        client_token=token or uuid4(), now=now,
    )  # fmt: skip


def pledged(project, *, card="pm_card_visa", now=NOW, **fields):
    """A pledge whose card was confirmed."""
    pledge = started(project, now=now, **fields)
    facts = cards.browser_facts(pledge)
    client = provider.client().v1
    intents = client.setup_intents if facts["kind"] == "setup" else client.payment_intents
    intents.confirm(facts["client_secret"].split("_secret_")[0], {"payment_method": card})
    return refresh(pledge_id=pledge.pk, now=now)


def collected(project, *, card="pm_card_visa", now=NOW, **fields):
    """A charged pledge of a project in delivery that takes late pledges: charged at once, whatever the goals."""
    pledge = pledged(project, card=card, now=now, **fields)
    assert pledge.state == "collected"
    return pledge


def funded_project(*, shares=(10_000,), **fields):
    """A funded project with milestones that takes late pledges, and whose creator can be paid."""
    project = make_project(**{"state": "funded", "takes_late_pledges": True, **fields})
    Milestone.objects.bulk_create(
        Milestone(project=project, number=number, title=f"Step {number}", evidence_wanted="A file.", share_bp=share)
        for number, share in enumerate(shares, 1)
    )
    return project


def able_to_be_paid(project):
    """Take the creator through onboarding at the stand-in."""
    link = recipients.begin_onboarding(user=project.creator, return_url="https://x.test/")
    requests.post(link, timeout=10, allow_redirects=False).raise_for_status()
    assert recipients.refresh_recipient(user=project.creator, now=NOW)
    # The platform's own money: other tests' refunds and disputes have drawn on the same stand-in.
    values = {"amount": 10_000_00, "currency": project.currency.lower(), "payment_method": "pm_card_bypassPending"}
    provider.client().v1.payment_intents.create({**values, "confirm": True})


def order(standin, **facts):
    """Set controls of the stand-in."""
    address = f"{standin.base}/standin/control"
    answer = requests.post(address, json=facts, headers={"Authorization": f"Bearer {SECRET}"}, timeout=10)
    answer.raise_for_status()
    return answer.json()


def settle(*, days=3):
    """Everything charged so far becomes available, at the stand-in and in the ledger. Returns the moment."""
    now = timezone.now() + timedelta(days=days)
    settling.settle_available(now=now)
    return now
