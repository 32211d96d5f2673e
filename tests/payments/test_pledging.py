import threading
from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import connection

from payments.errors import PledgeRefused
from payments.models import CashPledge
from payments.services.endings import expire_started
from payments.services.pledging import Choice, cancel_pledge, change_pledge
from projects.errors import RewardSoldOut
from projects.models import Reward
from projects.totals import totals_of
from tests.factories.payments import chosen, pledged, started
from tests.factories.people import NOW, make_project, make_user
from values.money import Money

pytestmark = pytest.mark.django_db


def counted(project):
    return totals_of([project])[project.pk].money_pledged


def test_a_pledge_counts_once_its_card_is_saved(standin):
    project = make_project()
    pledge = started(project)
    assert (pledge.state, counted(project)) == ("started", 0)
    saved = pledged(project)
    assert (saved.state, saved.card_label, counted(project)) == ("active", "Visa ending in 4242", 5000)
    assert [mail.kind for mail in saved.mails.all()] == ["saved"]


def test_the_same_form_twice_is_one_pledge():
    project, backer, token = make_project(), make_user(), uuid4()
    first = started(project, backer=backer, token=token)
    assert started(project, backer=backer, token=token) == first
    assert CashPledge.objects.count() == 1


def test_own_pledges_never_count(standin):
    project = make_project()
    assert pledged(project, backer=project.creator).state == "active"
    assert counted(project) == 0


def test_a_pledge_is_changed_and_canceled_before_the_deadline_only(standin):
    project = make_project()
    reward = Reward.objects.create(project=project, title="Card", threshold_minor=2000, limit=1)
    pledge = pledged(project)
    change_pledge(pledge_id=pledge.pk, choice=chosen(project, 2000, reward=reward), now=NOW)
    reward.refresh_from_db()
    assert (counted(project), reward.claimed) == (2000, 1)
    with pytest.raises(PledgeRefused, match="no longer takes"):
        change_pledge(pledge_id=pledge.pk, choice=chosen(project, 9000), now=project.deadline_at)
    for _ in range(2):
        cancel_pledge(pledge_id=pledge.pk, now=NOW)
    reward.refresh_from_db()
    assert (counted(project), reward.claimed) == (0, 0)


@pytest.mark.parametrize(
    ("amount", "sentence"),
    [(Money(5000, "USD"), "takes EUR"), (Money(49, "EUR"), "smallest pledge"), (Money(1999, "EUR"), "needs at least")],
)
def test_amounts_that_cannot_be_are_refused(amount, sentence):
    project = make_project()
    reward = Reward.objects.create(project=project, title="Card", threshold_minor=2000)
    pledge = CashPledge.objects.create(
        project=project, backer=make_user(), amount_minor=5000, currency="EUR", client_token=uuid4(),
        state="active", created_at=NOW,
    )  # fmt: skip
    with pytest.raises(PledgeRefused, match=sentence):
        change_pledge(pledge_id=pledge.pk, choice=Choice(amount=amount, reward=reward), now=NOW)


def test_a_reward_of_an_unsaved_card_comes_back_after_an_hour():
    project = make_project()
    reward = Reward.objects.create(project=project, title="Card", threshold_minor=1000, limit=1)
    started(project, reward=reward)
    with pytest.raises(RewardSoldOut):
        started(project, reward=reward)
    assert expire_started(now=NOW + timedelta(minutes=61)) == 1
    reward.refresh_from_db()
    assert reward.claimed == 0


@pytest.mark.django_db(transaction=True)
def test_a_limited_reward_is_not_oversold_by_threads():
    project = make_project()
    reward = Reward.objects.create(project=project, title="Card", threshold_minor=1000, limit=3)
    backers, sold_out, gate = [make_user() for _ in range(8)], [], threading.Barrier(8)

    def buy(backer):
        gate.wait()
        try:
            started(project, reward=reward, backer=backer)
        except RewardSoldOut:
            sold_out.append(backer)
        finally:
            connection.close()

    threads = [threading.Thread(target=buy, args=(backer,)) for backer in backers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    reward.refresh_from_db()
    assert (reward.claimed, CashPledge.objects.count(), len(sold_out)) == (3, 3, 5)
