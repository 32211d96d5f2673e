"""What is one's own over the API, and nobody else's."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from notices.kinds import Kind
from notices.services import tell
from tests.api.calling import Caller
from tests.factories.papers import charged
from tests.factories.people import NOW, make_project, make_user
from tests.factories.pledges import HOUR_US, machine, promise

pytestmark = pytest.mark.django_db


@pytest.fixture
def caller():
    return Caller()


def new_pledge(project, **changes):
    return {"project": project.slug, "gpu": "rtx-4090", "pledged_us": 3 * HOUR_US, "hours": "Mon 10-12", **changes}


@pytest.fixture
def open_project(db):
    from datetime import timedelta

    from django.utils import timezone

    now = timezone.now()
    return make_project(deadline_at=now + timedelta(days=10), compute_ends_at=now + timedelta(days=30))


def test_card_pledges_are_the_backers_own(caller):
    project = make_project()
    mine, other = charged(project, backer=caller.owner), charged(project, backer=make_user())
    assert [item["id"] for item in caller.get("my/pledges").json()["items"]] == [str(mine.pk)]
    assert caller.get(f"my/pledges/{mine.pk}").json()["state"] == "collected"
    assert caller.get(f"my/pledges/{other.pk}").status_code == 404
    assert caller.post(f"my/pledges/{other.pk}/cancel").status_code == 404
    refused = caller.post(f"my/pledges/{mine.pk}/cancel")
    assert (refused.status_code, refused.json()["code"]) == (409, "refused")


def test_gpu_time_is_promised_read_and_withdrawn(caller, open_project):
    made = caller.post("my/gpu-pledges", new_pledge(open_project))
    assert (made.status_code, made.json()["state"], made.json()["hours_per_week"]) == (201, "offered", 2)
    pk = made.json()["id"]
    assert caller.get("my/gpu-pledges").json()["items"] == [caller.get(f"my/gpu-pledges/{pk}").json()]
    assert Caller().get(f"my/gpu-pledges/{pk}").status_code == 404
    assert Caller().post(f"my/gpu-pledges/{pk}/withdraw").status_code == 404
    assert caller.post(f"my/gpu-pledges/{pk}/withdraw").json()["state"] == "withdrawn"


def test_what_is_not_ones_own_backs_no_pledge(caller, open_project):
    other = machine()
    reward = open_project.rewards.create(title="Money", threshold_minor=100)
    answer = caller.post("my/gpu-pledges", new_pledge(open_project, device=str(other.pk)))
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (400, "device")
    answer = caller.post("my/gpu-pledges", new_pledge(open_project, reward=reward.pk))
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (400, "reward")
    closed = make_project(state="funded")
    assert caller.post("my/gpu-pledges", new_pledge(closed)).status_code == 409


def test_machines_and_projects_are_ones_own(caller):
    mine = machine(owner=caller.owner)
    draft = make_project(creator=caller.owner, state="draft")
    other = machine()
    assert [item["id"] for item in caller.get("my/devices").json()["items"]] == [str(mine.pk)]
    assert caller.get(f"my/devices/{mine.pk}").json()["has_record"]
    assert caller.get(f"my/devices/{other.pk}").status_code == 404
    assert [item["slug"] for item in caller.get("my/projects").json()["items"]] == [draft.slug]


@pytest.mark.parametrize("count", [2, 12])
def test_lists_of_ones_own_are_read_in_few_queries(caller, count):
    for _ in range(count):
        charged(make_project(), backer=caller.owner)
        promise(make_project(), 1, device=machine(owner=caller.owner))
    caller.get("me")
    for path, most in (("my/pledges", 2), ("my/gpu-pledges", 3), ("my/devices", 2)):
        with CaptureQueriesContext(connection) as queries:
            assert len(caller.get(path).json()["items"]) == count
        assert len(queries) <= most


def test_notices_are_read_and_projects_followed(caller):
    project = make_project()
    tell(kind=Kind.REPLY, people=[caller.owner.pk], key="k", title="Somebody answered", path="/x/", now=NOW)
    (notice,) = caller.get("my/notices").json()["items"]
    assert (notice["title"], notice["read_at"]) == ("Somebody answered", None)
    assert caller.post("my/notices/read").json() == {"count": 1}
    assert caller.get("my/notices").json()["items"][0]["read_at"]
    for _ in range(2):
        assert caller.ask("PUT", f"my/follows/{project.slug}").json()["is_followed"]
    assert [item["slug"] for item in caller.get("my/follows").json()["items"]] == [project.slug]
    caller.ask("DELETE", f"my/follows/{project.slug}")
    assert caller.get("my/follows").json()["items"] == []
    assert caller.ask("PUT", f"my/follows/{make_project(state='draft').slug}").status_code == 404
