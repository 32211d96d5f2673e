"""Two people at once: who starts a pledge and who cancels one never wait for each other in a circle."""

import threading
import time
from uuid import uuid4

import pytest
from django.db import connection, connections, transaction

from payments.services.pledging import cancel_pledge, create_pledge
from projects.models import Reward
from tests.factories.payments import chosen, pledged
from tests.factories.people import NOW, make_project, make_user

pytestmark = pytest.mark.django_db(transaction=True)


def wait_for_a_waiter():
    """Until a statement of another connection waits for a row."""
    until = time.monotonic() + 5
    with connection.cursor() as cursor:
        while time.monotonic() < until:
            cursor.execute("SELECT count(*) FROM pg_locks WHERE NOT granted")
            if cursor.fetchone()[0]:
                return
            time.sleep(0.02)
    raise AssertionError("nobody waits")


def test_a_new_pledge_and_a_canceled_one_share_a_reward_without_deadlock(standin):
    project = make_project()
    reward = Reward.objects.create(project=project, title="A card", threshold_minor=1000)
    old = pledged(project, reward=reward)
    outcomes = []

    def cancel():
        try:
            outcomes.append(cancel_pledge(pledge_id=old.pk, now=NOW).state)
        finally:
            connections.close_all()

    other = threading.Thread(target=cancel)
    with transaction.atomic():
        new = create_pledge(
            project=project, backer=make_user(), choice=chosen(project, reward=reward), now=NOW, client_token=uuid4()
        )
        other.start()
        wait_for_a_waiter()
    other.join(10)
    assert outcomes == ["canceled"]
    new.refresh_from_db()
    reward.refresh_from_db()
    assert (new.state, reward.claimed) == ("started", 1)
