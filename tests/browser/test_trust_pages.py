"""Verdicts, appeals and auditors, looked at in every width and theme by the owner and by staff."""

import os
import re

import pytest
from django.utils import timezone

from compute_pledges.models import Device, WorkResult
from compute_pledges.services import auditors
from compute_pledges.services.appeals import decide_appeal, open_appeal
from compute_pledges.services.audits import claim_audit
from tests.compute_pledges.judging import BAD, GOOD, ROUND, report, trusted
from tests.compute_pledges.working import condemn, work
from tests.factories.compute import NOW, SOON, Agent, make_run
from tests.factories.people import make_project, make_user

pytestmark = pytest.mark.django_db(transaction=True)
PICTURES = os.environ.get("PICTURES")


@pytest.fixture
def machine():
    """Good blocks, then one that two audits refuse; an appeal that is denied and one that is open."""
    run = make_run(project=make_project(slug="checked", title="A model of everything that was ever said"))
    agent = Agent(owner=make_user())
    for index in range(3):
        work(agent, run, NOW + index * ROUND, index)
        report(claim_audit(now=NOW + 9 * ROUND), GOOD)
    work(agent, run, NOW + 3 * ROUND, 3)
    condemn(1.2)
    WorkResult.objects.update(received_at=timezone.now())
    device = Device.objects.get(pk=agent.device.pk)
    denied = open_appeal(device=device, kind="verdict", text="The memory was faulty.\n" + "w" * 90, now=SOON)
    report(claim_audit(now=SOON), BAD)
    decide_appeal(appeal_id=denied.pk, grant=False, by=make_user(), answer="The fresh replay says the same.", now=SOON)
    open_appeal(device=device, kind="verdict", text="It has new memory now: please look again.", now=timezone.now())
    return device


@pytest.fixture
def look(page, findings):
    """Findings of an address; and pictures where the environment asks for them."""

    def at(address):
        found = findings(address)
        name = re.sub(r"[0-9a-f-]{36}|/+", "-", address).strip("-")
        for theme in ("light", "dark") if PICTURES else ():
            for width in (390, 1280):
                page.emulate_media(color_scheme=theme)
                page.set_viewport_size({"width": width, "height": 900})
                page.screenshot(path=f"{PICTURES}/{name}-{theme}-{width}.png", full_page=True)
        return found

    return at


def test_a_machine_in_quarantine_with_its_appeals(look, machine, sign_in):
    sign_in(machine.owner)
    assert look(f"/gpu/machines/{machine.pk}/") == ""


def test_an_auditing_machine(look, sign_in):
    agent = trusted()
    auditors.take_seat(device=agent.device, now=timezone.now())
    sign_in(agent.device.owner)
    assert look(f"/gpu/machines/{agent.device.pk}/") == ""


@pytest.mark.parametrize("address", [
    "/funding/devices/{device}/", "/funding/", "/funding/rows/appeals/", "/funding/rows/audits/",
    "/funding/rows/audit-costs/",
])  # fmt: skip
def test_what_staff_sees(look, machine, sign_in, address):
    sign_in(make_user(is_staff=True, is_superuser=True))
    assert look(address.format(device=machine.pk)) == ""
