"""What an agent tells of its machine: only its own, checked for form, shown to its owner, worth nothing."""

import pytest
from django.utils import timezone

from compute_pledges.models import Device, DeviceReport, GpuTimeEntry
from compute_pledges.services.audits import claim_audit, record_audit
from tests.compute_pledges.test_api import signed
from tests.compute_pledges.working import work
from tests.factories.compute import Agent, make_run
from tests.factories.people import make_user

pytestmark = pytest.mark.django_db
SPEED = {"parameters": 1_000_000, "tokens_per_second": 5_000.0, "memory_bytes": 2**30}


def test_limits_are_kept_in_words_and_shown_to_their_owner_alone(client):
    agent = Agent()
    body = {"limits": [["temperature-c", "80 °C"], ["power-watts", "none"]], "version": "0.2"}
    assert signed(agent, client, "POST", "/api/v1/device/report", body).status_code == 204
    client.force_login(agent.device.owner)
    page = client.get("/gpu/machines/").content.decode()
    assert "temperature-c" in page
    assert "80 °C" in page
    assert "power-watts" not in page
    assert "They hold whatever you set here" in page
    client.force_login(make_user())
    assert "temperature-c" not in client.get("/gpu/machines/").content.decode()


def test_a_limit_in_markup_is_escaped(client):
    agent = Agent()
    body = {"limits": [["<script>alert(1)</script>", "x"]], "version": "0.2"}
    assert signed(agent, client, "POST", "/api/v1/device/report", body).status_code == 204
    client.force_login(agent.device.owner)
    assert "<script>alert" not in client.get("/gpu/machines/").content.decode()


@pytest.mark.parametrize(
    "limits", [[["a"]], [["a", 1]], ["ab"], [["a", "b" * 201]], [["a", "b"]] * 21, [["a", "b", "c"]]]
)
def test_limits_of_another_form_are_refused_with_the_form_that_is_right(client, limits):
    answer = signed(Agent(), client, "POST", "/api/v1/device/report", {"limits": limits, "version": "0.2"})
    assert answer.status_code == 409
    assert answer.json()["code"] == "report_refused"
    assert "pairs of a name and a value" in answer.json()["message"]
    assert not DeviceReport.objects.exists()


def test_a_benchmark_is_shown_and_earns_nothing(client):
    agent = Agent()
    body = {"speeds": [SPEED], "down_mbit": 90.5, "up_mbit": 18.0}
    assert signed(agent, client, "POST", "/api/v1/device/benchmark", body).status_code == 204
    assert not GpuTimeEntry.objects.exists()
    client.force_login(agent.device.owner)
    page = client.get("/gpu/machines/").content.decode()
    assert "0.03 TFLOP/s" in page
    assert "earns nothing" in page
    limits = {"limits": [["only-idle", "yes"]], "version": "0.2"}
    signed(agent, client, "POST", "/api/v1/device/report", limits)
    assert DeviceReport.objects.get().benchmark["up_mbit"] == 18.0


def test_the_benchmark_is_what_the_estimate_goes_by_until_a_block_is_verified(client):
    agent = Agent()
    path = f"/gpu/estimate/?catalog_slug=cpu-thread&pledged_us=40&device={agent.device.pk}"
    client.force_login(agent.device.owner)
    assert "from specifications" in client.get(path).content.decode()
    body = {"speeds": [SPEED, SPEED | {"tokens_per_second": 9e6}], "down_mbit": 90.5, "up_mbit": 18.0}
    signed(agent, client, "POST", "/api/v1/device/benchmark", body)
    client.force_login(agent.device.owner)
    page = client.get(path).content.decode()
    assert "from your machine&#x27;s own benchmark, not verified yet" in page
    # 54 TFLOP/s for 40 hours, three quarters to the whole of it, where an H100 hour is 395.6 TFLOP/s.
    assert "4.1 GPU-h to 5.46 GPU-h" in page
    Device.objects.filter(pk=agent.device.pk).update(calibrated_flops_per_second=10**12)
    assert "verified benchmark" in client.get(path).content.decode()


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"speeds": []},
        {"speeds": [SPEED] * 11},
        {"speeds": ["fast"]},
        {"speeds": [SPEED | {"tokens_per_second": -1}]},
        {"speeds": [SPEED | {"memory_bytes": True}]},
        {"speeds": [SPEED | {"parameters": 1e30}]},
        {"speeds": [SPEED], "up_mbit": "quick"},
    ],
)
def test_a_benchmark_of_another_form_is_refused(client, body):
    answer = signed(Agent(), client, "POST", "/api/v1/device/benchmark", body)
    assert (answer.status_code, answer.json()["code"]) == (409, "report_refused")
    assert not DeviceReport.objects.exists()


def test_bandwidth_is_measured_with_bounded_bytes(client):
    agent = Agent()
    answer = signed(agent, client, "GET", "/api/v1/device/bandwidth?bytes=1000")
    assert (answer.status_code, len(answer.content)) == (200, 1000)
    for asked in ("0", "-5", "many", str(2**20 + 1)):
        refused = signed(agent, client, "GET", f"/api/v1/device/bandwidth?bytes={asked}")
        assert (refused.status_code, "whole number" in str(refused.json())) == (400, True)
    assert client.get("/api/v1/device/bandwidth?bytes=10").status_code == 401


def test_bandwidth_is_measured_some_thousands_of_times_a_day(client, monkeypatch):
    monkeypatch.setattr("compute_pledges.api.agent_views.PROBES_A_DAY", 2)
    agent, other = Agent(), Agent()
    codes = [signed(agent, client, "GET", "/api/v1/device/bandwidth?bytes=9").status_code for _ in range(3)]
    assert codes == [200, 200, 429]
    assert signed(other, client, "GET", "/api/v1/device/bandwidth?bytes=9").status_code == 200


def test_logging_out_ends_this_machine_alone(client):
    agent, other = Agent(), Agent()
    assert signed(agent, client, "DELETE", "/api/v1/device").status_code == 204
    assert signed(agent, client, "GET", "/api/v1/device").status_code == 401
    assert signed(other, client, "GET", "/api/v1/device").status_code == 200
    assert set(Device.objects.values_list("state", flat=True)) >= {"revoked", "active"}


def test_a_machine_is_told_which_of_its_blocks_did_not_count(client):
    agent = Agent()
    assert signed(agent, client, "GET", "/api/v1/device").json()["refused"] is None
    block = work(agent, make_run(), now=timezone.now())
    other = Agent(owner=agent.device.owner)
    for _ in range(2):
        task = claim_audit(now=timezone.now())
        report = {"relative_l2": 1.2, "max_loss_difference": 0.0, "seconds": 1.0}
        record_audit(audit_id=task.key, report=report, now=timezone.now())
    told = signed(agent, client, "GET", "/api/v1/device").json()["refused"]
    assert (told["blocks"], told["lease_id"], told["round"]) == (1, str(block.pk), 0)
    assert "Replay did not give the uploaded update" in told["reason"]
    assert told["page"].endswith(f"/gpu/machines/{agent.device.pk}/")
    assert signed(other, client, "GET", "/api/v1/device").json()["refused"] is None
