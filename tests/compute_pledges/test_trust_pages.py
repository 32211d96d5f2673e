"""Verdicts, appeals and auditors on the pages of their owner and of staff."""

import pytest
from django.utils import timezone

from audit.models import StaffAction
from compute_pledges.models import (
    Appeal,
    AuditorSeat,
    WorkResult,
)
from compute_pledges.services import auditors
from compute_pledges.services.appeals import open_appeal
from compute_pledges.services.audits import claim_audit
from tests.compute_pledges.judging import GOOD, ROUND, report, trusted
from tests.compute_pledges.working import work
from tests.factories.compute import NOW, SOON, Agent, make_run
from tests.factories.people import make_user

pytestmark = pytest.mark.django_db


def test_the_machine_s_page_shows_each_verdict_and_takes_an_appeal(accused, client):
    agent, *_ = accused
    address = f"/gpu/machines/{agent.device.pk}/"
    assert client.get(address).status_code == 302
    client.force_login(make_user())
    assert client.get(address).status_code == 404
    assert client.post(f"{address}appeal/", {"kind": "verdict", "text": "Hm."}).status_code == 404
    client.force_login(agent.device.owner)
    WorkResult.objects.update(received_at=timezone.now())
    page = client.get(address).content.decode()
    assert "Replay did not give the uploaded update" in page
    assert "A block was refused wrongly" in page
    refused = client.post(f"{address}appeal/", {"kind": "verdict", "text": ""})
    assert (refused.status_code, Appeal.objects.count()) == (400, 0)
    assert client.post(f"{address}appeal/", {"kind": "verdict", "text": "The disk <b>failed</b>."}).status_code == 302
    page = client.get(f"{address}?show=refused").content.decode()
    assert "The disk &lt;b&gt;failed&lt;/b&gt;." in page
    assert "being computed anew" in page
    for odd in ("?before=nonsense", "?before=2026-13-45T00:00:00Z", "?show=%00"):
        assert client.get(address + odd).status_code == 200


def test_the_machine_s_page_asks_the_same_questions_at_two_sizes(client, django_assert_max_num_queries):
    agent, run = Agent(), make_run()
    client.force_login(agent.device.owner)
    for index in range(2):
        work(agent, run, NOW + index * ROUND, index)
        report(claim_audit(now=NOW + 3 * ROUND), GOOD)
        with django_assert_max_num_queries(12):
            client.get(f"/gpu/machines/{agent.device.pk}/")


def test_staff_sees_appeals_and_auditors_and_decides_with_a_reason(accused, client):
    agent, *_ = accused
    appeal = open_appeal(device=agent.device, kind="verdict", text="Look <i>again</i>.", now=SOON)
    report(claim_audit(now=SOON), GOOD)
    address, deed = f"/funding/devices/{agent.device.pk}/", f"/funding/appeals/{appeal.pk}/grant/"
    client.force_login(make_user())
    assert client.get(address).status_code == client.post(deed, {"reason": "Yes."}).status_code == 403
    client.force_login(make_user(is_staff=True))
    page = client.get(address).content.decode()
    assert "Look &lt;i&gt;again&lt;/i&gt;." in page
    assert "Fresh replay of round 2: passed" in page
    assert "1 appeal of volunteers" in client.get("/funding/").content.decode()
    assert client.post(deed, {"reason": ""}).status_code == 400
    assert Appeal.objects.get().state == "open"
    assert client.post(deed, {"reason": "The replay agrees with you."}).status_code == 302
    assert (Appeal.objects.get().state, StaffAction.objects.get().action) == ("granted", "grant_appeal")
    assert "granted" in client.get("/funding/rows/appeals/").content.decode()


def test_staff_takes_a_seat_and_gives_it_back(client):
    device = trusted().device
    auditors.take_seat(device=device, now=NOW)
    client.force_login(make_user())
    assert client.post(f"/funding/devices/{device.pk}/unseat/", {"reason": "Odd."}).status_code == 403
    client.force_login(make_user(is_staff=True))
    assert "As an auditor" in client.get(f"/funding/devices/{device.pk}/").content.decode()
    client.post(f"/funding/devices/{device.pk}/unseat/", {"reason": "Odd."})
    assert AuditorSeat.objects.get().state == "suspended"
    assert "Odd." in client.get("/funding/rows/auditors/").content.decode()
    client.post(f"/funding/devices/{device.pk}/reseat/", {"reason": "Explained."})
    assert AuditorSeat.objects.get().state == "active"


def test_a_lease_for_what_is_no_run_is_not_found(client):
    from django.http import Http404
    from django.test import RequestFactory

    from compute_pledges.api.auth import run_for
    from compute_pledges.api.base import MachineView

    request = MachineView().initialize_request(RequestFactory().post("/api/v1/leases"))
    with pytest.raises(Http404, match="no such run"):
        run_for(request, "nonsense")
