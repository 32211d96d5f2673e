"""Pages that sum many rows ask as many questions for few of them as for many."""

from datetime import timedelta

import pytest
from django.core.cache import cache
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from projects.contributions import record_contribution
from tests.factories.papers import charged
from tests.factories.people import make_project

pytestmark = pytest.mark.django_db
ADDRESSES = (
    ("/figures/", 12), ("/projects/asked/dashboard/", 20), ("/projects/asked/backers/", 16),
    ("/projects/asked/ledger/", 10), ("/promises/", 7), ("/calendar/", 6),
)  # fmt: skip


def grown(project, number):
    now = timezone.now()
    for index in range(number):
        charged(project, at=now)
        record_contribution(
            project=project, source=f"{number}:{index}", stage="pledged", event="made", kind="money", amount=10, now=now
        )  # fmt: skip
        make_project(deadline_at=now + timedelta(days=9), compute_ends_at=now + timedelta(days=40), launched_at=now)


@pytest.mark.parametrize(("address", "most"), ADDRESSES)
def test_many_rows_take_no_more_questions_than_few(client, address, most):
    now = timezone.now()
    ends = {"deadline_at": now + timedelta(days=9), "compute_ends_at": now + timedelta(days=40), "launched_at": now}
    project = make_project(slug="asked", **ends)
    client.force_login(project.creator)
    counts = []
    for number in (2, 20):
        grown(project, number)
        client.get(address)
        cache.clear()
        with CaptureQueriesContext(connection) as asked:
            assert client.get(address).status_code == 200
        counts.append(len(asked))
    assert counts[0] == counts[1], [query["sql"][:80] for query in asked]
    assert counts[0] <= most
