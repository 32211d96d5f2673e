"""The forms of creators and backers around a pledge: their own do it, others are refused or sign in first."""

import pytest
from django.urls import reverse

from compute_pledges.models import ComputePledge
from projects.models import Project, Reward
from tests.compute_pledges.test_decisions import ended
from tests.factories.compute import make_run
from tests.factories.people import NOW, make_project, make_user
from tests.factories.pledges import HOUR_US, machine, promise

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def fixed_clock(monkeypatch):
    for module in ("pledge_views", "ending_views", "supply_views"):
        monkeypatch.setattr(f"compute_pledges.web.{module}.business_now", lambda: NOW)


def refused(client, address, data, *, others=403):
    """Neither a stranger nor someone who is not signed in may post it, and nobody may get it."""
    client.force_login(make_user())
    assert client.post(address, data).status_code == others
    client.logout()
    assert client.post(address, data).url.startswith("/accounts/login/")


def test_a_creator_accepts_and_declines_and_a_decline_needs_its_reason(client):
    project = make_project(compute_minimum_us=100 * HOUR_US)
    Project.objects.filter(pk=project.pk).update(accepts_by_hand=True)
    project.refresh_from_db()
    taken, unwanted = promise(project, 5), promise(project, 6)
    address = {pledge: reverse("compute:decide", args=[project.slug, pledge.pk]) for pledge in (taken, unwanted)}
    refused(client, address[taken], {"decision": "accept"})
    client.force_login(project.creator)
    client.post(address[taken], {"decision": "accept"})
    missing = client.post(address[unwanted], {"decision": "decline", "reason": " "}, follow=True).content.decode()
    assert "Say why: the backer reads it." in missing
    client.post(address[unwanted], {"decision": "decline", "reason": "Another region."})
    states = [ComputePledge.objects.get(pk=pledge.pk).state for pledge in (taken, unwanted)]
    assert states == ["accepted", "declined"]
    other = make_project(creator=project.creator)
    assert client.post(reverse("compute:decide", args=[other.slug, taken.pk]), {}).status_code == 404


def test_a_creator_chooses_how_offers_are_accepted(client):
    project = make_project()
    address = reverse("compute:acceptance", args=[project.slug])
    refused(client, address, {"by_hand": "yes"})
    client.force_login(project.creator)
    for given, kept in (("yes", True), ("no", False)):
        client.post(address, {"by_hand": given})
        assert Project.objects.get(pk=project.pk).accepts_by_hand is kept


def test_a_backer_lets_what_is_left_go_on(client):
    pledge, other = ended(), make_project(compute_minimum_us=100 * HOUR_US)
    address = reverse("compute:roll_over", args=[pledge.pk])
    refused(client, address, {"project": other.slug}, others=404)
    client.force_login(pledge.backer)
    assert other.title in client.get(reverse("compute:pledge_detail", args=[pledge.pk])).content.decode()
    answer = client.post(address, {"project": other.slug})
    made = ComputePledge.objects.get(rolled_from=pledge)
    assert (answer.url, made.project) == (f"/gpu/pledges/{made.pk}/", other)
    assert client.post(address, {"project": "nothing"}).status_code == 404


def test_a_backer_chooses_the_ending_of_an_open_pledge(client):
    pledge = promise(make_project(), 5)
    address = reverse("compute:choose_ending", args=[pledge.pk])
    refused(client, address, {"on_failure": "roll_over"}, others=404)
    client.force_login(pledge.backer)
    client.post(address, {"on_failure": "roll_over"})
    assert ComputePledge.objects.get(pk=pledge.pk).on_failure == "roll_over"
    assert "one of the two" in client.post(address, {"on_failure": "burn"}, follow=True).content.decode()


def test_a_creator_without_a_run_is_told_whom_nobody_measures_and_sees_who_has_earned_what(client):
    project = make_project(compute_minimum_us=100 * HOUR_US)
    reward = Reward.objects.create(project=project, title="A name", threshold_gpu_us=HOUR_US)
    waiting = machine(rate=None)
    promise(project, 5, device=waiting)
    earned = promise(project, 5, reward=reward)
    ComputePledge.objects.filter(pk=earned.pk).update(reward_granted_at=NOW)
    client.force_login(project.creator)
    address = reverse("compute:supply", args=[project.slug])
    page = client.get(address).content.decode()
    assert "1 machine waits to be measured and counts nothing" in page
    assert f"earned on 1 Jun 2026: deliver it to {earned.backer.public_name}" in page
    make_run(project=project)
    assert "to be measured" not in client.get(address).content.decode()


def test_the_supply_page_is_its_creator_s_and_an_admin_s_to_read(client):
    project = make_project(compute_minimum_us=100 * HOUR_US)
    promise(project, 5, device=machine())
    address = reverse("compute:supply", args=[project.slug])
    assert client.get(address).url.startswith("/accounts/login/")
    client.force_login(make_user())
    assert client.get(address).status_code == 403
    client.force_login(make_user(is_staff=True, is_superuser=True))
    assert "Decline" not in client.get(address).content.decode()
    client.force_login(project.creator)
    assert "Decline" in client.get(address).content.decode()
