"""Creating, editing, reviewing, launching: everything typed is kept, the wrong person is refused."""

from datetime import timedelta

import pytest
from django.urls import reverse

from projects.forms import ProjectForm
from projects.models import Project
from projects.reviewing import decide
from tests.factories.people import NOW, make_project, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def fixed_clock(monkeypatch):
    for module in ("creating_views", "reviewing_views", "forms", "views"):
        monkeypatch.setattr(f"projects.{module}.business_now", lambda: NOW)


def typed(**changes):
    rows = {
        "rewards-TOTAL_FORMS": "1", "rewards-INITIAL_FORMS": "0", "rewards-0-title": "Thanks",
        "rewards-0-description": "", "rewards-0-money": "10", "rewards-0-hours": "", "rewards-0-limit": "",
    }  # fmt: skip
    return {
        "title": "Tiny model", "promise": "Small and open.", "story": "# What\n\nText.", "model_kind": "language",
        "weights_license": "apache-2.0", "data_license": "CC-BY-4.0", "code_license": "MIT", "currency": "EUR",
        "funding_minimum": "1,000", "funding_stretch": "2000", "compute_minimum": "0.5", "compute_stretch": "",
        "funding_model": "all_or_nothing", "shortfall_rule": "stay_funded", "time_zone": "Europe/Berlin",
        "deadline": (NOW + timedelta(days=30)).strftime("%Y-%m-%dT%H:%M"), **rows, **changes,
    }  # fmt: skip


def signed_in(client, **fields):
    user = make_user(**fields)
    client.force_login(user)
    return user


def test_a_project_is_created_in_the_units_of_the_database(client):
    creator = signed_in(client)
    answer = client.post(reverse("projects:create"), typed())
    project = Project.objects.get()
    assert (answer.status_code, project.creator, project.state, project.slug) == (302, creator, "draft", "tiny-model")
    assert (project.funding_minimum, project.compute_minimum_us) == (1000_00, 1_800_000_000)
    assert project.deadline_at == NOW + timedelta(days=30, hours=-2)
    assert (project.weights_license, project.rewards.get().threshold_minor) == ("Apache-2.0", 1000)
    assert "<h3>What</h3>" in project.story_html


PLAN = {
    "compute_minimum": "100", "training_days": "90", "compute_shortfall_rule": "rent", "sponsored_hours": "40",
    "sponsored_budget": "800",
}  # fmt: skip


def test_the_plan_of_gpu_time_is_typed_shown_again_frozen_and_decides_with_the_rest(client):
    creator = signed_in(client)
    client.post(reverse("projects:create"), typed(**PLAN))
    project = Project.objects.get()
    assert project.compute_ends_at - project.deadline_at == timedelta(days=90)
    plan = (project.sponsored_hours_us, project.sponsored_budget_minor, project.compute_shortfall_rule)
    assert plan == (40 * 3_600_000_000, 800_00, "rent")
    form = client.get(reverse("projects:edit", args=[project.slug])).content.decode()
    for shown in ('value="90"', 'value="40"', 'value="800.00"', 'value="rent" selected'):
        assert shown in form
    page = client.get(project.get_absolute_url()).content.decode()
    assert "up to 40 GPU-h that are missing may come from rented machines, for at most €800" in page
    Project.objects.filter(pk=project.pk).update(state="live")
    assert client.post(reverse("projects:edit", args=[project.slug]), typed()).status_code != 200
    project.refresh_from_db()
    assert (project.sponsored_hours_us, project.creator) == (40 * 3_600_000_000, creator)
    page = client.get(project.get_absolute_url()).content.decode()
    assert "rented machines make up for it, as far as the plan goes" in page


def test_without_a_word_about_gpu_time_the_usual_plan_holds(client):
    signed_in(client)
    client.post(reverse("projects:create"), typed())
    project = Project.objects.get()
    assert project.compute_ends_at - project.deadline_at == timedelta(days=180)
    assert (project.sponsored_hours_us, project.compute_shortfall_rule) == (0, "train_less")


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"sponsored_hours": "101"}, "at most the compute minimum"),
        ({"sponsored_budget": ""}, "Say how much these hours may cost"),
        ({"sponsored_hours": ""}, "Say how many hours this money is for"),
        ({"sponsored_budget": "1001"}, "at most its minimum"),
        ({"sponsored_hours": "", "sponsored_budget": ""}, "This rule needs hours"),
        ({"training_days": "0"}, "greater than or equal to 1"),
    ],
)
def test_a_plan_that_cannot_hold_says_why_and_is_kept(client, changes, says):
    signed_in(client)
    answer = client.post(reverse("projects:create"), typed(**PLAN | changes))
    assert answer.status_code == 422
    page = answer.content.decode()
    assert says in page
    assert 'value="rent" selected' in page
    assert not Project.objects.exists()


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"title": ""}, "This field is required"),
        ({"funding_minimum": "-1"}, "must be more than zero"),
        ({"funding_minimum": "many"}, "as a number"),
        ({"funding_minimum": "99999999999"}, "The largest amount"),
        ({"funding_stretch": "900"}, "stretch goal must be more"),
        ({"funding_minimum": "", "funding_stretch": "", "compute_minimum": ""}, "Set at least one goal"),
        ({"funding_minimum": "0"}, "must be more than zero"),
        ({"funding_minimum": "NaN"}, "as a number"),
        ({"funding_minimum": "9" * 30}, "at most 20 characters"),
        ({"currency": "JPY", "funding_minimum": "10.5"}, "JPY"),
        ({"compute_minimum": "-2"}, "must be more than zero"),
        ({"compute_minimum": "99999999"}, "largest"),
        ({"compute_minimum": "Infinity"}, "more than zero"),
        ({"deadline": "tomorrow"}, "valid date"),
        ({"time_zone": "Moon/Sea"}, "valid choice"),
        ({"rewards-0-limit": "-1"}, "greater than or equal to 1"),
        ({"currency": "XTS"}, "valid choice"),
        ({"weights_license": "Secret-1"}, "is no SPDX licence"),
        ({"deadline": "2026-05-31T12:00"}, "in the past"),
        ({"deadline": "2026-08-30T12:00"}, "more than 60 days away"),
        ({"rewards-0-title": "", "rewards-0-money": ""}, "Add at least one reward"),
        ({"rewards-0-hours": "2"}, "write one"),
        ({"rewards-0-money": "-4"}, "must be more than zero"),
        ({"rewards-0-limit": "0"}, "greater than or equal to 1"),
    ],
)
def test_bad_input_is_named_and_nothing_typed_is_lost(client, changes, says):
    signed_in(client)
    page = client.post(reverse("projects:create"), typed(**changes))
    text = page.content.decode()
    assert page.status_code == 422
    assert says in text
    assert "Small and open." in text
    assert not Project.objects.exists()


def test_the_same_title_gets_another_address_and_the_sites_own_stay_free(client):
    signed_in(client)
    for title in ("Tiny model", "Tiny model", "Mine", "猫"):
        client.post(reverse("projects:create"), typed(title=title))
    slugs = list(Project.objects.order_by("pk").values_list("slug", flat=True))
    assert [slug.rsplit("-", 1)[0] for slug in slugs] == ["tiny", "tiny-model", "mine", "project"]
    assert len(set(slugs)) == 4


def test_scripts_in_any_field_are_escaped(client):
    signed_in(client)
    evil = "<script>alert(1)</script>"
    client.post(reverse("projects:create"), typed(title=evil, promise=evil, story=evil))
    page = client.get(Project.objects.get().get_absolute_url()).content.decode()
    assert "<script>alert" not in page


def test_the_preview_shows_the_story_and_saves_nothing(client):
    signed_in(client)
    page = client.post(reverse("projects:create"), typed(preview="1"))
    assert "<h3>What</h3>" in page.content.decode()
    assert not Project.objects.exists()


def test_more_rewards_without_javascript_keep_what_was_typed_and_judge_nothing(client):
    signed_in(client)
    gone = {"rewards-1-title": "Gone", "rewards-1-money": "5", "rewards-1-DELETE": "on", "rewards-TOTAL_FORMS": "2"}
    page = client.post(reverse("projects:create"), typed(title="", rows="1", **gone))
    assert page.status_code == 200
    assert [row.initial.get("title") for row in page.context["rewards"]] == ["Thanks", None]
    assert page.context["form"]["promise"].value() == "Small and open."
    assert "This field is required" not in page.content.decode()


def test_a_preview_of_a_lab_note_publishes_nothing(client):
    project = make_project()
    client.force_login(project.creator)
    address = reverse("projects:write_note", args=[project.slug])
    page = client.post(address, {"title": "Week 1", "body": "# Loss\n\nfell", "preview": "1"})
    assert (page.status_code, project.lab_notes.count()) == (200, 0)
    assert "<h3>Loss</h3>" in page.content.decode()


def test_editing_keeps_what_was_there_and_is_for_the_creator(client):
    signed_in(client)
    client.post(reverse("projects:create"), typed())
    project = Project.objects.get()
    address = reverse("projects:edit", args=[project.slug])
    form = client.get(address).context["form"]
    assert {name: form.initial[name] for name in ("funding_minimum", "compute_minimum", "time_zone")} == {
        "funding_minimum": "1000.00", "compute_minimum": "0.5", "time_zone": "Europe/Berlin",
    }  # fmt: skip
    client.post(address, typed(title="Another", **{"rewards-INITIAL_FORMS": "1"}))
    project.refresh_from_db()
    assert (project.title, project.rewards.count()) == ("Another", 1)
    signed_in(client)
    assert client.get(address).status_code == 403


@pytest.mark.parametrize("name", ["edit", "submit", "launch", "write_note"])
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
    assert [item["project"] for item in client.get(reverse("projects:mine")).context["items"]] == [own]


@pytest.mark.parametrize("state", ["in_review", "approved", "live", "suspended"])
def test_what_reviewers_read_is_not_edited_behind_their_backs(client, state):
    project = make_project(state=state, title="As reviewed")
    client.force_login(project.creator)
    client.post(reverse("projects:edit", args=[project.slug]), typed(title="Changed"))
    project.refresh_from_db()
    assert (project.title, project.rewards.count()) == ("As reviewed", 0)


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
    return client.post(reverse("projects:review", args=[project.slug]), data)


def test_two_reviewers_approve_and_one_sends_back(client):
    project = make_project(state="draft", funding_minimum=0, compute_minimum_us=5)
    project.rewards.create(title="Thanks", threshold_gpu_us=1)
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
    assert "their own project" in review(client, project, project.creator, decision="approve").content.decode()


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


def test_the_form_offers_every_kind_and_currency():
    form = ProjectForm()
    assert [value for value, _ in form.fields["currency"].choices] == ["EUR", "USD", "GBP", "JPY"]
    assert len(form.fields["model_kind"].choices) == 5


def test_a_late_decision_is_refused():
    project = make_project(state="approved")
    with pytest.raises(Exception, match="not in review"):
        decide(project_id=project.pk, reviewer=make_user(is_reviewer=True), decision="approve", reasons="", now=NOW)
