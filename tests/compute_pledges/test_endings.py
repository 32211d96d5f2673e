from datetime import timedelta
from uuid import uuid4

import pytest

from compute_pledges.models import ComputePledge
from compute_pledges.services.endings import end_pledges
from tests.factories.people import NOW, make_project, make_user

pytestmark = pytest.mark.django_db


def pledge(project, state):
    return ComputePledge.objects.create(
        project=project, backer=make_user(), catalog_slug="cpu-thread", pledged_us=10, client_token=uuid4(),
        state=state, created_at=NOW,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("state", "after"),
    [
        ("offered", "expired"),
        ("accepted", "expired"),
        ("delivering", "partly_fulfilled"),
        ("fulfilled", "fulfilled"),
        ("withdrawn", "withdrawn"),
    ],
)
def test_pledges_end_with_training_or_with_a_failed_project_and_only_then(state, after):
    going, failed = pledge(make_project(), state), pledge(make_project(state="failed"), state)
    over = pledge(make_project(deadline_at=NOW - timedelta(days=9), compute_ends_at=NOW), state)
    end_pledges(now=NOW)
    assert end_pledges(now=NOW) == 0
    states = [ComputePledge.objects.get(pk=p.pk).state for p in (going, failed, over)]
    assert states == [state, after, after]
