"""A pledge and its machine: given, replaced, gone; what a machine is decides what its hours can earn."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.urls import reverse

from compute_pledges.errors import PledgeRefused
from compute_pledges.models import ComputeMail, ComputePledge, Device
from compute_pledges.schedule.holding import free_slots
from compute_pledges.services.backing import attach_device, revoke_device
from compute_pledges.services.pledges import accept_offers, create_pledge
from notices.facts import said
from projects.models import Project, Reward
from projects.totals import totals_of
from tests.factories.people import NOW, make_project, make_user
from tests.factories.pledges import EVERY_HOUR, HOUR_US, machine, promise

pytestmark = pytest.mark.django_db
LATE = timedelta(hours=47)


def counted(project):
    return totals_of([project])[project.pk].compute_pledged


def reward_of(project, hours, **fields):
    return Reward.objects.create(
        project=project, title="Name on it", threshold_gpu_us=int(hours * HOUR_US), law_class="gift", **fields
    )


def offer(project, hours, *, backer, reward=None, slug="h100-sxm", device=None):
    return create_pledge(
        project=project, backer=backer, catalog_slug=slug, pledged_us=hours * HOUR_US, hours_per_week=40,
        device=device, reward=reward, client_token=uuid4(), now=NOW,
    )  # fmt: skip


def test_a_revoked_machine_counts_nothing_frees_its_hours_and_another_takes_its_place():
    project, old = make_project(), machine()
    pledge = promise(project, 40, device=old)
    revoke_device(device=old, now=NOW)
    assert (counted(project), free_slots(device=old)) == (0, EVERY_HOUR)
    new = machine(owner=pledge.backer)
    attach_device(pledge=pledge, device=new, now=NOW)
    pledge.refresh_from_db()
    assert (pledge.device, pledge.state, counted(project)) == (new, "accepted", 40 * HOUR_US)
    assert set(pledge.hours.values_list("device", flat=True)) == {new.pk}
    assert not pledge.is_late_withdrawal


def test_an_unmeasured_replacement_counts_from_its_calibration_on():
    project, old = make_project(), machine()
    pledge = promise(project, 40, device=old)
    new = machine(owner=pledge.backer, rate=None)
    attach_device(pledge=pledge, device=new, now=NOW)
    assert (counted(project), free_slots(device=old)) == (0, EVERY_HOUR)
    Device.objects.filter(pk=new.pk).update(calibrated_flops_per_second=10**15)
    accept_offers(device_id=new.pk, now=NOW)
    assert counted(project) > 40 * HOUR_US


def test_revoking_while_pledges_are_locked_is_a_late_withdrawal_unless_another_machine_comes_in_time():
    project, old = make_project(), machine()
    pledge = promise(project, 40, device=old)
    at = project.deadline_at - LATE
    with pytest.raises(PledgeRefused, match="lock 48 hours"):
        attach_device(pledge=pledge, device=machine(owner=pledge.backer), now=at)
    revoke_device(device=old, now=at)
    pledge.refresh_from_db()
    assert pledge.is_late_withdrawal
    attach_device(pledge=pledge, device=machine(owner=pledge.backer), now=at)
    pledge.refresh_from_db()
    assert not pledge.is_late_withdrawal
    assert counted(project) == 40 * HOUR_US


def test_a_machine_that_the_platform_revokes_costs_its_owner_no_record():
    project, old = make_project(), machine()
    pledge = promise(project, 40, device=old)
    revoke_device(device=old, now=project.deadline_at - LATE, by_owner=False)
    pledge.refresh_from_db()
    assert (pledge.is_late_withdrawal, counted(project)) == (False, 0)


@pytest.mark.parametrize("why", ["other", "ended", "taken", "quarantined"])
def test_a_machine_is_refused_where_it_cannot_back_the_pledge(why):
    project = make_project()
    pledge = promise(project, 40)
    new = machine(owner=make_user() if why == "other" else pledge.backer)
    if why == "ended":
        ComputePledge.objects.filter(pk=pledge.pk).update(state="expired")
    if why == "taken":
        promise(make_project(), 3, device=new, slots={5})
    if why == "quarantined":
        Device.objects.filter(pk=new.pk).update(state="quarantined")
        new.refresh_from_db()
    with pytest.raises(PledgeRefused):
        attach_device(pledge=pledge, device=new, now=NOW)
    assert ComputePledge.objects.get(pk=pledge.pk).device_id == pledge.device_id


def test_a_limited_reward_goes_by_what_the_machine_is_not_by_what_was_typed():
    project = make_project()
    limited = reward_of(project, 30, limit=1)
    small = machine(rate=None, catalog_slug="rtx-3060")
    with pytest.raises(PledgeRefused, match="these hours are about"):
        offer(project, 40, backer=small.owner, reward=limited, device=small)
    pledge = offer(project, 40, backer=small.owner, reward=limited)
    attach_device(pledge=pledge, device=small, now=NOW)
    assert ComputePledge.objects.get(pk=pledge.pk).catalog_slug == "rtx-3060"
    Device.objects.filter(pk=small.pk).update(calibrated_flops_per_second=10**12)
    accept_offers(device_id=small.pk, now=NOW)
    pledge.refresh_from_db()
    limited.refresh_from_db()
    assert (pledge.state, pledge.reward, pledge.holds_stock, limited.claimed) == ("accepted", None, False, 0)
    why = ComputeMail.objects.get(kind="reward_missed", user=pledge.backer).facts["why"]
    assert "less than it needs" in said(why)
    honest = promise(project, 40, reward=limited)
    limited.refresh_from_db()
    assert (honest.reward, honest.holds_stock, limited.claimed) == (limited, True, 1)


def test_a_reward_that_is_sold_out_by_then_is_told_and_the_hours_stay_welcome():
    project = make_project()
    limited = reward_of(project, 30, limit=1)
    waiting = machine(rate=None)
    pledge = offer(project, 40, backer=waiting.owner, reward=limited, device=waiting)
    promise(project, 40, reward=limited)
    Device.objects.filter(pk=waiting.pk).update(calibrated_flops_per_second=10**15)
    accept_offers(device_id=waiting.pk, now=NOW)
    pledge.refresh_from_db()
    assert (pledge.state, pledge.reward) == ("accepted", None)
    assert "sold out" in said(ComputeMail.objects.get(kind="reward_missed").facts["why"])
    limited.refresh_from_db()
    with pytest.raises(PledgeRefused, match="sold out"):
        promise(project, 40, reward=limited)


def test_the_pledge_s_page_offers_another_machine_and_the_post_changes_it(client, monkeypatch):
    monkeypatch.setattr("compute_pledges.web.pledge_views.business_now", lambda: NOW)
    monkeypatch.setattr("compute_pledges.web.device_views.business_now", lambda: NOW)
    project, old = make_project(), machine()
    pledge = promise(project, 40, device=old)
    new = machine(owner=pledge.backer)
    address = reverse("compute:pledge_detail", args=[pledge.pk])
    client.force_login(pledge.backer)
    client.post(reverse("compute:revoke", args=[old.pk]))
    page = client.get(address).content.decode()
    assert "is revoked: what it has not delivered yet does not count" in page
    assert f'value="{new.pk}"' in page
    assert "Give it another machine" in client.get(reverse("compute:machines")).content.decode()
    assert client.post(reverse("compute:attach", args=[pledge.pk]), {"device": str(new.pk)}).status_code == 302
    assert ComputePledge.objects.get(pk=pledge.pk).device == new
    client.force_login(make_user())
    assert client.post(reverse("compute:attach", args=[pledge.pk]), {"device": str(old.pk)}).status_code == 404
    assert Project.objects.filter(pk=project.pk).exists()
