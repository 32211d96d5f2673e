"""An hour of a machine backs one project; leases are given within the hours, for the project that they back."""

from datetime import timedelta

import pytest

from compute_pledges.errors import NoWorkNow, PledgeRefused
from compute_pledges.matching.choosing import choose_run
from compute_pledges.matching.memory import need_of
from compute_pledges.matching.offers import look_ahead
from compute_pledges.models import ComputePledge, Device, PledgeHour
from compute_pledges.schedule.changing import move_zone
from compute_pledges.schedule.holding import free_slots, is_scheduled
from compute_pledges.schedule.slots import parse_hours_of_week
from compute_pledges.services.pledges import withdraw_pledge
from compute_pledges.services.reports import record_benchmark
from tests.factories.compute import Agent, make_run, open_round
from tests.factories.people import NOW, make_project, make_user
from tests.factories.pledges import EVERY_HOUR, machine, promise
from training_cluster.protocol_hyper import DEFAULT_HYPER

pytestmark = pytest.mark.django_db
MONDAY_NOON = 12
SPEED = {"parameters": 1_000_000, "tokens_per_second": 5_000.0, "memory_bytes": 2**30}


def test_an_hour_backs_one_project_and_is_free_again_when_the_pledge_ends():
    device = machine()
    first = promise(make_project(), 10, device=device, slots=parse_hours_of_week("Mon 10-14"))
    with pytest.raises(PledgeRefused, match="Mon 12-14"):
        promise(make_project(), 10, device=device, slots=parse_hours_of_week("Mon 12-16"))
    assert ComputePledge.objects.filter(device=device).count() == 1
    withdraw_pledge(pledge=first, now=NOW)
    assert free_slots(device=device) == EVERY_HOUR
    assert PledgeHour.objects.filter(pledge=first).count() == 4
    promise(make_project(), 10, device=device, slots=parse_hours_of_week("Mon 12-16"))


def test_a_machine_works_in_its_hours_for_the_project_that_they_back():
    device = machine()
    pledge = promise(make_project(), 10, device=device, slots={MONDAY_NOON}, zone="UTC")
    other = make_project()
    assert is_scheduled(device=device, at=NOW)
    assert is_scheduled(device=device, at=NOW, project_id=pledge.project_id)
    assert not is_scheduled(device=device, at=NOW, project_id=other.pk)
    assert not is_scheduled(device=device, at=NOW + timedelta(hours=1))
    assert is_scheduled(device=machine(), at=NOW + timedelta(hours=1))


def test_the_hours_are_read_on_the_machines_own_clock():
    device = machine()
    promise(make_project(), 10, device=device, slots={14}, zone="Europe/Berlin")
    device.refresh_from_db()
    assert (device.time_zone, is_scheduled(device=device, at=NOW)) == ("Europe/Berlin", True)
    second = promise(make_project(), 10, device=device, slots={100}, zone="Asia/Tokyo")
    assert second.time_zone == "Europe/Berlin"
    move_zone(device=device, time_zone="Asia/Tokyo", now=NOW)
    assert not is_scheduled(device=device, at=NOW)
    with pytest.raises(PledgeRefused):
        move_zone(device=device, time_zone="Mars/Base", now=NOW)


def test_a_lease_is_refused_outside_the_hours():
    agent = Agent(calibrated_flops_per_second=10**9, calibrated_at=NOW)
    run = make_run()
    open_round(run)
    promise(run.project, 1, device=agent.device, slots={100})
    with pytest.raises(NoWorkNow, match="not promised"):
        agent.lease(run, NOW)
    assert choose_run(device=agent.device, at=NOW) is None


def test_each_hour_leads_to_the_run_of_its_project_if_it_fits():
    device = machine(reported_hardware={"memory_bytes": 80 * 2**30})
    runs = [make_run(), make_run()]
    promise(runs[0].project, 5, device=device, slots={12})
    promise(runs[1].project, 5, device=device, slots={13})
    found = [choose_run(device=device, at=NOW + timedelta(hours=hours)) for hours in (0, 1, 2)]
    assert found == [runs[0], runs[1], None]
    device.reported_hardware = {"memory_bytes": 1000}
    assert choose_run(device=device, at=NOW) is None
    device.reported_hardware = {"memory_bytes": 80 * 2**30}
    record_benchmark(device=device, found={"speeds": [SPEED], "up_mbit": 0.001, "down_mbit": 90}, now=NOW)
    assert choose_run(device=Device.objects.get(pk=device.pk), at=NOW) is None


@pytest.mark.parametrize(("exchange", "bytes_a_parameter"), [("upload", 2), ("hivemind", 4)])
def test_a_line_must_carry_what_the_form_of_exchange_takes_each_way(exchange, bytes_a_parameter):
    run = make_run(hyper={**DEFAULT_HYPER, "exchange": exchange, "exchange_seconds": 4})
    line = run.parameters * bytes_a_parameter // 4
    assert (need_of(run).up_bytes_per_second, need_of(run).down_bytes_per_second) == (line, line)
    bare = make_run(hyper={"exchange_seconds": 4})
    assert need_of(bare).up_bytes_per_second == bare.parameters * 2 // 4


def test_a_run_whose_configuration_is_not_allowed_any_more_still_has_its_need_and_stops_nothing():
    run, device = make_run(config={"model_type": "forbidden"}, activations=1000), machine()
    promise(run.project, 5, device=device)
    assert need_of(run).memory_bytes == run.parameters * 28 + 1000 * 8 * run.hyper["batch"]
    assert choose_run(device=device, at=NOW) == run
    assert look_ahead(now=NOW) == 0


def test_the_grid_and_the_words_make_the_same_pledge(client):
    from tests.compute_pledges.test_pages import typed

    client.force_login(make_user())
    project = make_project(deadline_at=NOW + timedelta(days=3650), compute_ends_at=NOW + timedelta(days=3700))
    for given in ({"hours_text": "Tue 1-3"}, {"hours_text": "", "slots": ["25", "26"]}):
        assert client.post(f"/projects/{project.slug}/pledge-gpu/", typed(**given)).status_code == 302
    found = [sorted(pledge.hours.values_list("slot", flat=True)) for pledge in ComputePledge.objects.all()]
    assert found == [[25, 26], [25, 26]]
    page = client.get(f"/projects/{project.slug}/pledge-gpu/").content.decode()
    assert (page.count('name="slots"'), 'aria-label="Mon 0-1"' in page) == (168, True)
