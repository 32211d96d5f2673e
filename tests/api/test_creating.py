"""A creator's whole road over the API, by the rules of the site."""

from datetime import timedelta

import pytest
from django.utils import timezone

from projects.models import Project, Role, Teammate
from tests.api.calling import Caller
from tests.factories.people import complete, make_project, make_user

pytestmark = pytest.mark.django_db
NEW = {"title": "Pocket Python", "promise": "A model for a phone.", "model_kind": "language"}


@pytest.fixture
def caller():
    return Caller()


def change(caller, slug, key, content, version=None):
    path = f"my/projects/{slug}/steps/{key}"
    version = version or caller.get(path).json()["version"]
    return caller.ask("PATCH", path, {"version": version, "content": content})


def test_a_draft_is_written_step_by_step_and_handed_in(caller):
    slug = caller.post("my/projects", NEW).json()["slug"]
    assert not caller.get(f"my/projects/{slug}/checklist").json()["may_be_handed_in"]
    refused = caller.post(f"my/projects/{slug}/submit")
    assert (refused.status_code, "Still missing" in refused.json()["detail"]) == (409, True)
    deadline = (timezone.now() + timedelta(days=20)).strftime("%Y-%m-%dT%H:%M")
    steps = {
        "basics": {"story": "# Why\n\nBecause."},
        "goals": {"funding_minimum": "1000", "compute_minimum": 2.5, "deadline": deadline, "time_zone": "Asia/Tokyo",
                  "planned_parameters": "125M", "planned_tokens": 2_500_000_000},
        "budget": {"budget": [{"title": "Machines", "money": 1000}]},
        "milestones": {
            "milestones": [{"title": "All", "evidence_wanted": "A file.", "share": 100}],
            "takes_late_pledges": True,
        },
        "rewards": {"rewards": [{"title": "Thanks", "money": "5"}, {"title": "Hours", "hours": 1}]},
        "openness": {
            "weights_license": "Apache-2.0", "data_license": "PSF-2.0", "code_license": "MIT",
            "outputs": [{"kind": "weights", "description": "The model.", "due_on": "2027-03-01"}],
            "sources": [{"name": "Library", "license": "PSF-2.0", "consent": "licensed", "personal_data": "none"}],
        },
        "risks": {"risks": [{"title": "Too few machines", "answer": "A smaller model."}]},
    }  # fmt: skip
    for key, content in steps.items():
        answer = change(caller, slug, key, content)
        assert (answer.status_code, answer.json()["missing"]) == (200, []), answer.json()
    project = Project.objects.get(slug=slug)
    assert (project.funding_minimum, project.compute_minimum_us, project.takes_late_pledges) == (
        100_000, 9_000_000_000, True,
    )  # fmt: skip
    assert [reward.threshold_gpu_us for reward in project.rewards.all()] == [None, 3_600_000_000]
    assert caller.post(f"my/projects/{slug}/submit").json()["state"] == "in_review"
    assert change(caller, slug, "risks", {"risks": []}).status_code == 409


def test_what_is_left_out_of_a_change_stays(caller):
    draft = complete(make_project(creator=caller.owner, state="draft"))
    before = caller.get(f"my/projects/{draft.slug}/steps/openness").json()["content"]
    after = change(caller, draft.slug, "openness", {"code_license": "MIT"}).json()["content"]
    assert after == {**before, "code_license": "MIT"}


def test_two_writers_do_not_overwrite_each_other(caller):
    draft = make_project(creator=caller.owner, state="draft")
    other = Caller(make_user())
    Teammate.objects.create(project=draft, user=other.owner, role=Role.WRITER, added_at=timezone.now())
    version = caller.get(f"my/projects/{draft.slug}/steps/risks").json()["version"]
    first = change(caller, draft.slug, "risks", {"risks": [{"title": "A", "answer": "B"}]}, version)
    assert first.status_code == 200
    second = change(other, draft.slug, "risks", {"risks": [{"title": "C", "answer": "D"}]}, version)
    assert (second.status_code, draft.risks.get().title) == (409, "A")


@pytest.mark.parametrize(
    ("key", "content", "field"),
    [
        ("basics", {"title": ""}, "title"),
        ("basics", {"title": "x" * 81}, "title"),
        ("basics", {"title": "\0"}, "title"),
        ("basics", {"title": "\ud800"}, "title"),
        ("basics", {"title": ["x"]}, "title"),
        ("basics", {"title": {"x": 1}}, "title"),
        ("basics", {"owner": "me"}, "owner"),
        ("goals", {"funding_minimum": "1e9"}, "funding_minimum"),
        ("goals", {"deadline": "2027-01-01T00:00:00+09:00"}, "deadline"),
        ("budget", {"budget": "x"}, "budget"),
        ("budget", {"budget": [{"title": "x"}]}, "budget.0"),
        ("budget", {"budget": [{"title": "x", "money": 1, "y": 2}]}, "budget.0.y"),
        ("budget", {"budget": [{"title": str(n), "money": 1} for n in range(21)]}, "budget"),
        ("rewards", {"rewards": [{"title": "x", "money": "5"}, {"title": "y"}]}, "rewards.1"),
    ],
)
def test_what_cannot_be_used_is_named_and_nothing_is_saved(caller, key, content, field):
    draft = make_project(creator=caller.owner, state="draft", deadline_at=timezone.now() + timedelta(days=5),
                         compute_ends_at=timezone.now() + timedelta(days=50))  # fmt: skip
    before = caller.get(f"my/projects/{draft.slug}/steps/{key}").json()
    answer = change(caller, draft.slug, key, content)
    assert answer.status_code == 400
    assert any(error["field"].startswith(field) for error in answer.json()["errors"]), answer.json()
    assert caller.get(f"my/projects/{draft.slug}/steps/{key}").json() == before


def test_a_project_takes_its_course(caller):
    now = timezone.now()
    project = make_project(
        creator=caller.owner, launched_at=now, deadline_at=now + timedelta(days=9),
        compute_ends_at=now + timedelta(days=60),
    )  # fmt: skip
    assert caller.get(f"my/projects/{project.slug}/course").json()["deeds"] == ["pause"]
    said = {"deed": "pause", "statement": "The data is cleaned again."}
    assert caller.post(f"my/projects/{project.slug}/course", said).json()["state"] == "paused"
    assert caller.post(f"my/projects/{project.slug}/course", {**said, "deed": "complete"}).status_code == 409
    later = {"deadline_at": (now + timedelta(days=15)).isoformat(), "reason": "Labs asked for time."}
    assert caller.post(f"my/projects/{project.slug}/extend", later).status_code == 200
    assert (
        caller.post(f"my/projects/{project.slug}/extend", {**later, "deadline_at": now.isoformat()}).status_code == 409
    )


def test_a_token_without_the_scope_and_a_stranger_write_nothing(caller):
    draft = make_project(creator=caller.owner, state="draft")
    reader = Caller(caller.owner, scopes=["account:read"])
    path = f"my/projects/{draft.slug}/steps/risks"
    assert reader.get(path).status_code == 200
    assert reader.ask("PATCH", path, {"version": "x", "content": {}}).status_code == 403
    assert Caller().get(path).status_code == 404
    assert Caller().ask("PATCH", path, {"version": "x", "content": {}}).status_code == 404


def test_notes_are_drafted_scheduled_published_and_changed_in_the_open(caller):
    project = make_project(creator=caller.owner)
    path, now = f"my/projects/{project.slug}/notes", timezone.now()
    later = (now + timedelta(days=2)).isoformat()
    made = caller.post(path, {"title": "W1", "body": "x", "audience": "backers", "publish_at": later}).json()
    assert (made["number"], made["version"]) == (None, 1)
    assert caller.get(f"projects/{project.slug}/notes").json()["items"] == []
    changed = caller.ask("PATCH", f"{path}/{made['id']}", {"version": 1, "body": "y", "publish_at": None}).json()
    assert (changed["body"], changed["publish_at"], changed["version"]) == ("y", None, 2)
    assert caller.ask("PATCH", f"{path}/{made['id']}", {"version": 1, "body": "z"}).status_code == 409
    assert caller.post(f"{path}/{made['id']}/publish", {"version": 2}).json()["number"] == 1
    assert [note["body"] for note in caller.get(f"projects/{project.slug}/notes").json()["items"]] == ["y"]
    stranger = Caller()
    assert stranger.get(f"projects/{project.slug}/notes").json()["items"] == []
    assert stranger.get(f"projects/{project.slug}/notes/1").status_code == 404
    assert caller.ask("PATCH", f"{path}/{made['id']}", {"version": 3, "body": "z"}).status_code == 409
    said = {"version": 3, "body": "z", "reason": "A figure was wrong."}
    assert caller.ask("PATCH", f"{path}/{made['id']}", said).json()["version"] == 4
    assert project.lab_notes.get().changes.get().body_before == "y"
    assert caller.ask("DELETE", f"{path}/{made['id']}").status_code == 409


def test_a_team_is_named_joined_and_left(caller):
    draft, mate = make_project(creator=caller.owner, state="draft"), Caller()
    path = f"my/projects/{draft.slug}/team"
    asked = {"email": mate.owner.email.upper(), "role": "trainer"}
    (open_one,) = caller.post(path, asked).json()["invitations"]
    assert [row["id"] for row in mate.get("my/invitations").json()["items"]] == [open_one["id"]]
    assert Caller().post(f"my/invitations/{open_one['id']}", {"accepts": True}).status_code == 404
    assert mate.get(path).status_code == 404
    assert mate.post(f"my/invitations/{open_one['id']}", {"accepts": True}).status_code == 200
    seen = mate.get(path).json()
    assert ([row["role"] for row in seen["mates"]], seen["invitations"]) == (["trainer"], [])
    assert mate.post(path, asked).status_code == 404
    changed = caller.ask("PATCH", f"{path}/{mate.owner.pk}", {"role": "writer"}).json()
    assert [row["role"] for row in changed["mates"]] == ["writer"]
    assert mate.ask("DELETE", f"{path}/{caller.owner.pk}").status_code == 409
    assert mate.ask("DELETE", f"{path}/{mate.owner.pk}").json() == {"is_removed": True}
    assert mate.get(path).status_code == 404


def test_a_person_says_what_others_see(caller, client):
    assert client.get(f"/api/v1/people/{caller.owner.pk}").status_code == 404
    said = {"about": "I *weave*.", "links": ["https://ada.example/"]}
    version = caller.get("my/profile").json()["version"]
    kept = caller.ask("PATCH", "my/profile", {"version": version, **said}).json()
    assert kept == {
        **said, "name": caller.owner.name, "shows_backed": False, "may_be_found": False, "version": kept["version"],
    }  # fmt: skip
    wrong = {"version": kept["version"], "links": ["javascript:x"]}
    assert caller.ask("PATCH", "my/profile", wrong).json()["errors"][0]["field"] == "links"
    told = client.get(f"/api/v1/people/{caller.owner.pk}").json()
    assert (told["about_html"], told["links"]) == ("<p>I <em>weave</em>.</p>\n", ["https://ada.example/"])


@pytest.mark.parametrize("title", ["\u202eevil", "\u200b\u200b", "a\u0007b", "Z" + "\u0351" * 20])
def test_a_title_that_nobody_could_read_is_refused_with_its_field(caller, title):
    answer = caller.post("my/projects", {**NEW, "title": title})
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (400, "title")
    assert not Project.objects.exists()


def test_a_title_is_one_line(caller):
    assert caller.post("my/projects", {**NEW, "title": "Pocket\n  Python"}).json()["title"] == "Pocket Python"
