"""How pages grow with the number of pledges, as ratios within one run (`make bench`). Nothing here passes or fails."""

from __future__ import annotations

import time
from uuid import uuid4

import pytest

from compute_pledges.models import ComputePledge
from payments.models import CashPledge, CashPledgeTransition
from projects.models import Contribution
from tests.factories.people import NOW, make_project, make_user

pytestmark = pytest.mark.django_db
FEW, MANY, REPEATS = 20, 5000, 15


def add_pledges(project, backer, number):
    """Cash and GPU pledges with their contributions, inserted in bulk."""
    cash = [
        CashPledge(
            project=project, backer=backer, amount_minor=500, currency="EUR", state="active", client_token=uuid4(),
            created_at=NOW,
        )
        for _ in range(number)
    ]  # fmt: skip
    CashPledge.objects.bulk_create(cash)
    CashPledgeTransition.objects.bulk_create(
        CashPledgeTransition(pledge=pledge, source="started", target="active", happened_at=NOW) for pledge in cash
    )
    Contribution.objects.bulk_create(
        Contribution(
            project=project, source=pledge.source, stage="pledged", event="saved", kind="money", amount=500,
            recorded_at=NOW,
        )
        for pledge in cash
    )  # fmt: skip
    ComputePledge.objects.bulk_create(
        ComputePledge(
            project=project, backer=backer, catalog_slug="l4", pledged_us=10**9, client_token=uuid4(), created_at=NOW
        )
        for _ in range(number)
    )


def milliseconds(client, path):
    """The median of some requests."""
    taken = []
    for _ in range(REPEATS):
        begun = time.perf_counter()
        assert client.get(path).status_code == 200
        taken.append(time.perf_counter() - begun)
    return sorted(taken)[REPEATS // 2] * 1000


def test_pages_do_not_grow_with_pledges(client):
    project, admin = make_project(), make_user(is_staff=True)
    client.force_login(admin)
    paths = (project.get_absolute_url(), "/discover/", "/funding/", "/funding/rows/money-pledged/", "/pledges/")
    add_pledges(project, admin, FEW)
    few = {path: milliseconds(client, path) for path in paths}
    add_pledges(project, admin, MANY - FEW)
    print(f"\nmedian of {REPEATS} requests; ratio of {MANY} pledges to {FEW}")
    for path in paths:
        many = milliseconds(client, path)
        print(f"  {path:<34} {few[path]:7.1f} ms  {many:7.1f} ms  x{many / few[path]:.2f}")
