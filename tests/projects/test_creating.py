"""Reviewing, launching, lab notes: everything typed is kept, the wrong person is refused."""

import pytest
from django.urls import reverse

from projects.review.points import POINTS
from tests.factories.cards import on_cards
from tests.factories.people import NOW, complete, make_project, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def fixed_clock(monkeypatch):
    for module in ("creating_views", "review.views", "views"):
        monkeypatch.setattr(f"projects.{module}.business_now", lambda: NOW)


def signed_in(client, **fields):
    user = make_user(**fields)
    client.force_login(user)
    return user


def test_a_preview_of_a_lab_note_publishes_nothing(client):
    project = make_project()
    client.force_login(project.creator)
    address = reverse("projects:write_note", args=[project.slug])
    page = client.post(address, {"title": "Week 1", "body": "# Loss\n\nfell", "preview": "1"})
    assert (page.status_code, project.lab_notes.count()) == (200, 0)
    assert "<h3>Loss</h3>" in page.content.decode()


@pytest.mark.parametrize("name", ["submit", "launch", "write_note"])
def test_creators_pages_are_refused_to_everyone_else(client, name):
    project = make_project(state="draft")
    address = reverse(f"projects:{name}", args=[project.slug])
    assert client.post(address).status_code == 302
    signed_in(client, is_reviewer=True)
    assert client.post(address).status_code == 403
    project.refresh_from_db()
    assert project.state == "draft"


@pytest.mark.parametrize("name", ["create", "mine"])
def test_a_project_is_started_by_someone_who_is_signed_in(client, name):
    address = reverse(f"projects:{name}")
    assert client.get(address).url == f"/accounts/login/?next={address}"
    assert client.post(address).status_code in (302, 405)
    signed_in(client)
    assert client.get(address).status_code == 200


def test_my_projects_are_mine_alone(client):
    make_project()
    user = signed_in(client)
    own = make_project(creator=user, state="draft")
    assert on_cards(client.get(reverse("projects:mine")).context["cards"]) == [own]


@pytest.mark.parametrize("address", ["/review/", "/review/x/"])
def test_the_queue_is_for_reviewers(client, address):
    make_project(slug="x", state="in_review")
    assert client.get(address).status_code == 302
    signed_in(client, is_staff=True)
    assert client.get(address).status_code == 403
    signed_in(client, is_reviewer=True)
    assert client.get(address).status_code == 200


def review(client, project, reviewer, **data):
    client.force_login(reviewer)
    looked_at = {f"verdict_{key}": "holds" for key, *_ in POINTS} | {f"evidence_{key}": "Seen." for key, *_ in POINTS}
    return client.post(reverse("projects:review", args=[project.slug]), looked_at | data)


def test_two_reviewers_approve_and_one_sends_back(client):
    project = complete(make_project(state="draft", funding_minimum=0, compute_minimum_us=5))
    one, two = make_user(is_reviewer=True), make_user(is_reviewer=True)
    client.force_login(project.creator)
    client.post(reverse("projects:submit", args=[project.slug]))
    assert "Say what should change" in review(client, project, one, decision="request_changes").content.decode()
    review(client, project, one, decision="request_changes", reasons="Name the data.")
    project.refresh_from_db()
    assert project.state == "changes_requested"
    client.force_login(project.creator)
    assert "Name the data." in client.get(project.get_absolute_url()).content.decode()
    client.post(reverse("projects:submit", args=[project.slug]))
    review(client, project, one, decision="approve")
    assert "decided on this submission already" in review(client, project, one, decision="approve").content.decode()
    project.refresh_from_db()
    assert project.state == "in_review"
    review(client, project, two, decision="approve")
    client.force_login(project.creator)
    client.post(reverse("projects:launch", args=[project.slug]))
    project.refresh_from_db()
    assert (project.state, project.transitions.count()) == ("live", 5)


def test_comments_are_read_by_the_creator_and_change_nothing(client):
    project, one = make_project(state="in_review"), make_user(is_reviewer=True)
    assert "Write the comment." in review(client, project, one, decision="comment").content.decode()
    for words in ("Which data?", "And which split?"):
        review(client, project, one, decision="comment", reasons=words)
    review(client, project, one, decision="approve")
    project.refresh_from_db()
    assert (project.state, project.reviews.count()) == ("in_review", 3)
    client.force_login(project.creator)
    assert "And which split?" in client.get(project.get_absolute_url()).content.decode()


def test_nobody_reviews_their_own_project(client):
    project = make_project(state="in_review", creator=make_user(is_reviewer=True))
    assert "your own project" in review(client, project, project.creator, decision="approve").content.decode()


def test_a_launch_says_what_it_lacks(client):
    project = make_project(state="approved")
    client.force_login(project.creator)
    page = client.post(reverse("projects:launch", args=[project.slug]), follow=True).content.decode()
    assert "Set up where payouts go before you launch." in page
    assert "Add at least one reward." in page


def test_a_lab_note_is_shown_and_only_its_project_may_be_public(client):
    project = make_project()
    client.force_login(project.creator)
    client.post(reverse("projects:write_note", args=[project.slug]), {"title": "Week 1", "body": "**Loss** fell."})
    assert "<strong>Loss</strong> fell." in client.get(project.get_absolute_url()).content.decode()
    draft = make_project(state="draft", creator=project.creator)
    page = client.post(reverse("projects:write_note", args=[draft.slug]), {"title": "x", "body": "y"})
    assert (page.status_code, draft.lab_notes.count()) == (422, 0)


def test_a_lab_note_sent_twice_is_one_note(client):
    project = make_project()
    client.force_login(project.creator)
    address = reverse("projects:write_note", args=[project.slug])
    for body in ("It learns.", "It learns.", "It learns more."):
        assert client.post(address, {"title": "Week 1", "body": body}).status_code == 302
    assert project.lab_notes.count() == 2
