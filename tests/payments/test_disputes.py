"""Disputes: taken at once, answered in time, won or lost, and booked to the cent either way."""

from datetime import timedelta

import pytest

from audit.invariants import find_breaches
from payments.errors import DisputeRefused, RefundRefused
from payments.invariants import INVARIANTS
from payments.models import Dispute
from payments.services import disputing, refunding
from payments.services.ledger import balances
from payments.services.mails import send_due
from projects.totals import totals_of
from tests.factories.payments import collected, funded_project
from tests.factories.people import NOW, make_user

pytestmark = pytest.mark.django_db


def disputed(project, **fields):
    pledge = collected(project, card="pm_card_createDispute", amount=60_00, **fields)
    disputes = disputing.provider.client().v1.disputes.list({"payment_intent": pledge.payment_intent_id}).data
    for _ in range(2):
        assert disputing.refresh_dispute(provider_id=disputes[0].id, now=NOW)
    pledge.refresh_from_db()
    return pledge, pledge.disputes.get()


def books(project):
    return {account: amount for (account, _), amount in balances(project_id=project.pk).items()}


def answer(dispute, words):
    disputing.submit_evidence(dispute_id=dispute.pk, text=words, by=make_user(), now=NOW)
    disputing.refresh_open(now=NOW)
    dispute.refresh_from_db()
    dispute.pledge.refresh_from_db()


def test_a_dispute_freezes_the_money_and_tells_creator_and_backer(standin, mailoutbox):
    project = funded_project()
    pledge, dispute = disputed(project, tip=2_00)
    assert (pledge.state, dispute.state, dispute.amount_minor, dispute.tip_minor) == (
        "disputed", "needs_response", 62_00, 2_00,
    )  # fmt: skip
    found = books(project)
    assert (found["disputed"], found["project_held"], found["platform_tips"]) == (62_00, -60_00, -2_00)
    assert sum(found.values()) == 0
    assert project.creator.pk == NoticeOf(dispute).user_id
    assert pledge.mails.filter(kind="disputed").count() == 1
    project.creator.language = "de"
    project.creator.save(update_fields=["language"])
    send_due(now=NOW)
    said = next(mail.body for mail in mailoutbox if mail.to == [project.creator.email])
    assert all(part in said for part in ("62\N{NO-BREAK SPACE}€", "Karteninhaber", f"{dispute.due_at:%Y, %H:%M} UTC"))
    with pytest.raises(RefundRefused):
        refunding.request_refund(pledge_id=pledge.pk, amount=None, cause="creator", now=NOW)


def NoticeOf(dispute):  # noqa: N802  # reason: reads as a thing
    from payments.models import NoticeMail

    return NoticeMail.objects.get(kind="dispute_opened", key=dispute.provider_id)


def test_a_dispute_that_is_won_gives_everything_back(standin):
    project = funded_project()
    pledge, dispute = disputed(project)
    answer(dispute, "winning_evidence")
    assert (dispute.state, dispute.pledge.state) == ("won", "collected")
    found = books(project)
    assert (found.get("disputed", 0), found["project_held"], sum(found.values())) == (0, -60_00, 0)
    assert totals_of([project])[project.pk].money_realized == 60_00
    assert pledge.disputes.count() == 1


def test_a_dispute_that_is_lost_is_the_projects_loss(standin):
    project = funded_project()
    _, dispute = disputed(project)
    answer(dispute, "losing_evidence")
    disputing.refresh_open(now=NOW)
    assert (dispute.state, dispute.pledge.state) == ("lost", "lost")
    found = books(project)
    assert (found.get("disputed", 0), found.get("project_held", 0), sum(found.values())) == (0, 0, 0)
    totals = totals_of([project])[project.pk]
    assert (totals.money_pledged, totals.money_realized) == (0, 0)


def test_what_was_refunded_before_is_the_platforms_loss(standin):
    project = funded_project()
    pledge = collected(project, amount=60_00)
    refunding.request_refund(pledge_id=pledge.pk, amount=45_00, cause="creator", now=NOW)
    refunding.send_refunds(now=NOW)
    intent = disputing.provider.retrieve_payment_intent(pledge.payment_intent_id)
    from tests.factories.payments import order

    order(standin, dispute={"charge": intent["latest_charge"]["id"], "reason": "fraudulent"})
    found = disputing.provider.client().v1.disputes.list({"payment_intent": pledge.payment_intent_id}).data[0]
    disputing.refresh_dispute(provider_id=found.id, now=NOW)
    dispute = Dispute.objects.get()
    answer(dispute, "losing_evidence")
    sums = books(project)
    taken = dispute.amount_minor
    assert (sums.get("project_held", 0), sums.get("dispute_loss", 0), sum(sums.values())) == (0, taken - 15_00, 0)


def test_a_refund_that_the_dispute_outran_leaves_no_loss_with_the_platform(standin):
    """Asked for before the dispute, sent after it was lost, and refused then: the bank took the money only once."""
    project = funded_project()
    pledge = collected(project, amount=60_00, tip=5_00)
    refunding.request_refund(pledge_id=pledge.pk, amount=None, cause="creator", now=NOW)
    intent = disputing.provider.retrieve_payment_intent(pledge.payment_intent_id)
    from tests.factories.payments import order

    order(standin, dispute={"charge": intent["latest_charge"]["id"], "reason": "fraudulent"})
    found = disputing.provider.client().v1.disputes.list({"payment_intent": pledge.payment_intent_id}).data[0]
    disputing.refresh_dispute(provider_id=found.id, now=NOW)
    answer(Dispute.objects.get(), "losing_evidence")
    assert books(project)["dispute_loss"] == 65_00
    refunding.send_refunds(now=NOW)
    assert pledge.refunds.get().state == "failed"
    sums = books(project)
    held = [sums.get(name, 0) for name in ("project_held", "platform_tips", "dispute_loss", "disputed")]
    assert (held, sum(sums.values())) == ([0, 0, 0, 0], 0)
    totals = totals_of([project])[project.pk]
    assert (totals.money_pledged, totals.money_realized) == (0, 0)
    assert [finding.invariant.name for finding in find_breaches(INVARIANTS) if not finding.holds] == []


@pytest.mark.parametrize(
    ("words", "when", "says"),
    [("", NOW, "Write what shows"), ("late", NOW + timedelta(days=4000), "The day for evidence is past")],
)
def test_evidence_that_cannot_be_handed_in_says_why(standin, words, when, says):
    _, dispute = disputed(funded_project())
    with pytest.raises(DisputeRefused, match=says):
        disputing.submit_evidence(dispute_id=dispute.pk, text=words, by=make_user(), now=when)


def test_evidence_is_handed_in_once(standin):
    _, dispute = disputed(funded_project())
    answer(dispute, "winning_evidence")
    with pytest.raises(DisputeRefused, match="takes no evidence any more"):
        disputing.submit_evidence(dispute_id=dispute.pk, text="more", by=make_user(), now=NOW)
