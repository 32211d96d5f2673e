"""Two writers at once: a conflict has a code of its own, and both texts."""

import pytest
from django.utils import timezone

from projects.community.notes import Words, save_draft
from tests.api.calling import Caller
from tests.factories.people import make_project

pytestmark = pytest.mark.django_db


@pytest.fixture
def caller():
    return Caller()


def conflict(answer):
    body = answer.json()
    assert (answer.status_code, body["code"]) == (409, "conflict"), body
    assert body["type"].endswith("/developers/#problem-conflict")
    return body


def test_of_a_step(caller):
    draft = make_project(creator=caller.owner, state="draft")
    path = f"my/projects/{draft.slug}/steps/risks"
    version = caller.get(path).json()["version"]
    caller.ask("PATCH", path, {"version": version, "content": {"risks": [{"title": "A", "answer": "B"}]}})
    mine = {"version": version, "content": {"risks": [{"title": "C", "answer": "D"}]}}
    for key in (None, "k", "k"):
        body = conflict(caller.ask("PATCH", path, mine, key))
        assert (body["saved"], body["sent"]) == (caller.get(path).json()["content"], mine)
    merged = caller.ask("PATCH", path, {**mine, "version": body["version"]})
    assert merged.json()["content"] == mine["content"]


def test_of_a_note(caller):
    project = make_project(creator=caller.owner)
    note = save_draft(project=project, author=caller.owner, words=Words("a", "b"), now=timezone.now())
    path = f"my/projects/{project.slug}/notes/{note.pk}"
    caller.ask("PATCH", path, {"version": 1, "body": "theirs"})
    body = conflict(caller.ask("PATCH", path, {"version": 1, "body": "mine"}))
    assert (body["saved"]["body"], body["sent"]["body"], body["version"]) == ("theirs", "mine", "2")


def test_of_answers_for_good_and_of_questions(caller):
    project = make_project(creator=caller.owner)
    reward = project.rewards.create(title="x", threshold_minor=500)
    for path, name, row in (
        (f"projects/{project.slug}/faq", "entries", {"question": "Why?", "answer": "So."}),
        (f"my/projects/{project.slug}/rewards/{reward.pk}/questions", "questions", {"text": "Size?"}),
    ):
        version = caller.get(path).json()["version"]
        assert caller.ask("PUT", path, {"version": version, name: [row]}).status_code == 200
        body = conflict(caller.ask("PUT", path, {"version": version, name: []}))
        assert (len(body["saved"][name]), body["sent"][name]) == (1, [])
        assert caller.ask("PUT", path, {"version": body["version"], name: []}).json()[name] == []
        # Whoever names no version means it.
        assert caller.ask("PUT", path, {name: [row]}).status_code == 200


def test_of_a_comment(caller):
    path = f"projects/{make_project().slug}/comments"
    said = caller.post(path, {"body": "First words"}).json()
    one, version = f"{path}/{said['id']}", said["version"]
    assert caller.ask("PATCH", one, {"body": "x"}).json()["errors"][0]["field"] == "version"
    caller.ask("PATCH", one, {"version": version, "body": "theirs"})
    for key in (None, "k", "k"):
        body = conflict(caller.ask("PATCH", one, {"version": version, "body": "mine"}, key))
        assert (body["saved"], body["sent"]["body"]) == ({"body": "theirs"}, "mine")
    assert caller.ask("PATCH", one, {"version": body["version"], "body": "both"}).json()["body"] == "both"


def test_of_a_profile(caller):
    read = caller.get("my/profile").json()
    caller.ask("PATCH", "my/profile", {"version": read["version"], "links": ["https://ada.example/"]})
    body = conflict(caller.ask("PATCH", "my/profile", {"version": read["version"], "about": "mine"}))
    now = caller.get("my/profile").json()
    assert body["saved"] == {name: value for name, value in now.items() if name != "version"}
    assert (body["saved"]["links"], body["version"]) == (["https://ada.example/"], now["version"])
    merged = caller.ask("PATCH", "my/profile", {"version": body["version"], "about": "mine"}).json()
    assert (merged["about"], merged["links"]) == ("mine", ["https://ada.example/"])


def test_of_a_reward(caller):
    project = make_project(creator=caller.owner, time_zone="Asia/Tokyo")
    reward = project.rewards.create(title="x", threshold_minor=500)
    path = f"my/projects/{project.slug}/rewards/{reward.pk}"
    read = caller.get(path).json()
    theirs = {"available_until": "2027-01-02T00:00:00Z", "delivers_on": "2027-03-01"}
    now = caller.ask("PATCH", path, {"version": read["version"], **theirs}).json()
    body = conflict(caller.ask("PATCH", path, {"version": read["version"], "needs_address": True}))
    assert {name: now[name] for name in body["saved"]} == body["saved"] | {"available_until": "2027-01-02T00:00:00Z"}
    assert body["saved"]["available_until"] == "2027-01-02T09:00:00+09:00"
    merged = caller.ask("PATCH", path, {"version": body["version"], "needs_address": True}).json()
    assert (merged["needs_address"], merged["delivers_on"]) == (True, "2027-03-01")
    assert caller.ask("PATCH", path, body["saved"] | {"version": merged["version"]}).json()["needs_address"] is False


def test_a_rule_that_refuses_is_no_conflict(caller):
    project = make_project(creator=caller.owner, state="live")
    answer = caller.post(f"my/projects/{project.slug}/submit")
    assert (answer.status_code, answer.json()["code"]) == (409, "refused")
