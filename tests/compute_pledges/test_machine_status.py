"""What the terminal card says of a machine, from paired to working, and who sees it."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from compute_pledges.machine_status import SHOWN, statuses_of
from compute_pledges.models import Device, Lease, WorkResult
from tests.factories.compute import Agent, make_run, open_round
from tests.factories.people import make_project, make_user

pytestmark = pytest.mark.django_db


def say(user, now=None):
    return [(one.key, one.sentence) for one in statuses_of(user=user, now=now or timezone.now())]


def test_a_machine_goes_from_paired_over_calibrating_to_ready_and_working():
    now = timezone.now()
    run = make_run(name="Tales")
    open_round(run, now=now)
    agent = Agent()
    user, devices = agent.device.owner, Device.objects.filter(pk=agent.device.pk)
    assert say(user) == [("paired", "Start it there: commonweave-worker run.")]
    devices.update(last_seen_at=now)
    assert say(user)[0] == ("paired", "It runs. Its first block, once a run has work for it, measures it.")
    lease = agent.lease(run, now)
    assert lease.kind == Lease.Kind.CALIBRATION
    assert say(user, now)[0] == ("calibrating", "It trains a block of Tales that measures it.")
    Lease.objects.update(state="answered")
    result = WorkResult.objects.create(
        lease=lease, device=agent.device, receipt={}, signature=b"s" * 64, update_sha256="b" * 64, steps=1, tokens=1,
        flops=1, device_us=1, h100_us=1, state="auditing", received_at=now,
    )  # fmt: skip
    assert say(user)[0] == ("calibrating", "The block that measures it is being checked.")
    WorkResult.objects.filter(pk=result.pk).update(state="verified")
    devices.update(calibrated_flops_per_second=10**12, calibrated_at=now)
    assert say(user)[0][0] == "ready"
    Lease.objects.update(state="open", kind="training")
    assert say(user, now)[0] == ("working", "It trains round 0 of Tales.")
    assert say(user, now + timedelta(hours=1))[0][0] == "away"
    devices.update(state="quarantined")
    assert say(user)[0][0] == "quarantined"
    devices.update(state="revoked")
    assert say(user) == []


def test_the_card_shows_own_machines_alone_and_asks_two_questions_at_any_number(client):
    user = make_user()
    client.force_login(user)
    Agent(name="a strangers machine")
    counts = []
    for size in (1, SHOWN + 1):
        for number in range(Device.objects.filter(owner=user).count(), size):
            Agent(owner=user, name=f"mine {number}")
        with CaptureQueriesContext(connection) as asked:
            page = client.get("/gpu/machines/states/").content.decode()
        counts.append(len(asked))
    assert counts[0] == counts[1]
    assert page.count("<li data-device") == SHOWN
    assert "mine 5" in page
    assert "a strangers machine" not in page
    client.logout()
    assert client.get("/gpu/machines/states/").status_code == 302


def test_the_pledge_page_leads_from_the_code_to_what_is_granted(client):
    user = make_user()
    client.force_login(user)
    address = f"/projects/{make_project().slug}/pledge-gpu/"
    page = client.get(address).content.decode()
    assert 'action="/identity/o/device"' in page
    assert f'<a href="{address}">Load this page again</a>' in page
    Agent(owner=user, name="attic <i>")
    page = client.get(address).content.decode()
    assert 'data-state="paired"' in page
    assert "attic &lt;i&gt;" in page
