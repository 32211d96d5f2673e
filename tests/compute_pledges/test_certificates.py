"""Certificates and exports of verified work."""

import csv
import io
import json

import pytest
from django.utils import timezone

from compute_pledges.models import WorkResult
from compute_pledges.standing.certificate import CELLS, certificate_of
from projects.models import Project
from tests.compute_pledges.earning import earn, named
from tests.factories.compute import make_run, open_round
from tests.factories.people import make_user
from tests.factories.pledges import HOUR_US, machine, worked

pytestmark = pytest.mark.django_db


@pytest.fixture
def run():
    made = make_run()
    open_round(made)
    return made


def test_a_certificate_is_for_whose_work_is_verified(client, run):
    user = named("Zoë <b>Ł</b> 漢")
    client.force_login(user)
    assert client.get(f"/runs/{run.pk}/certificate/").status_code == 404
    device = machine(owner=user)
    worked(run, run.rounds.get(), device, 3)
    worked(run, open_round(run, 7), device, 1)
    worked(run, open_round(run, 9), device, 30, state="rejected")
    found = certificate_of(run=run, holder=user, now=timezone.now())
    assert (found.credit.device_us, found.first_round, found.last_round) == (4 * HOUR_US, 0, 7)
    assert len(found.border) == len(set(found.border)) == CELLS == len(found.cells)
    assert {depth for _, _, depth in found.border} == {0, 4}
    page = client.get(f"/runs/{run.pk}/certificate/").content.decode()
    assert "Zoë &lt;b&gt;" in page
    file = client.get(f"/runs/{run.pk}/certificate.pdf")
    assert file.content.startswith(b"%PDF-")
    assert file["Content-Type"] == "application/pdf"
    client.force_login(make_user())
    assert client.get(f"/runs/{run.pk}/certificate.pdf").status_code == 404


def body(response):
    return b"".join(response).decode()


def test_own_blocks_are_exported_whole_and_only_own(client, run):
    user = make_user()
    client.force_login(user)
    mine = [earn(run, user, hours, state=state) for hours, state in ((1, "verified"), (2, "rejected"))]
    earn(run, make_user(), 3)
    rows = list(csv.DictReader(io.StringIO(body(client.get("/gpu/credit/blocks.csv")))))
    assert {row["lease"] for row in rows} == {str(result.pk) for result in mine}
    assert sorted(int(row["device_us"]) for row in rows) == [HOUR_US, 2 * HOUR_US]
    found = json.loads(body(client.get("/gpu/credit/blocks.json")))
    assert {row["state"] for row in found} == {"verified", "rejected"}
    client.logout()
    assert client.get("/gpu/credit/blocks.csv").status_code == 302


def test_a_runs_export_sums_its_rounds_and_names_nobody(client, run):
    second = open_round(run, 1)
    user = named("Ada Private")
    earn(run, user, 1)
    earn(run, make_user(), 2)
    worked(run, second, machine(), 4, state="reported")
    text = body(client.get(f"/runs/{run.pk}/rounds.json"))
    rows = json.loads(text)
    assert [(row["round"], row["verified_blocks"], row["verified_machines"]) for row in rows] == [(0, 2, 2), (1, 0, 0)]
    whole = sum(WorkResult.objects.filter(state="verified").values_list("h100_us", flat=True))
    assert sum(row["verified_h100_us"] for row in rows) == whole == 3 * HOUR_US
    assert "Ada" not in text
    assert len(body(client.get(f"/runs/{run.pk}/rounds.csv")).splitlines()) == 3
    Project.objects.filter(pk=run.project_id).update(state="draft")
    assert client.get(f"/runs/{run.pk}/rounds.csv").status_code == 404
