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


def test_a_rule_that_refuses_is_no_conflict(caller):
    project = make_project(creator=caller.owner, state="live")
    answer = caller.post(f"my/projects/{project.slug}/submit")
    assert (answer.status_code, answer.json()["code"]) == (409, "refused")
