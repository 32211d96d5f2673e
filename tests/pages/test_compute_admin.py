"""The compute half of the dashboard: figures equal the journals', admins only, as many questions at any size."""

import csv
import io
from datetime import date, timedelta
from uuid import uuid4

import pytest
from django.core.cache import cache
from django.db import connection
from django.db.models import Sum
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from audit.models import StaffAction
from clock.services import business_now
from compute_pledges.models import Audit, Device, GpuTimeEntry, Round, SponsorInvoice, WorkResult
from compute_pledges.selectors_admin import (
    audit_costs,
    communication_words,
    health_words,
    rejected_words,
    run_health,
)
from compute_pledges.services.verification import quarantine
from compute_pledges.sponsoring.invoices import Bill, enter_invoice
from pages.dashboard.compute_sections import supply_rows
from projects.models import Project
from tests.factories.compute import make_run, open_round
from tests.factories.people import make_project, make_user
from tests.factories.pledges import HOUR_US, machine, promise, rented, worked
from training_cluster.protocol_audit import ACCEPT_RELATIVE_L2, REJECT_RELATIVE_L2
from values.gpu_time import format_gpu_time

pytestmark = pytest.mark.django_db
WHY = "Looked at its blocks with its owner."


@pytest.fixture
def admin(client):
    user = make_user(is_staff=True)
    client.force_login(user)
    return user


def running(**fields):
    run = make_run(**fields)
    return run, open_round(run, now=timezone.now())


def audited(result, state="passed", flops=10, **fields):
    WorkResult.objects.filter(pk=result.pk).update(flops=flops)
    values = {"finished_at": timezone.now(), "seconds": 2.5, "relative_l2": 0.01, **fields}
    return Audit.objects.create(result=result, state=state, **values)


def csv_rows(client, key, **query):
    text = b"".join(client.get(f"/funding/rows/{key}/", {"format": "csv", **query})).decode()
    return list(csv.DictReader(io.StringIO(text)))


def billed(project, now, **fields):
    """An invoice of a machine that the project rents."""
    Project.objects.filter(pk=project.pk).update(sponsored_budget_minor=10**6)
    rented(project)
    return enter_invoice(project=project, by=project.creator, bill=bill(**fields), now=now)


def bill(**fields):
    values = {
        "vendor": "Halls", "reference": "A1", "amount_minor": 90_00, "billed_us": 4 * HOUR_US,
        "starts_on": date(2026, 1, 1), "ends_on": date(2026, 1, 31), "evidence_url": "https://halls.test/a1",
    }  # fmt: skip
    return Bill(**{**values, **fields})


def test_the_cost_of_auditing_is_the_replayed_share_of_what_was_judged():
    run, round_ = running()
    now = timezone.now()
    device = machine()
    results = [worked(run, round_, device, 1, now=now) for _ in range(3)]
    audited(results[0])
    audited(results[1], "failed")
    audited(worked(run, round_, device, 1, now=now - timedelta(days=40)), finished_at=now - timedelta(days=39))
    worked(run, round_, device, 1, now=now, state="auditing")
    (cost,) = audit_costs(at=timezone.now())
    assert (cost.audits, cost.passed, cost.failed, cost.unclear) == (2, 1, 1, 0)
    # A block that is still being audited is not judged: two of three.
    assert (cost.audited_us, cost.judged_us, cost.share_percent) == (2 * HOUR_US, 3 * HOUR_US, 66.66)
    assert cost.seconds == 5.0


def test_figures_on_the_page_equal_the_journals(admin, client):
    run, round_ = running(project=make_project(compute_minimum_us=50 * HOUR_US))
    now = timezone.now()
    device = machine()
    pledge = promise(run.project, 10, device=device)
    audited(worked(run, round_, device, 2, pledge=pledge, now=now), flops=7)
    worked(run, round_, device, 3, pledge=pledge, now=now)
    bad = machine()
    worked(run, round_, bad, 4, now=now)
    quarantine(device_id=bad.pk, reason="an upload that no replay gave", now=now)
    page = client.get("/funding/").content.decode()
    entries = GpuTimeEntry.objects.filter
    verified = entries(credit="verified").aggregate(s=Sum("device_us"))["s"]
    reversed_ = entries(credit="reversed").aggregate(s=Sum("device_us"))["s"]
    assert (verified, reversed_) == (9 * HOUR_US, 4 * HOUR_US)
    assert f'data-figure="verified-us" data-value="{verified - reversed_}"' in page
    assert sum(int(row["Device µs"]) for row in csv_rows(client, "compute-reversed")) == reversed_
    assert "an upload that no replay gave" in page
    assert f"/funding/devices/{bad.pk}/" in page
    assert format_gpu_time(reversed_) in page
    for words in ("Supply against demand", f"relative distance of {ACCEPT_RELATIVE_L2}", "Invoices of rented machines"):
        assert words in page, words


def test_a_projects_open_goal_counts_once_however_many_runs_it_has(admin, client):
    project = make_project(compute_minimum_us=50 * HOUR_US)
    make_run(project=project)
    make_run(project=project)
    promise(project, 10)
    assert sum(row.demand_h100_us for row in supply_rows()) == 50 * HOUR_US
    assert sum(row.supply_h100_us for row in supply_rows()) == 10 * HOUR_US
    rows = csv_rows(client, "compute-supply")
    assert sum(int(row["Needed H100-equivalent µs"]) for row in rows) == 50 * HOUR_US
    assert sum(int(row["Missing H100-equivalent µs"]) for row in rows) == 40 * HOUR_US


def test_each_figure_of_a_memory_class_leads_to_what_it_is_made_of(admin, client):
    project = make_project(compute_minimum_us=50 * HOUR_US)
    run = make_run(project=project)
    small = {"reported_hardware": {"memory_bytes": 10 * 2**30}}
    promise(project, 10, device=machine(**small), slots=range(20))
    promise(project, 4, device=machine(catalog_slug="rtx-3060"), slots=range(30))
    promise(project, 7, device=machine(rate=None, **small), slots=range(5))
    promise(project, 9)
    row = supply_rows()[1]
    assert (row.words, row.devices, row.offers, row.hours_per_week) == ("over 8 to 12 GiB", 2, 1, 55)
    page = client.get("/funding/").content.decode()
    for key, expected in (("class-machines", 2), ("class-offers", 1), ("class-pledges", 3)):
        assert f"/funding/rows/{key}/?class=1" in page
        rows = csv_rows(client, key, **{"class": "1"})
        assert len(rows) == expected
        assert {one["Memory"] for one in rows} == {row.words}
    machines = csv_rows(client, "class-machines", **{"class": "1"})
    assert sum(int(one["Deliverable H100-equivalent µs"]) for one in machines) == row.supply_h100_us
    assert sum(int(one["Hours a week"]) for one in csv_rows(client, "class-pledges", **{"class": "1"})) == 55
    (of_run,) = csv_rows(client, "class-runs")
    index = next(one.index for one in supply_rows() if one.runs)
    assert (of_run["Run"], of_run["Memory"]) == (run.name, supply_rows()[index].words)
    assert csv_rows(client, "class-runs", **{"class": str(index + 1)}) == []
    assert client.get("/funding/rows/class-machines/?class=x").status_code == 404
    assert client.get("/funding/rows/class-runs/?class=x").status_code == 200


def test_blocks_that_wait_for_a_check_are_counted_and_listed(admin, client):
    run, round_ = running()
    late = worked(run, round_, machine(), 1, now=timezone.now() - timedelta(hours=1), state="reported")
    worked(run, round_, machine(), 1, now=timezone.now(), state="reported")
    assert "1 block waiting for a check for over 15 minutes" in client.get("/funding/").content.decode()
    assert [row["Machine"] for row in csv_rows(client, "blocks-waiting")] == [late.device.name]


def test_projects_beyond_the_first_are_summed_and_all_are_a_click_away(admin, client, monkeypatch):
    monkeypatch.setattr("compute_pledges.funnel.compute_funnel.__kwdefaults__", {"limit": 1})
    for number in (1, 2, 4):
        run, round_ = running()
        worked(run, round_, machine(), number, now=timezone.now())
    page = client.get("/funding/").content.decode()
    assert "All others" in page
    assert f'data-figure="verified-us" data-value="{7 * HOUR_US}"' in page
    assert format_gpu_time(3 * HOUR_US) in page
    rows = csv_rows(client, "compute-projects")
    assert [int(row["Verified, device µs"]) for row in rows] == [4 * HOUR_US, 2 * HOUR_US, HOUR_US]


def test_a_runs_health_is_said_in_words():
    now = timezone.now()
    fresh, paused, stuck, silent, idle = (make_run(state="paused" if n == 1 else "running") for n in range(5))
    for run in (fresh, idle):
        open_round(run, now=now)
    round_ = open_round(stuck, now=now - timedelta(minutes=10))
    worked(stuck, round_, machine(), 0.1, now=now)
    worked(fresh, fresh.rounds.get(), machine(), 0.1, now=now)
    words = {run.pk: health_words(run) for run in run_health(now, None)}
    assert words[fresh.pk] == "healthy"
    assert words[paused.pk] == "paused"
    assert words[stuck.pk].startswith("its anchor is silent")
    assert words[silent.pk] == "its anchor never opened a round"
    assert words[idle.pk] == "waits for machines"


def test_the_evidence_is_shown_and_a_lift_begins_the_machine_anew(admin, client):
    run, round_ = running()
    device = machine()
    audited(worked(run, round_, device, 2, now=timezone.now()), "failed", relative_l2=1.42)
    quarantine(device_id=device.pk, reason="failed audit", now=timezone.now())
    page = client.get(f"/funding/devices/{device.pk}/").content.decode()
    for words in (
        "1.42",
        "failed audit",
        format_gpu_time(2 * HOUR_US),
        str(ACCEPT_RELATIVE_L2),
        str(REJECT_RELATIVE_L2),
    ):
        assert words in page, words
    assert client.post(f"/funding/devices/{device.pk}/lift/", {"reason": ""}).status_code == 400
    client.post(f"/funding/devices/{device.pk}/lift/", {"reason": WHY})
    device.refresh_from_db()
    assert (device.state, device.consecutive_valid, device.quarantine_reason) == ("active", 0, "")
    action = StaffAction.objects.get()
    assert (action.action, action.subject, action.reason) == ("lift_device", f"device:{device.pk}", WHY)
    assert action.details["because"] == "failed audit"
    again = client.post(f"/funding/devices/{device.pk}/lift/", {"reason": WHY}, follow=True).content.decode()
    assert "Nothing was done" in again
    assert StaffAction.objects.count() == 1
    client.post(f"/funding/devices/{device.pk}/revoke/", {"reason": WHY})
    assert Device.objects.get(pk=device.pk).state == "revoked"


def test_nobody_decides_on_their_own_machine(admin, client):
    device = machine(owner=admin, state="quarantined")
    page = client.post(f"/funding/devices/{device.pk}/lift/", {"reason": WHY}, follow=True).content.decode()
    assert "Another admin must do it" in page
    assert Device.objects.get(pk=device.pk).state == "quarantined"
    assert not StaffAction.objects.exists()


def test_an_invoice_is_decided_once_and_its_file_is_a_download(admin, client):
    project = make_project()
    file = b"%PDF-1.4 an invoice"
    made = billed(project, timezone.now(), file=file, file_name="a.pdf")
    assert str(made) in client.get("/funding/").content.decode()
    page = client.get(f"/funding/invoices/{made.pk}/").content.decode()
    assert "€90" in page
    given = client.get(f"/funding/invoices/{made.pk}/file/")
    assert (given.content, given["Content-Type"]) == (file, "application/pdf")
    assert given["Content-Disposition"].startswith("attachment")
    client.post(f"/funding/invoices/{made.pk}/confirm/", {"reason": WHY})
    client.post(f"/funding/invoices/{made.pk}/refuse/", {"reason": WHY})
    assert SponsorInvoice.objects.get().state == "confirmed"
    assert [action.action for action in StaffAction.objects.all()] == ["confirm_invoice"]
    assert SponsorInvoice.objects.get().decided_by == admin


@pytest.mark.parametrize("role", [{}, {"is_reviewer": True}])
def test_everyone_but_admins_is_refused(client, role):
    project = make_project()
    made = billed(project, timezone.now())
    device = machine(state="quarantined")
    client.force_login(make_user(**role))
    pages = [f"devices/{device.pk}/", f"invoices/{made.pk}/", f"invoices/{made.pk}/file/"]
    keys = ("compute-supply", "audits", "runs", "sponsor-invoices", "rent-duties", "sweep-failures", "quarantine")
    for address in [*pages, *(f"rows/{key}/" for key in keys)]:
        assert client.get(f"/funding/{address}").status_code == 403, address
    deeds = [f"devices/{device.pk}/{deed}/" for deed in ("lift", "revoke")]
    for address in [*deeds, *(f"invoices/{made.pk}/{deed}/" for deed in ("confirm", "refuse"))]:
        assert client.post(f"/funding/{address}", {"reason": WHY}).status_code == 403, address
        assert client.get(f"/funding/{address}").status_code in (403, 405), address
    assert Device.objects.get(pk=device.pk).state == "quarantined"
    assert SponsorInvoice.objects.get().state == "entered"


def test_every_list_of_rows_opens_as_a_page_and_as_csv(admin, client):
    run, round_ = running()
    device = machine()
    audited(worked(run, round_, device, 1, now=timezone.now()), "unclear")
    Device.objects.update(state="quarantined")
    billed(run.project, business_now())
    keys = ("compute-supply", "audits", "audit-costs", "runs", "sponsor-invoices", "late-withdrawals", "rent-duties")
    for key in (*keys, "sweep-failures"):
        assert client.get(f"/funding/rows/{key}/").status_code == 200, key
        assert client.get(f"/funding/rows/{key}/?project={run.project_id}").status_code == 200, key
        assert isinstance(csv_rows(client, key), list)
    assert csv_rows(client, "audits", result="unclear")[0]["Device"] == device.name
    assert csv_rows(client, "audits", result="passed") == []
    assert csv_rows(client, "runs", project=run.project_id + 1) == []


def test_the_compute_half_asks_the_same_questions_at_two_sizes(admin, client):
    counts = []
    for size in (1, 4):
        for number in range(size):
            run, round_ = running(project=make_project(compute_minimum_us=HOUR_US))
            device = machine()
            pledge = promise(run.project, 1, device=device)
            audited(worked(run, round_, device, 1, pledge=pledge, now=timezone.now()))
            machine(state="quarantined")
            billed(run.project, timezone.now(), reference=f"{size}-{number}-{uuid4()}")
        cache.clear()
        with CaptureQueriesContext(connection) as asked:
            assert client.get("/funding/").status_code == 200
        counts.append(len(asked))
    assert counts[0] == counts[1]
    assert counts[0] <= 31


def test_a_run_shows_what_communication_took_and_what_was_taken_back(admin, client):
    now = timezone.now()
    run, calm = make_run(), make_run()
    for made in (run, calm):
        open_round(made, now=now)
    Round.objects.filter(run=run).update(
        closed_at=now, communication_seconds=1.0, is_rolled_back=True, rejected_loss=9.125, held_out_loss=4.0
    )
    words = {row.pk: (communication_words(row), rejected_words(row)) for row in run_health(now, None)}
    assert words == {run.pk: ("10%", "9.1250"), calm.pk: ("", "")}
    Round.objects.filter(run=run).update(exchange_seconds=11.0, rejected_loss=1.7976931348623157e308)
    row = next(row for row in run_health(now, None) if row.pk == run.pk)
    assert (communication_words(row), rejected_words(row)) == ("50%", "not finite")
    assert "not finite" in client.get("/funding/").content.decode()
