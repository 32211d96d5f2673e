"""Rented machines: billed money and verified hours side by side, never one made of the other."""

from datetime import timedelta

import pytest

from compute_pledges.errors import SponsoringRefused
from compute_pledges.models import ComputeMail, SponsorInvoice
from compute_pledges.sponsoring.chain import chain_of
from compute_pledges.sponsoring.invoices import Bill, decide_invoice, enter_invoice
from compute_pledges.sponsoring.marking import mark_sponsored
from projects.totals import totals_of
from tests.factories.compute import make_run, open_round
from tests.factories.people import NOW, make_project, make_user
from tests.factories.pledges import HOUR_US, machine, worked

pytestmark = pytest.mark.django_db


def entered(project, reference="R1", **fields):
    values = {
        "vendor": "Halls", "reference": reference, "amount_minor": 90_00, "billed_us": 10 * HOUR_US,
        "starts_on": NOW.date(), "ends_on": NOW.date(), "evidence_url": "https://halls.test/1",
    }  # fmt: skip
    return enter_invoice(project=project, by=project.creator, bill=Bill(**{**values, **fields}), now=NOW)


def test_an_invoice_shows_its_vendors_verified_hours_of_its_days_and_no_others():
    project = make_project(compute_minimum_us=100 * HOUR_US)
    device = machine(owner=project.creator)
    mark_sponsored(project=project, device_id=device.pk, vendor="Halls", by=project.creator, now=NOW)
    run = make_run(project=project)
    round_ = open_round(run)
    worked(run, round_, device, 3)
    worked(run, round_, device, 2, now=NOW + timedelta(days=2))
    worked(run, round_, machine(), 7)
    worked(run, round_, device, 4, state="reported")
    invoice = entered(project)
    (row,) = chain_of(project)
    assert (row.invoice, row.device_us, row.blocks, row.devices) == (invoice, 3 * HOUR_US, 1, 1)
    assert (row.verified_percent, row.checkpoints) == (30, 1)


def test_an_invoice_makes_no_gpu_time():
    project = make_project(compute_minimum_us=100 * HOUR_US)
    invoice = entered(project)
    before = totals_of([project])[project.pk]
    decide_invoice(invoice_id=invoice.pk, confirm=True, by=make_user(is_staff=True), reason="Read it.", now=NOW)
    assert totals_of([project])[project.pk] == before
    assert before.compute_realized == 0


def test_another_admin_decides_once():
    project = make_project(creator=make_user(is_staff=True))
    invoice, admin = entered(project), make_user(is_staff=True)
    for by in (project.creator, make_user(), make_user(is_reviewer=True)):
        with pytest.raises(SponsoringRefused, match="Another admin"):
            decide_invoice(invoice_id=invoice.pk, confirm=True, by=by, reason="Mine.", now=NOW)
    decide_invoice(invoice_id=invoice.pk, confirm=False, by=admin, reason="Wrong period.", now=NOW)
    with pytest.raises(SponsoringRefused, match="decided on already"):
        decide_invoice(invoice_id=invoice.pk, confirm=True, by=admin, reason="Yet.", now=NOW)
    assert SponsorInvoice.objects.get().state == "refused"
    assert ComputeMail.objects.get(kind="invoice_decided").facts["reason"] == "Wrong period."


def test_the_same_invoice_is_entered_once_unless_it_was_refused():
    project = make_project()
    first = entered(project)
    with pytest.raises(SponsoringRefused, match="entered already"):
        entered(project)
    decide_invoice(invoice_id=first.pk, confirm=False, by=make_user(is_staff=True), reason="Blurred.", now=NOW)
    assert entered(project).pk != first.pk


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"evidence_url": ""}, "Show the invoice"), ({"ends_on": NOW.date() - timedelta(days=1)}, "ends before"),
        ({"file": b"<html>"}, "PDF, PNG or JPEG"),
    ],
)  # fmt: skip
def test_an_invoice_without_proof_or_sense_is_refused(fields, says):
    with pytest.raises(SponsoringRefused, match=says):
        entered(make_project(), **fields)
    assert not SponsorInvoice.objects.exists()


def test_a_machine_is_marked_before_its_first_block_only():
    project = make_project()
    device = machine(owner=project.creator)
    run = make_run(project=project)
    worked(run, open_round(run), device, 1)
    with pytest.raises(SponsoringRefused):
        mark_sponsored(project=project, device_id=device.pk, vendor="Halls", by=project.creator, now=NOW)
    with pytest.raises(SponsoringRefused):
        mark_sponsored(project=project, device_id=machine().pk, vendor="Halls", by=project.creator, now=NOW)
    assert not project.sponsored_devices.exists()
