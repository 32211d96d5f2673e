"""Discussion, rewards, searches, releases, reports and webhooks over the API."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from api.hooks.signing import secret_of
from api.models import HookEndpoint, HookMessage, KeptAnswer
from projects.fulfilment.opening import open_delivery
from projects.models import Collection, CollectionEntry, Delivery, Role, Teammate
from projects.openness.releasing import Output, release_output
from projects.states import change_state
from tests.api.calling import Caller
from tests.factories.papers import charged
from tests.factories.people import NOW, make_project, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def caller():
    return Caller()


@pytest.fixture
def team():
    """The creator of a project, with a token."""
    project = make_project()
    return Caller(project.creator), project


def test_people_ask_answer_correct_and_moderate(caller, team, client):
    creator, project = team
    path = f"projects/{project.slug}/comments"
    asked = caller.post(path, {"body": "Which **tokenizer**?", "kind": "question"}).json()
    assert (asked["kind"], asked["body_html"]) == ("question", "<p>Which <strong>tokenizer</strong>?</p>\n")
    one = f"{path}/{asked['id']}"
    answered = creator.post(path, {"body": "One of 32k.", "thread": asked["id"]}).json()
    assert [(answer["badge"], answer["kind"]) for answer in answered["answers"]] == [("creator", "comment")]
    assert len(client.get(f"/api/v1/{path}?show=open").json()["items"]) == 1
    assert caller.ask("PUT", f"{one}/answered", {"is_answered": True}).json()["answered_at"]
    assert client.get(f"/api/v1/{path}?show=open").json()["items"] == []
    assert Caller().ask("PATCH", one, {"version": asked["version"], "body": "Mine now"}).status_code == 404
    corrected = caller.ask("PATCH", one, {"version": asked["version"], "body": "And its size?"}).json()
    assert (corrected["body"], "size" in corrected["body_html"]) == ("And its size?", True)
    assert Caller().post(f"{one}/moderate", {"deed": "hide", "reason": "x"}).status_code == 404
    assert creator.post(f"{one}/moderate", {"deed": "hide"}).status_code == 409
    creator.post(f"{one}/moderate", {"deed": "hide", "reason": "A private address."})
    hidden = client.get(f"/api/v1/{one}").json()
    assert [hidden[name] for name in ("body", "body_html", "version")] == [None] * 3
    creator.post(f"{one}/moderate", {"deed": "show"})
    creator.post(f"{one}/moderate", {"deed": "lock"})
    assert caller.post(path, {"body": "Still?", "thread": asked["id"]}).status_code == 409
    assert caller.ask("DELETE", one).json() == {"is_removed": True}
    hidden = client.get(f"/api/v1/{one}").json()
    assert [hidden[name] for name in ("body", "body_html", "version")] == [None] * 3


def test_the_same_key_writes_one_comment(caller, team):
    path = f"projects/{team[1].slug}/comments"
    first, again = (caller.post(path, {"body": "Hello"}, key="k1") for _ in range(2))
    assert (first.json(), again["Idempotent-Replayed"]) == (again.json(), "true")
    assert team[1].comments.count() == 1


def test_a_teams_answers_for_good(team, client):
    creator, project = team
    path = f"projects/{project.slug}/faq"
    (first,) = creator.ask("PUT", path, {"entries": [{"question": "A?", "answer": "B"}]}).json()["entries"]
    kept = [{"question": "C?", "answer": "D"}, {"id": first["id"], "question": "A?", "answer": "E"}]
    creator.ask("PUT", path, {"entries": kept})
    assert [row["answer"] for row in client.get(f"/api/v1/{path}").json()["entries"]] == ["D", "E"]
    assert Caller().ask("PUT", path, {"entries": []}).status_code == 404


def test_of_who_did_nothing_in_public_not_even_the_name_is_told(caller, client):
    quiet = make_user()
    client.force_login(caller.owner)
    asked = [caller.ask(method, f"my/creators/{quiet.pk}") for method in ("PUT", "DELETE")]
    asked.append(caller.post("my/reports", {"target": "person", "id": quiet.pk, "reason": "spam", "words": "x"}))
    asked.append(client.post(f"/following/creators/{quiet.pk}/", {"wants": "no"}))
    asked += [client.get(f"/report/person/{quiet.pk}/"), client.get(f"/people/{quiet.pk}/")]
    assert [answer.status_code for answer in asked] == [404] * len(asked)
    assert not any(quiet.name in answer.content.decode() for answer in asked)


def test_releases_take_as_many_queries_for_many_as_for_few(caller, client):
    project, asked = make_project(state="delivering", launched_at=NOW), {}
    client.force_login(caller.owner)
    caller.get("me")
    for count in (1, 9):
        for _ in range(count):
            number = project.output_releases.count()
            output = Output(
                "data", f"Part {number}", "MIT", url=f"https://files.example/{number}", sha256=f"{number:064x}",
                public_at=timezone.now() + timedelta(days=30),
            )  # fmt: skip
            release_output(project=project, by=project.creator, output=output, now=timezone.now())
        for name, ask in (
            ("api", lambda: caller.get(f"projects/{project.slug}/outputs")),
            ("page", lambda: client.get(f"/projects/{project.slug}/promises/")),
        ):
            with CaptureQueriesContext(connection) as made:
                assert ask().status_code == 200
            asked.setdefault(name, []).append(len(made))
    assert project.output_releases.count() == 10
    assert all(few == many for few, many in asked.values()), asked


def test_rewards_are_described_answered_sent_and_arrive(caller, team):
    creator, project = team
    reward = project.rewards.create(title="Shirt", threshold_minor=500)
    path = f"my/projects/{project.slug}/rewards/{reward.pk}"
    version = creator.get(path).json()["version"]
    change = {"version": version, "needs_address": True, "delivers_on": "2027-03-17"}
    told = creator.ask("PATCH", path, change).json()
    assert (told["needs_address"], told["delivers_on"], told["benefits"]) == (True, "2027-03-01", [])
    assert (
        creator.ask("PATCH", path, {"version": told["version"], "benefits": ["inference"]}).json()["code"] == "refused"
    )
    asked = {"questions": [{"text": "Size?", "choices": ["S", "M"]}]}
    (question,) = creator.ask("PUT", f"{path}/questions", asked).json()["questions"]
    delivery = open_delivery(source="cash_pledge:7", reward=reward, person=caller.owner, now=NOW)
    mine = f"my/rewards/{delivery.pk}"
    assert caller.get(mine).json()["lacks"] == ["answers", "address"]
    assert caller.ask("PUT", f"{mine}/answers", {"answers": {str(question["id"]): "XL"}}).status_code == 409
    caller.ask("PUT", f"{mine}/answers", {"answers": {str(question["id"]): "M"}})
    home = {"name": "Lin", "lines": "Loom 4", "city": "Berlin", "country": "DE"}
    assert caller.ask("PUT", f"{mine}/address", {**home, "country": "XX"}).status_code == 400
    assert caller.ask("PUT", f"{mine}/address", home).json()["lacks"] == []
    board = f"my/projects/{project.slug}/deliveries"
    (row,) = creator.get(f"{board}?state=owed").json()["items"]
    assert (row["answers"], row["has_address"], "Loom" in str(row)) == ({str(question["id"]): "M"}, True, False)
    assert creator.post(f"{board}/{delivery.pk}/address").json()["lines"] == "Loom 4"
    assert creator.post(board, {"deliveries": [delivery.pk], "target": "sent", "note": "1Z"}).json() == {"count": 1}
    assert caller.post(f"{mine}/arrived", {"word": "got"}).json()["state"] == "delivered"
    for path in (mine, f"{board}/{delivery.pk}/address"):
        assert Caller().get(path).status_code in (404, 405)


def test_a_reward_is_told_as_delivered_once_however_it_arrives(team):
    creator, project = team
    creator.post("my/webhooks", {"url": "https://hooks.example/", "events": ["reward.delivered"]})
    hand = project.rewards.create(title="By hand", threshold_minor=500)
    word = project.rewards.create(title="By word", threshold_minor=500)
    itself = project.rewards.create(
        title="By itself", threshold_minor=500, benefits=["thanks"], thanks_text="x", law_class="digital"
    )
    backer = Caller()
    opened = [
        open_delivery(source=f"cash_pledge:{place}", reward=reward, person=backer.owner, now=NOW)
        for place, reward in enumerate((hand, word, itself))
    ]
    board = f"my/projects/{project.slug}/deliveries"
    creator.post(board, {"deliveries": [opened[0].pk], "target": "delivered"})
    creator.post(board, {"deliveries": [opened[1].pk], "target": "sent"})
    for delivery in opened[:2]:
        backer.post(f"my/rewards/{delivery.pk}/arrived", {"word": "got"})
    assert set(Delivery.objects.values_list("state", flat=True)) == {"delivered"}
    told = [message.body for message in HookMessage.objects.filter(kind="reward.delivered")]
    assert sorted(title for title in ("By hand", "By word", "By itself") for body in told if title in body) == [
        "By hand", "By itself", "By word",
    ]  # fmt: skip


def test_a_token_for_inference_is_in_no_kept_answer(team):
    creator, project = team
    reward = project.rewards.create(title="x", threshold_minor=5, benefits=["inference"], inference_quota=9)
    backer = Caller()
    delivery = open_delivery(source="cash_pledge:1", reward=reward, person=backer.owner, now=NOW)
    made = backer.post(f"my/rewards/{delivery.pk}/token", key="k")
    assert made["Cache-Control"] == "no-store"
    spent = creator.post(f"projects/{project.slug}/inference-tokens", {"token": made.json()["token"], "units": 4})
    assert spent.json() == {"may_serve": True, "remaining": 5}
    assert not KeptAnswer.objects.filter(body__icontains="cwi_").exists()


def test_searches_collections_creators_and_notice_choices(caller, team):
    project = team[1]
    made = caller.post("my/searches", {"name": "Small", "query": "q=python&bad=1", "every": "day"}).json()
    assert (made["query"], caller.get("my/searches").json()["items"]) == ("q=python", [made])
    assert caller.post("my/searches", {"name": "All", "query": "bad=1"}).status_code == 409
    assert Caller().ask("DELETE", f"my/searches/{made['id']}").status_code == 404
    assert caller.ask("DELETE", f"my/searches/{made['id']}").status_code == 200
    shown = Collection.objects.create(
        slug="rooms", title="Rooms", text="x", text_html="x", is_shown=True, made_by=project.creator, made_at=NOW
    )
    CollectionEntry.objects.create(collection=shown, project=project, place=0)
    assert [item["slug"] for item in caller.get("collections/rooms").json()["projects"]] == [project.slug]
    assert caller.ask("PUT", f"my/creators/{project.creator_id}").json()["is_followed"]
    assert [row["creator"]["id"] for row in caller.get("my/creators").json()["items"]] == [project.creator_id]
    caller.ask("DELETE", f"my/creators/{project.creator_id}")
    assert caller.get("my/creators").json()["items"] == []
    chosen = caller.ask("PATCH", "my/notice-choices", {"choices": [{"kind": "reply", "delivery": "off"}]}).json()
    assert {"kind": "reply", "delivery": "off"} in chosen["choices"]


def test_a_link_is_released_for_backers_first(team):
    creator, project = team
    backer = Caller(charged(project).backer)
    new = {
        "kind": "weights", "title": "1.0", "license": "apache-2.0", "url": "https://models.example/x",
        "sha256": "b" * 64, "public_at": (timezone.now() + timedelta(days=3)).isoformat(),
    }  # fmt: skip
    path = f"projects/{project.slug}/outputs"
    made = creator.post(path, new)
    assert (made.status_code, made.json()["license"], made.json()["check"]) == (201, "Apache-2.0", "waiting")
    assert Caller().get(path).json()["items"][0]["url"] is None
    assert backer.get(path).json()["items"][0]["sha256"] == "b" * 64
    assert creator.post(path, {**new, "url": "https://10.0.0.1@x/", "sha256": "c" * 64}).status_code == 409
    assert creator.post(path, {**new, "promise": 1}).json()["errors"][0]["field"] == "promise"
    assert creator.post(path, {**new, "license": "Mine"}).json()["errors"][0]["field"] == "license"
    assert Caller().post(path, new).status_code == 404


def test_reports_are_made_and_followed(caller, team):
    project = team[1]
    new = {"target": "project", "slug": project.slug, "reason": "spam", "words": "Copied."}
    made = caller.post("my/reports", new)
    assert (made.status_code, made.json()["state"]) == (201, "open")
    assert caller.post("my/reports", new).json()["id"] == made.json()["id"]
    assert caller.post("my/reports", {**new, "target": "person"}).json()["errors"][0]["field"] == "id"
    assert caller.post("my/reports", {**new, "target": "comment", "id": 2**62}).status_code == 404
    assert [row["words"] for row in caller.get("my/reports").json()["items"]] == ["Copied."]


def test_webhooks_are_registered_rotated_tested_and_redelivered(team):
    creator, project = team
    new = {"url": "https://hooks.example/x", "project": project.slug, "events": ["note.published"]}
    made = creator.post("my/webhooks", new, key="once").json()
    assert creator.post("my/webhooks", new, key="once").json() == made
    path = f"my/webhooks/{made['id']}"
    hook = HookEndpoint.objects.get()
    assert creator.get(f"{path}/secret").json() == {"secret": secret_of(hook)}
    rotated = creator.post(f"{path}/secret", key="k2").json()["secret"]
    hook.refresh_from_db()
    assert rotated == secret_of(hook)
    assert not KeptAnswer.objects.filter(body__icontains="whsec_").exists()
    sent = creator.post(f"{path}/test").json()
    HookMessage.objects.update(state="failed", attempts=9)
    again = creator.post(f"{path}/messages/{sent['id']}/redeliver").json()
    assert (again["state"], again["message_id"]) == ("pending", sent["message_id"])
    assert creator.get(f"{path}/messages?state=failed").json()["items"] == []
    assert creator.ask("PATCH", path, {"state": "paused"}).json()["state"] == "paused"
    assert creator.ask("PATCH", path, {"state": "disabled"}).status_code == 400
    assert creator.post("my/webhooks", {**new, "url": "https://user@x/"}).status_code == 409
    assert Caller().get(path).status_code == 404
    assert Caller(project.creator, scopes=["account:read"]).get(f"{path}/secret").status_code == 403
    assert creator.ask("DELETE", path).json() == {"is_removed": True}


def test_a_teammate_is_told_what_the_role_shows_and_no_longer_than_it_lasts(team):
    project, mates = team[1], {}
    for role in (Role.STEWARD, Role.TRAINER):
        mates[role] = Caller()
        Teammate.objects.create(project=project, user=mates[role].owner, role=role, added_at=NOW)
    new = {"url": "https://hooks.example/", "project": project.slug, "events": ["pledge.collected"]}
    assert mates[Role.STEWARD].post("my/webhooks", new).status_code == 201
    assert mates[Role.TRAINER].post("my/webhooks", new).status_code == 409
    state = {**new, "events": ["project.state_changed"]}
    assert mates[Role.TRAINER].post("my/webhooks", state).status_code == 201
    change_state(project=project, target="paused", actor=None, now=NOW)
    assert [message.endpoint.owner for message in HookMessage.objects.all()] == [mates[Role.TRAINER].owner]
    Teammate.objects.update(ended_at=NOW)
    change_state(project=project, target="live", actor=None, now=NOW)
    assert HookMessage.objects.count() == 1
