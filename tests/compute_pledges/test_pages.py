"""The compute pages as people meet them: forms with clear errors, refusals for the wrong person, figures."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.urls import reverse

from compute_pledges.catalog import CATALOG
from compute_pledges.models import ComputePledge, Round, TrainingRun
from compute_pledges.selectors import offered_h100_us
from compute_pledges.services.pledges import create_pledge
from projects.models import Contribution, Reward
from tests.compute_pledges.working import work
from tests.factories.compute import Agent, make_run, open_round
from tests.factories.people import NOW, make_project, make_user

pytestmark = pytest.mark.django_db
HOUR_US = 3_600_000_000


@pytest.fixture(autouse=True)
def fixed_clock(monkeypatch):
    for module in ("pledge_views",):
        monkeypatch.setattr(f"compute_pledges.web.{module}.business_now", lambda: NOW)


def typed(**changes):
    return {
        "catalog_slug": "rtx-4090", "pledged_us": "40", "hours_text": "Mon-Fri 16-24",
        "time_zone": "Europe/Berlin", "device": "", "reward": "",
        "client_token": str(uuid4()), **changes,
    }  # fmt: skip


def signed_in(client, **fields):
    user = make_user(**fields)
    client.force_login(user)
    return user


def test_pledge_by_form_is_one_pledge_however_often_it_is_sent(client):
    user, project, data = signed_in(client), make_project(), typed()
    address = reverse("compute:pledge", args=[project.slug])
    first, second = client.post(address, data), client.post(address, data)
    pledge = ComputePledge.objects.get()
    assert (first.status_code, first.url, second.url) == (302, f"/gpu/pledges/{pledge.pk}/", first.url)
    assert (pledge.backer, pledge.pledged_us, pledge.state) == (user, 40 * HOUR_US, "offered")
    assert not Contribution.objects.exists()


@pytest.mark.parametrize(
    ("field", "value", "says"),
    [
        ("pledged_us", "-3", "more than zero"),
        ("pledged_us", "0", "more than zero"),
        ("pledged_us", "many", "as a number"),
        ("pledged_us", "99999999999", "largest pledge"),
        ("pledged_us", "NaN", "as a number"),
        ("hours_text", "Mon 25-26", "Hours are written 18-24"),
        ("hours_text", "", "at least one hour"),
        ("catalog_slug", "abacus", "valid choice"),
        ("device", "0c8d48d3-469b-4963-9803-abf4477788d9", "valid choice"),
    ],
)
def test_bad_input_says_what_is_wrong_and_keeps_the_rest(client, field, value, says):
    signed_in(client)
    project = make_project()
    page = client.post(reverse("compute:pledge", args=[project.slug]), typed(**{field: value}))
    assert page.status_code == 422
    assert says in page.content.decode()
    assert 'value="rtx-4090" selected' in page.content.decode() or field == "catalog_slug"
    assert not ComputePledge.objects.exists()


def test_pledge_after_the_deadline_is_refused(client):
    signed_in(client)
    project = make_project(deadline_at=NOW - timedelta(seconds=1))
    page = client.post(reverse("compute:pledge", args=[project.slug]), typed())
    assert page.status_code == 422
    assert "no longer takes pledges" in page.content.decode()


def test_reward_needs_hours_that_reach_it(client):
    signed_in(client)
    project = make_project()
    reward = Reward.objects.create(project=project, title="Name on the card", threshold_gpu_us=100 * HOUR_US)
    page = client.post(reverse("compute:pledge", args=[project.slug]), typed(reward=reward.pk))
    assert "This reward needs 100 GPU-h" in page.content.decode()


def offer(user, **fields):
    return create_pledge(
        project=fields.pop("project", None) or make_project(), backer=user, catalog_slug="rtx-4090",
        pledged_us=HOUR_US, hours_per_week=40, reward=None, client_token=uuid4(), now=NOW, device=None, **fields,
    )  # fmt: skip


def test_only_the_backer_and_admins_see_a_pledge(client):
    pledge = offer(make_user())
    address = reverse("compute:pledge_detail", args=[pledge.pk])
    assert client.get(address).status_code == 302
    signed_in(client)
    assert client.get(address).status_code == 404
    assert client.post(reverse("compute:withdraw", args=[pledge.pk])).status_code == 404
    assert client.post(reverse("compute:attach", args=[pledge.pk])).status_code == 404
    signed_in(client, is_staff=True)
    assert "1 GPU-h for" in client.get(address).content.decode()


def test_a_pledge_is_withdrawn_once(client):
    user = signed_in(client)
    pledge = offer(user)
    for _ in range(2):
        client.post(reverse("compute:withdraw", args=[pledge.pk]))
    pledge.refresh_from_db()
    assert pledge.state == "withdrawn"


def test_an_offer_is_backed_by_an_own_machine_only(client):
    user = signed_in(client)
    pledge, mine, others = offer(user), Agent(owner=user), Agent()
    address = reverse("compute:attach", args=[pledge.pk])
    assert client.post(address, {"device": others.device.pk}).status_code == 404
    client.post(address, {"device": mine.device.pk})
    pledge.refresh_from_db()
    assert pledge.device == mine.device


def test_revoking_is_for_the_owner(client):
    agent = Agent()
    address = reverse("compute:revoke", args=[agent.device.pk])
    signed_in(client)
    assert client.post(address).status_code == 404
    client.force_login(agent.device.owner)
    client.post(address)
    agent.device.refresh_from_db()
    assert agent.device.state == "revoked"


def test_a_run_is_started_by_the_creator_alone_from_an_allowed_configuration(client):
    project = make_project()
    address = reverse("compute:start_run", args=[project.slug])
    assert client.get(address).status_code == 302
    signed_in(client)
    assert client.get(address).status_code == 403
    client.force_login(project.creator)
    data = form_values(client.get(address).context["form"]) | {"prompt": "def "}
    hostile = client.post(address, {**data, "config": '{"model_type": "gpt2", "auto_map": {}}'})
    assert "not allowed: auto_map" in hostile.content.decode()
    assert "This is not JSON" in client.post(address, {**data, "config": "{"}).content.decode()
    check = client.post(address, data).url
    assert not TrainingRun.objects.exists()
    client.post(f"{check}start/")
    run = TrainingRun.objects.get()
    assert (run.project, run.state, run.prompt) == (project, "running", "def ")


def form_values(form):
    """What a browser sends of an untouched form."""
    return {field.html_name: field.value() for field in form if field.value() not in (None, False)}


def test_only_creator_and_admin_change_a_run(client):
    run = make_run()
    address = reverse("compute:run_state", args=[run.pk])
    signed_in(client)
    assert client.post(address, {"state": "stopped"}).status_code == 403
    client.force_login(run.project.creator)
    assert client.post(address, {"state": "nonsense"}).status_code == 404
    client.post(address, {"state": "paused"})
    run.refresh_from_db()
    assert run.state == "paused"


def test_the_run_page_takes_the_same_queries_whatever_its_size(client, django_assert_max_num_queries):
    run = make_run()
    for index in range(3):
        round_ = open_round(run, index)
        round_.held_out_loss, round_.closed_at = 5.0 - index, NOW
        round_.save()
    with django_assert_max_num_queries(13):
        page = client.get(reverse("compute:run", args=[run.pk]))
    assert "Round 2 closed with a held-out loss of 3.000." in page.content.decode()
    assert client.get(reverse("compute:snapshot", args=[run.pk])).json()["rounds"][0]["held_out_loss"] == 5.0


def test_rounds_show_what_was_merged_what_was_taken_back_and_the_creator_what_comes_too_late(client):
    run = make_run()
    work(Agent(), run, merged=False)
    Round.objects.update(is_rolled_back=True, rejected_loss=9.125, communication_seconds=1.0)
    page = client.get(reverse("compute:run", args=[run.pk])).content.decode()
    assert "rolled back: the merge had a loss of 9.1250" in page
    assert '<td class="number">10%</td>' in page
    assert "too late to be merged" not in page
    client.force_login(run.project.creator)
    page = client.get(reverse("compute:run", args=[run.pk])).content.decode()
    assert "1 of the last 1 updates came too late to be merged." in page
    work(Agent(), run, index=1)
    for _ in range(9):
        open_round(run, Round.objects.count())
    assert "too late" not in client.get(reverse("compute:run", args=[run.pk])).content.decode()


def test_a_private_projects_run_is_hidden(client):
    run = make_run(project=make_project(state="suspended"))
    assert client.get(reverse("compute:run", args=[run.pk])).status_code == 404


def test_markup_in_names_is_escaped(client):
    user = signed_in(client)
    Agent(owner=user).device.__class__.objects.update(name="<script>alert(1)</script>")
    page = client.get(reverse("compute:machines")).content.decode()
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert" in page


def test_estimate_says_its_basis(client):
    signed_in(client)
    page = client.get(reverse("compute:estimate"), {"catalog_slug": "h100-sxm", "pledged_us": "2"})
    assert "1 GPU-h to 2 GPU-h" in page.content.decode()
    assert "from specifications" in page.content.decode()
    assert "as a number" in client.get(reverse("compute:estimate"), {"pledged_us": "x"}).content.decode()


def test_what_is_offered_is_shown_apart_and_counts_for_nothing(client):
    project = make_project(compute_minimum_us=HOUR_US)
    offer(make_user(), project=project)
    ComputePledge.objects.create(
        project=project, backer=make_user(), catalog_slug="cpu-thread", pledged_us=4 * HOUR_US, client_token=uuid4(),
        state="accepted", counted_h100_us=HOUR_US, h100_per_device_ppb=500_000_000, created_at=NOW,
    )  # fmt: skip
    assert offered_h100_us(project) == CATALOG["rtx-4090"].h100_equivalent_us(HOUR_US) + HOUR_US
    page = client.get(project.get_absolute_url()).content.decode()
    assert "H100-equivalent more is offered" in page
    assert "0 GPU-h" in page


def test_many_pledges_within_the_hour_are_slowed_down(client, monkeypatch):
    monkeypatch.setattr("compute_pledges.web.pledge_views.PLEDGES_AN_HOUR", 2)
    signed_in(client)
    address = reverse("compute:pledge", args=[make_project().slug])
    assert [client.post(address, typed()).status_code for _ in range(3)] == [302, 302, 422]
    assert ComputePledge.objects.count() == 2
