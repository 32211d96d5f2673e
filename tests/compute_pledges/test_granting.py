"""Rewards for GPU time: granted on settled time alone, taken back with it, their stock free when nobody can earn it."""

from datetime import timedelta

import pytest

from compute_pledges.errors import PledgeRefused
from compute_pledges.models import ComputeMail, ComputePledge
from compute_pledges.services.delivering import deliver_reward, delivery_of
from compute_pledges.services.granting import grant_rewards
from compute_pledges.services.verification import reverse
from notices.models import Notice
from projects.models import Reward
from tests.factories.compute import make_run, open_round
from tests.factories.people import NOW, make_project
from tests.factories.pledges import HOUR_US, promise, worked

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


@pytest.fixture
def pledge():
    project = make_project()
    reward = Reward.objects.create(project=project, title="A name", threshold_gpu_us=10 * HOUR_US, limit=1)
    return promise(project, 20, reward=reward)


def mails():
    return list(ComputeMail.objects.filter(kind__startswith="reward").order_by("pk").values_list("kind", flat=True))


def told():
    return list(Notice.objects.filter(kind="reward").order_by("pk").values_list("person_id", flat=True))


def test_verified_time_grants_nothing_and_settled_time_grants_once(pledge):
    run = make_run(project=pledge.project)
    round_ = open_round(run)
    worked(run, round_, pledge.device, 15, pledge=pledge)
    assert grant_rewards(now=NOW) == 0
    worked(run, round_, pledge.device, 9, pledge=pledge, state="settled")
    assert grant_rewards(now=NOW) == 0
    block = worked(run, round_, pledge.device, 1, pledge=pledge, state="settled")
    assert [grant_rewards(now=NOW), grant_rewards(now=NOW)] == [1, 0]
    pledge.refresh_from_db()
    assert (pledge.reward_granted_at, delivery_of(pledge).state, told()) == (NOW, "todo", [pledge.backer_id])
    reverse(result=block, reason="A failed replay.", now=NOW + DAY)
    assert grant_rewards(now=NOW + DAY) == 1
    pledge.refresh_from_db()
    assert (pledge.reward_granted_at, pledge.holds_stock) == (None, True)
    assert (mails(), delivery_of(pledge)) == (["reward_revoked"], None)


def test_stock_of_an_ended_pledge_is_free_once_its_time_cannot_reach_the_reward(pledge):
    run = make_run(project=pledge.project)
    block = worked(run, open_round(run), pledge.device, 12, pledge=pledge)
    ComputePledge.objects.filter(pk=pledge.pk).update(state="partly_fulfilled", ended_at=NOW)
    assert grant_rewards(now=NOW) == 0
    reverse(result=block, reason="A failed replay.", now=NOW + DAY)
    assert grant_rewards(now=NOW + DAY) == 1
    pledge.refresh_from_db()
    pledge.reward.refresh_from_db()
    assert (pledge.holds_stock, pledge.reward.claimed) == (False, 0)


def earned(pledge):
    run = make_run(project=pledge.project)
    worked(run, open_round(run), pledge.device, 12, pledge=pledge, state="settled")
    grant_rewards(now=NOW)


def test_a_creator_says_how_an_earned_reward_was_delivered_and_both_sides_see_it(pledge, client):
    address = f"/projects/{pledge.project.slug}/gpu-time/"
    client.force_login(pledge.project.creator)
    client.post(f"{address}{pledge.pk}/delivered/", {"how": "By mail."})
    assert "is not earned" in client.get(address).content.decode()
    earned(pledge)
    assert "Mark as delivered" in client.get(address).content.decode()
    client.post(f"{address}{pledge.pk}/delivered/", {"how": " "})
    assert "Say how it reaches the backer" in client.get(address).content.decode()
    for _ in range(2):
        client.post(f"{address}{pledge.pk}/delivered/", {"how": "Your name stands on the card."})
    assert "Your name stands on the card." in client.get(address).content.decode()
    assert told() == [pledge.backer_id] * 2
    client.force_login(pledge.backer)
    assert "Your name stands on the card." in client.get(f"/gpu/pledges/{pledge.pk}/").content.decode()
    assert client.post(f"{address}{pledge.pk}/delivered/", {"how": "Mine."}).status_code == 403


def test_a_reward_that_was_taken_back_and_earned_anew_is_delivered_anew(pledge):
    earned(pledge)
    with pytest.raises(PledgeRefused, match="Only the project's team"):
        deliver_reward(pledge_id=pledge.pk, by=pledge.backer, how="A link.", now=NOW)
    deliver_reward(pledge_id=pledge.pk, by=pledge.project.creator, how="A link.", now=NOW)
    reverse(result=pledge.results.get(), reason="A failed replay.", now=NOW + DAY)
    grant_rewards(now=NOW + DAY)
    pledge.refresh_from_db()
    assert (pledge.reward_granted_at, delivery_of(pledge)) == (None, None)
    worked(
        make_run(project=pledge.project),
        pledge.results.get().lease.round,
        pledge.device,
        12,
        pledge=pledge,
        state="settled",
    )
    grant_rewards(now=NOW + 2 * DAY)
    assert (delivery_of(pledge).state, delivery_of(pledge).delivered_at) == ("todo", None)
