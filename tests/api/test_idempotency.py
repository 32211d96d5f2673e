"""Idempotency keys: one deed a key, whoever is first; another request with the key is refused."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from api.models import KeptAnswer
from api.rest.idempotency import forget_answers
from compute_pledges.models import ComputePledge
from projects.models import LabNote
from tests.api.calling import Caller
from tests.factories.people import make_project
from tests.factories.pledges import HOUR_US


def wanted(project):
    return {"project": project.slug, "gpu": "rtx-4090", "pledged_us": 3 * HOUR_US, "hours": "Mon 10-12"}


def open_project():
    now = timezone.now()
    return make_project(deadline_at=now + timedelta(days=10), compute_ends_at=now + timedelta(days=30))


@pytest.mark.django_db
def test_a_repeat_is_answered_again_and_done_once():
    caller, body = Caller(), wanted(open_project())
    first, again = (caller.post("my/gpu-pledges", body, key="k-1") for _ in range(2))
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json() == again.json()
    assert ("Idempotent-Replayed" in first, again["Idempotent-Replayed"]) == (False, "true")
    assert ComputePledge.objects.count() == 1
    assert caller.post("my/gpu-pledges", body, key="k-2").json()["id"] != first.json()["id"]


@pytest.mark.django_db
def test_another_request_with_the_key_is_refused():
    caller, body = Caller(), wanted(open_project())
    caller.post("my/gpu-pledges", body, key="k")
    answer = caller.post("my/gpu-pledges", {**body, "pledged_us": HOUR_US}, key="k")
    assert (answer.status_code, answer.json()["code"]) == (422, "key_reused")
    assert Caller().post("my/gpu-pledges", body, key="k").status_code == 201


@pytest.mark.django_db
def test_a_refusal_is_kept_too():
    caller, project = Caller(), make_project(state="funded")
    first, again = (caller.post("my/gpu-pledges", wanted(project), key="k") for _ in range(2))
    assert (first.status_code, again.status_code, again["Content-Type"]) == (409, 409, "application/problem+json")
    assert first.json() == again.json()


@pytest.mark.django_db
@pytest.mark.parametrize("key", ["x" * 256, "ü", "a\tb"])
def test_an_odd_key_is_refused(key):
    caller = Caller()
    answer = caller.post("my/gpu-pledges", wanted(open_project()), key=key)
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (400, "Idempotency-Key")


@pytest.mark.django_db
def test_keys_are_free_again_after_a_day():
    caller, body = Caller(), wanted(open_project())
    caller.post("my/gpu-pledges", body, key="k")
    assert forget_answers(now=timezone.now()) == 0
    KeptAnswer.objects.update(created_at=timezone.now() - timedelta(hours=25))
    assert forget_answers(now=timezone.now()) == 1


@pytest.mark.django_db(transaction=True)
def test_one_key_at_the_same_moment_writes_one_note():
    project = make_project()
    caller = Caller(project.creator)

    def write(number):
        try:
            note = {"title": "Week", "body": "Always the same."}
            return caller.post(f"projects/{project.slug}/notes", note, key="k").json()["id"]
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        found = set(pool.map(write, range(8)))
    assert len(found) == 1
    assert LabNote.objects.count() == 1


@pytest.mark.django_db
def test_an_answer_that_quotes_odd_names_is_kept_as_it_was():
    project = make_project(state="draft")
    caller, body = Caller(project.creator), {"content": {"a\0b\ud800": 1}}
    path = f"my/projects/{project.slug}/steps/milestones"
    first, again = (caller.ask("PATCH", path, body, "k") for _ in range(2))
    assert (first.status_code, again.status_code, again["Idempotent-Replayed"]) == (400, 400, "true")
    assert first.json() == again.json()
