"""A project's course after its approval: told at launch, paused, extended once, delivered or abandoned in public."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from notices.models import Notice
from projects.closing import close_project
from projects.errors import TransitionRefused
from projects.following import follow_creator, follow_project
from projects.fulfilment.opening import open_delivery
from projects.launch import MAX_DAYS, launch
from projects.life.deeds import change_course, extend_deadline, possible_deeds
from projects.models import Teammate
from tests.factories.people import NOW, complete, make_project, make_user
from tests.factories.pledges import promise

pytestmark = pytest.mark.django_db


@pytest.fixture
def project():
    return make_project(launched_at=NOW)


def change(project, deed, statement="Because.", by=None, now=NOW):
    return change_course(project_id=project.pk, deed=deed, by=by or project.creator, statement=statement, now=now)


def extend(project, days, now=NOW, reason="More hours are coming.", by=None):
    deadline = project.deadline_at + timedelta(days=days)
    return extend_deadline(project_id=project.pk, by=by or project.creator, deadline=deadline, reason=reason, now=now)


def told(person):
    return list(Notice.objects.filter(person=person).order_by("pk").values_list("kind", flat=True))


def test_followers_of_an_approved_project_are_told_at_its_launch(client, monkeypatch):
    project = complete(make_project(state="approved"))
    follower = make_user()
    follow_project(user=follower, project=project, wants=True, now=NOW)
    follow_creator(user=follower, creator=project.creator, wants=True, now=NOW)
    fan = make_user()
    follow_creator(user=fan, creator=project.creator, wants=True, now=NOW)
    page = client.get(project.get_absolute_url()).content.decode()
    assert "Not live yet" in page
    monkeypatch.setattr("projects.launch._requirements", [])
    launch(project=project, actor=project.creator, now=NOW)
    assert (told(follower), told(fan)) == (["project_launched"], ["creator_followed"])


def test_a_pause_has_a_reason_that_everyone_reads_and_moves_no_deadline(client, project):
    backer = promise(project, 5).backer
    with pytest.raises(TransitionRefused, match="Say why"):
        change(project, "pause", " ")
    assert change(project, "pause", "The data is checked again.").state == "paused"
    assert change(project, "pause").state == "paused"
    page = client.get(project.get_absolute_url()).content.decode()
    assert "The data is checked again." in page
    assert "Paused by its creator" in page
    assert told(backer) == ["project_changed"]
    assert change(project, "resume").state == "live"
    change(project, "pause")
    assert close_project(project_id=project.pk, now=project.deadline_at) == "failed"
    states = list(project.transitions.values_list("target", flat=True))
    assert states == ["paused", "live", "paused", "live", "failed"]


def test_a_deadline_is_extended_once_before_it_is_reached_and_backers_are_told(client, project):
    backer = promise(project, 5).backer
    first, ends = project.deadline_at, project.compute_ends_at
    for days, now, reason, words in (
        (-1, NOW, "x", "after the old one"), (MAX_DAYS, NOW, "x", "within 60 days"), (5, NOW, " ", "Say why"),
        (5, first, "x", "before it is reached"),
    ):  # fmt: skip
        with pytest.raises(TransitionRefused, match=words):
            extend(project, days, now, reason)
    extend(project, 5)
    assert told(backer) == ["project_changed"]
    extend(project, 5)  # A double click.
    project.refresh_from_db()
    assert (project.first_deadline_at, project.deadline_at) == (first, first + timedelta(days=5))
    assert project.compute_ends_at == ends + timedelta(days=5)
    with pytest.raises(TransitionRefused, match="extended once"):
        extend(project, 2)
    assert "More hours are coming." in client.get(project.get_absolute_url()).content.decode()
    assert told(backer) == ["project_changed"]


@pytest.mark.parametrize(("deed", "state"), [("complete", "completed"), ("abandon", "abandoned")])
def test_the_end_is_said_in_public(client, deed, state):
    project = make_project(state="funded")
    change(project, "deliver", "We begin.")
    assert change(project, deed, "All weights are out, or never will be.").state == state
    page = client.get(project.get_absolute_url()).content.decode()
    assert "We begin." in page
    assert ("Nothing was woven" in page, "Once a run starts" in page) == (True, False)
    # Where one looks first, not in the history alone.
    assert page.index("All weights are out, or never will be.") < page.index('id="story"')
    with pytest.raises(TransitionRefused, match="Look again"):
        change(project, "pause")


def test_an_end_says_first_which_promises_and_rewards_stay_open(client):
    project = make_project(state="delivering")
    for kept in (True, False):
        output = project.promised_outputs.create(kind="weights", description="Weights", due_on=timezone.now().date())
        if kept:
            project.output_releases.create(
                promise=output, kind="weights", title="Weights", url="https://a.example/w", sha256="a" * 64,
                license="Apache-2.0", released_by=project.creator, released_at=NOW, public_at=NOW,
            )  # fmt: skip
    reward = project.rewards.create(title="A shirt", threshold_minor=100)
    open_delivery(source="s", reward=reward, person=make_user(), now=NOW)
    client.force_login(project.creator)
    page = client.get(reverse("projects:course", args=[project.slug])).content.decode()
    assert page.count("1 promised output is not released") == 2
    assert page.count("1 reward is not delivered; it stays owed.") == 1


def test_what_reviewers_and_admins_said_is_not_in_the_public_history(client, project):
    for source, target, reason in (
        ("in_review", "changes_requested", "secret one"), ("live", "suspended", "secret two"),
        ("suspended", "live", "secret three"),
    ):  # fmt: skip
        project.transitions.create(source=source, target=target, reason=reason, happened_at=NOW)
    assert "secret" not in client.get(project.get_absolute_url()).content.decode()


def test_a_steward_begins_delivery_and_no_more(client):
    project = make_project(state="funded")
    steward = Teammate.objects.create(project=project, user=make_user(), role="steward", added_at=NOW).user
    assert possible_deeds(project, steward) == ["deliver"]
    client.force_login(steward)
    address = reverse("projects:course", args=[project.slug])
    assert "Begin delivery" in client.get(address).content.decode()
    deliver = reverse("projects:change_course", args=[project.slug, "deliver"])
    assert client.post(deliver, {"statement": ""}).status_code == 422
    assert client.post(deliver, {"statement": "We begin."}).status_code == 302
    assert client.post(reverse("projects:change_course", args=[project.slug, "complete"])).status_code == 403
    assert client.post(reverse("projects:extend", args=[project.slug])).status_code == 403
    assert client.post(reverse("projects:change_course", args=[project.slug, "explode"])).status_code == 404


def test_the_page_extends_in_the_projects_time_zone_and_keeps_what_was_typed(client):
    now = timezone.now().replace(microsecond=0, second=0)
    project = make_project(
        launched_at=now, deadline_at=now + timedelta(days=3), compute_ends_at=now + timedelta(days=9),
        time_zone="Asia/Tokyo",
    )  # fmt: skip
    client.force_login(project.creator)
    address = reverse("projects:extend", args=[project.slug])
    wanted = now + timedelta(days=8)
    typed = {"deadline": (wanted + timedelta(hours=9)).strftime("%Y-%m-%dT%H:%M"), "statement": ""}
    refused = client.post(address, typed)
    assert (refused.status_code, typed["deadline"] in refused.content.decode()) == (422, True)
    assert client.post(address, typed | {"statement": "More hours."}).status_code == 302
    project.refresh_from_db()
    assert project.deadline_at == wanted


def test_reasons_of_ours_are_said_in_the_readers_language_and_those_of_people_as_written(client, project):
    project.transitions.create(
        source="live", target="collecting", reason="The minimums held at the deadline.", happened_at=NOW
    )
    project.transitions.create(
        source="collecting", target="funded", reason="Collecting is over.", actor=project.creator, happened_at=NOW
    )
    page = client.get(project.get_absolute_url(), headers={"Accept-Language": "de"}).content.decode()
    assert ("Die Mindestziele hielten zur Frist." in page, "Collecting is over." in page) == (True, True)
