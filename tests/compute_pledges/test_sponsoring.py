"""Rented machines: billed money and verified hours side by side, never one made of the other, each hour once."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction

from compute_pledges.errors import SponsoringRefused
from compute_pledges.models import ComputeMail, SponsoredDevice, SponsorInvoice, SponsorVendor
from compute_pledges.services.journal import count_towards_goal
from compute_pledges.services.verification import reverse
from compute_pledges.sponsoring.chain import chain_of
from compute_pledges.sponsoring.invoices import Bill, budget_left, decide_invoice, enter_invoice
from compute_pledges.sponsoring.marking import mark_sponsored
from projects.meters import compute_meter
from projects.totals import totals_of
from tests.factories.compute import make_run, open_round
from tests.factories.people import NOW, make_project, make_user
from tests.factories.pledges import HOUR_US, machine, rented, worked

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
PLAN = {"compute_minimum_us": 100 * HOUR_US, "sponsored_hours_us": 10 * HOUR_US, "sponsored_budget_minor": 200_00}


def entered(project, reference="R1", **fields):
    values = {
        "vendor": "Halls", "reference": reference, "amount_minor": 90_00, "billed_us": 10 * HOUR_US,
        "starts_on": NOW.date(), "ends_on": NOW.date(), "evidence_url": "https://halls.test/1",
    }  # fmt: skip
    return enter_invoice(project=project, by=project.creator, bill=Bill(**{**values, **fields}), now=NOW)


@pytest.fixture
def project():
    """With a plan, and a machine that Halls rents to it."""
    found = make_project(**PLAN)
    rented(found)
    return found


def test_an_invoice_shows_its_vendors_verified_hours_of_its_days_and_no_others(project):
    device = SponsoredDevice.objects.get().device
    run = make_run(project=project)
    round_ = open_round(run)
    worked(run, round_, device, 3)
    worked(run, round_, device, 2, now=NOW + 2 * DAY)
    worked(run, round_, machine(), 7)
    worked(run, round_, device, 4, state="reported")
    worked(run, round_, rented(project, "Bytes Ltd"), 5)
    invoice = entered(project)
    (row,) = chain_of(project)
    assert (row.invoice, row.whole.device_us, row.whole.blocks, row.whole.devices) == (invoice, 3 * HOUR_US, 1, 1)
    assert (row.verified_percent, row.whole.checkpoints) == (30, 1)


def test_an_invoice_names_each_run_that_its_hours_were_worked_on(project, client):
    device, other = SponsoredDevice.objects.get().device, rented(project)
    first, second, idle = (make_run(project=project, name=name) for name in ("first", "second", "idle"))
    rounds = open_round(first), open_round(second)
    worked(first, rounds[0], device, 3)
    worked(first, rounds[0], other, 1)
    worked(second, rounds[1], device, 2, now=NOW + timedelta(hours=3))
    entered(project)
    (row,) = chain_of(project)
    assert [(part.run_id, part.device_us // HOUR_US, part.checkpoints) for part in row.runs] == [
        (first.pk, 4, 1), (second.pk, 2, 1),
    ]  # fmt: skip
    assert (row.whole.device_us, row.whole.devices, row.whole.checkpoints) == (6 * HOUR_US, 2, 2)
    page = client.get(f"/projects/{project.slug}/money-into-hours/").content.decode()
    assert all(f"/runs/{run.pk}/" in page for run in (first, second))
    assert f"/runs/{idle.pk}/" not in page


def test_a_day_of_a_vendor_is_on_one_invoice(project):
    rented(project, "Bytes Ltd")
    first = entered(project, ends_on=NOW.date() + 9 * DAY, amount_minor=1_00)
    with pytest.raises(SponsoringRefused, match=r"Halls R1 covers 2026-06-01 to 2026-06-10"):
        entered(project, "R2", starts_on=NOW.date() + 9 * DAY, ends_on=NOW.date() + 12 * DAY, amount_minor=1_00)
    entered(project, "R2", starts_on=NOW.date() + 10 * DAY, ends_on=NOW.date() + 12 * DAY, amount_minor=1_00)
    entered(project, "R1", vendor="bytes  ltd", amount_minor=1_00)
    values = {field: getattr(first, field) for field in ("project", "vendor", "currency", "entered_by", "entered_at")}
    with pytest.raises(IntegrityError, match="invoice_days_once"), transaction.atomic():
        SponsorInvoice.objects.create(
            reference="R3", amount_minor=1, billed_us=1, starts_on=NOW.date() - DAY, ends_on=NOW.date(), **values
        )
    decide_invoice(invoice_id=first.pk, confirm=False, by=make_user(is_staff=True), reason="Days.", now=NOW)
    assert entered(project, "R4", amount_minor=1_00).vendor == first.vendor


def test_invoices_stay_within_the_budget_that_backers_were_promised(project):
    first = entered(project)
    with pytest.raises(SponsoringRefused, match=r"at most €200; €110 of it"):
        entered(project, "R2", amount_minor=110_01, starts_on=NOW.date() + DAY, ends_on=NOW.date() + DAY)
    entered(project, "R2", amount_minor=110_00, starts_on=NOW.date() + DAY, ends_on=NOW.date() + DAY)
    assert budget_left(project).minor == 0
    decide_invoice(invoice_id=first.pk, confirm=False, by=make_user(is_staff=True), reason="Wrong.", now=NOW)
    assert budget_left(project).minor == 90_00
    bare = make_project()
    rented(bare)
    with pytest.raises(SponsoringRefused, match="sets no money aside"):
        entered(bare)


def test_a_vendor_is_named_once_and_invoices_are_of_marked_ones(project):
    again = rented(project, "  halls ")
    assert SponsorVendor.objects.get().name == "Halls"
    with pytest.raises(SponsoringRefused, match="marked as rented from Halls already"):
        mark_sponsored(project=project, device_id=again.pk, vendor="Other", by=project.creator, now=NOW)
    same = mark_sponsored(project=project, device_id=again.pk, vendor="HALLS", by=project.creator, now=NOW)
    assert same.device == again
    with pytest.raises(SponsoringRefused, match="Say who rents"):
        rented(project, "  ")
    with pytest.raises(SponsoringRefused, match=r"No machine is marked as rented from Hells. Marked vendors: Halls"):
        entered(project, vendor="Hells")


def test_the_page_lets_a_vendor_be_chosen_and_keeps_what_was_typed(project, client):
    client.force_login(project.creator)
    address = f"/projects/{project.slug}/sponsoring/"
    assert '<option value="Halls"' in client.get(address).content.decode()
    typed = {
        "vendor": "Halls", "reference": "R9", "amount": "500", "billed_us": "3", "starts_on": "2026-06-01",
        "ends_on": "2026-06-02", "evidence_url": "https://halls.test/1",
    }  # fmt: skip
    refused = client.post(f"{address}invoices/", typed)
    assert refused.status_code == 422
    assert all(words in refused.content.decode() for words in ("at most €200", 'value="R9"', 'value="500"'))
    assert client.post(f"{address}invoices/", typed | {"vendor": "Nobody"}).status_code == 422
    assert client.post(f"{address}invoices/", typed | {"amount": "50"}).status_code == 302
    client.post(f"{address}devices/", {"device": machine(owner=project.creator).pk, "new_vendor": "Bytes"})
    assert set(project.sponsor_vendors.values_list("name", flat=True)) == {"Halls", "Bytes"}


def test_rented_work_fills_the_goal_as_far_as_the_plan_goes(project):
    device, run = SponsoredDevice.objects.get().device, make_run(project=project)
    round_ = open_round(run)
    results = [worked(run, round_, device, 6), worked(run, round_, device, 7), worked(run, round_, machine(), 20)]
    for result in results:
        count_towards_goal(result=result, event="verified", sign=1, now=NOW)
    totals = totals_of([project])[project.pk]
    assert (totals.sponsored_realized, totals.sponsored_filling) == (13 * HOUR_US, 10 * HOUR_US)
    assert totals.compute_realized == 30 * HOUR_US
    assert "30 GPU-h verified (10 GPU-h of it by rented machines)" in compute_meter(project, totals).sentence
    reverse(result=results[1], reason="test", now=NOW)
    assert totals_of([project])[project.pk].compute_realized == 26 * HOUR_US


def test_without_a_plan_rented_work_fills_nothing():
    bare = make_project(compute_minimum_us=100 * HOUR_US)
    run = make_run(project=bare)
    count_towards_goal(result=worked(run, open_round(run), rented(bare), 6), event="verified", sign=1, now=NOW)
    assert totals_of([bare])[bare.pk].compute_realized == 0


def test_an_invoice_makes_no_gpu_time(project):
    invoice = entered(project)
    before = totals_of([project])[project.pk]
    decide_invoice(invoice_id=invoice.pk, confirm=True, by=make_user(is_staff=True), reason="Read it.", now=NOW)
    assert totals_of([project])[project.pk] == before
    assert before.compute_realized == 0


def test_another_admin_decides_once():
    project = make_project(creator=make_user(is_staff=True), **PLAN)
    rented(project)
    invoice, admin = entered(project), make_user(is_staff=True)
    for by in (project.creator, make_user(), make_user(is_reviewer=True)):
        with pytest.raises(SponsoringRefused, match="Another admin"):
            decide_invoice(invoice_id=invoice.pk, confirm=True, by=by, reason="Mine.", now=NOW)
    decide_invoice(invoice_id=invoice.pk, confirm=False, by=admin, reason="Wrong period.", now=NOW)
    with pytest.raises(SponsoringRefused, match="decided on already"):
        decide_invoice(invoice_id=invoice.pk, confirm=True, by=admin, reason="Yet.", now=NOW)
    assert SponsorInvoice.objects.get().state == "refused"
    assert ComputeMail.objects.get(kind="invoice_decided").facts["reason"] == "Wrong period."


def test_the_same_invoice_is_entered_once_unless_it_was_refused(project):
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
