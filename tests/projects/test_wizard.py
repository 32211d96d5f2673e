"""The wizard: each step is saved by itself, a draft may be incomplete, and no window writes over another unseen."""

from datetime import date, timedelta

import pytest
from django.urls import reverse

from projects.models import Milestone, Project, Teammate
from projects.wizard.steps import BY_KEY, STEPS, version_of
from tests.factories.people import NOW, complete, make_project, make_user

pytestmark = pytest.mark.django_db
DEADLINE = (NOW + timedelta(days=30)).strftime("%Y-%m-%dT%H:%M")
GOALS = {
    "currency": "EUR", "funding_minimum": "1,000", "funding_stretch": "2000", "compute_minimum": "0.5",
    "compute_stretch": "", "funding_model": "all_or_nothing", "shortfall_rule": "stay_funded",
    "time_zone": "Europe/Berlin", "deadline": DEADLINE, "planned_parameters": "125M", "planned_tokens": "2.5B",
}  # fmt: skip
BASICS = {"title": "Tiny model", "promise": "Small and open.", "model_kind": "language", "story": "# What\n\nText."}


@pytest.fixture(autouse=True)
def fixed_clock(monkeypatch):
    for module in ("creating_views", "views", "wizard.views", "wizard.goals"):
        monkeypatch.setattr(f"projects.{module}.business_now", lambda: NOW)


@pytest.fixture
def project(client):
    project = make_project(state="draft")
    client.force_login(project.creator)
    return project


def rows(prefix, *typed):
    data = {f"{prefix}-TOTAL_FORMS": len(typed), f"{prefix}-INITIAL_FORMS": 0}
    for number, row in enumerate(typed):
        data |= {f"{prefix}-{number}-{name}": value for name, value in row.items()}
    return data


def as_sent(form):
    """What a browser would send of a form or set of rows, boxes included."""
    parts = [form.management_form, *form.forms] if hasattr(form, "management_form") else [form]
    sent = {}
    for field in [field for part in parts for field in part]:
        value = field.field.widget.format_value(field.value())
        shown = value[0] if isinstance(value, list) and value else value
        if shown not in (None, [], "", "False"):
            sent[field.html_name] = shown
    return sent


def address(project, key):
    return reverse("projects:edit_step", args=[project.slug, key])


def post(client, project, key, data, **headers):
    project.refresh_from_db()
    data = {"version": version_of(project, BY_KEY[key]), **data}
    answer = client.post(address(project, key), data, **headers)
    project.refresh_from_db()
    return answer


def test_three_answers_make_a_draft_that_lacks_the_rest(client):
    creator = make_user()
    client.force_login(creator)
    refused = client.post(reverse("projects:create"), {"title": "", "promise": "Kept.", "model_kind": "language"})
    assert (refused.status_code, "Kept." in refused.content.decode()) == (422, True)
    answer = client.post(reverse("projects:create"), BASICS)
    project = Project.objects.get()
    assert answer.url == address(project, "basics")
    assert (project.creator, project.state, project.slug) == (creator, "draft", "tiny-model")
    overview = client.get(reverse("projects:edit", args=[project.slug])).content.decode()
    assert "8 things are missing" in overview


def test_the_same_title_gets_another_address_and_the_sites_own_stay_free(client):
    client.force_login(make_user())
    for title in ("Tiny model", "Tiny model", "Mine", "猫"):
        client.post(reverse("projects:create"), BASICS | {"title": title})
    slugs = list(Project.objects.order_by("pk").values_list("slug", flat=True))
    assert [slug.rsplit("-", 1)[0] for slug in slugs] == ["tiny", "tiny-model", "mine", "project"]
    assert len(set(slugs)) == 4


@pytest.mark.parametrize("step", STEPS, ids=lambda step: step.key)
def test_every_step_shows_what_is_saved_and_saving_that_changes_nothing(client, project, step):
    complete(project)
    Milestone.objects.create(project=project, number=1, title="All", evidence_wanted="A file.", share_bp=4000)
    page = client.get(address(project, step.key))
    assert page.status_code == 200
    typed = {"version": page.context["answer"].version}
    for form in page.context["answer"].forms:
        typed |= as_sent(form)
    before = version_of(project, step)
    assert post(client, project, step.key, typed).status_code == 302
    assert version_of(project, step) == before


def test_goals_are_saved_in_the_units_of_the_database(client, project):
    assert post(client, project, "goals", GOALS).status_code == 302
    assert (project.funding_minimum, project.compute_minimum_us) == (1000_00, 1_800_000_000)
    assert project.deadline_at == NOW + timedelta(days=30, hours=-2)
    assert (project.planned_parameters, project.planned_tokens) == (125 * 10**6, 25 * 10**8)
    assert project.compute_ends_at - project.deadline_at == timedelta(days=180)
    shown = client.get(address(project, "goals")).content.decode()
    for value in ('value="1000.00"', 'value="0.5"', 'value="125M"', 'value="2.5B"'):
        assert value in shown


PLAN = {
    "compute_minimum": "100", "training_days": "90", "compute_shortfall_rule": "rent", "sponsored_hours": "40",
    "sponsored_budget": "800",
}  # fmt: skip


def test_the_plan_of_gpu_time_is_saved_shown_again_and_frozen(client, project):
    post(client, project, "goals", GOALS | PLAN)
    plan = (project.sponsored_hours_us, project.sponsored_budget_minor, project.compute_shortfall_rule)
    assert plan == (40 * 3_600_000_000, 800_00, "rent")
    page = client.get(project.get_absolute_url()).content.decode()
    assert "up to 40 GPU-h that are missing may come from rented machines, for at most €800" in page
    Project.objects.update(state="live")
    assert post(client, project, "goals", GOALS).status_code == 302
    assert project.sponsored_hours_us == 40 * 3_600_000_000
    page = client.get(project.get_absolute_url()).content.decode()
    assert "rented machines make up for it, as far as the plan goes" in page


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"sponsored_hours": "101"}, "at most the compute minimum"),
        ({"sponsored_budget": ""}, "Say how much these hours may cost"),
        ({"sponsored_hours": ""}, "Say how many hours this money is for"),
        ({"sponsored_budget": "1001"}, "at most its minimum"),
        ({"sponsored_hours": "", "sponsored_budget": ""}, "This rule needs hours"),
        ({"training_days": "0"}, "greater than or equal to 1"),
        ({"funding_minimum": "-1"}, "must be more than zero"),
        ({"funding_minimum": "many"}, "as a number"),
        ({"funding_minimum": "99999999999"}, "The largest amount"),
        ({"funding_stretch": "900"}, "stretch goal must be more"),
        ({"funding_minimum": "NaN"}, "as a number"),
        ({"funding_minimum": "9" * 30}, "at most 20 characters"),
        ({"currency": "JPY", "funding_minimum": "10.5"}, "JPY"),
        ({"compute_minimum": "-2"}, "must be more than zero"),
        ({"compute_minimum": "99999999"}, "largest"),
        ({"compute_minimum": "Infinity"}, "Write the hours as a number"),
        ({"deadline": "tomorrow"}, "valid date"),
        ({"time_zone": "Moon/Sea"}, "valid choice"),
        ({"currency": "XTS"}, "valid choice"),
        ({"deadline": "2026-05-31T12:00"}, "in the past"),
        ({"deadline": "2026-08-30T12:00"}, "more than 60 days away"),
        ({"planned_parameters": "a lot"}, "Write a number such as 125M"),
        ({"planned_parameters": "0"}, "Write a number from 1 to 1T"),
        ({"planned_tokens": "9" * 18}, "Write a number from 1 to 1000T"),
    ],
)
def test_goals_that_cannot_hold_say_why_and_are_kept(client, project, changes, says):
    page = post(client, project, "goals", GOALS | PLAN | changes)
    text = page.content.decode()
    assert page.status_code == 422
    assert says in text
    assert 'value="2000"' in text or "funding_stretch" in changes
    assert project.planned_tokens is None


@pytest.mark.parametrize(
    ("key", "data", "says"),
    [
        ("rewards", rows("rewards", {"title": "Thanks", "money": "10", "limit": "-1"}), "greater than or equal to 1"),
        ("rewards", rows("rewards", {"title": "Thanks", "money": "10", "hours": "2"}), "write one"),
        ("rewards", rows("rewards", {"title": "Thanks", "money": "-4"}), "must be more than zero"),
        ("rewards", rows("rewards", {"title": "Thanks", "hours": "2", "is_add_on": "on"}), "has a price in money"),
        ("budget", rows("budget", {"title": "Rent"}), "write one"),
        ("budget", rows("budget", {"money": "10"}), "still missing"),
        ("budget", rows("budget", {"title": "Rent", "money": "ten"}), "as a number"),
        ("milestones", rows("milestones", {"title": "A", "share": "100"}), "still missing"),
        ("milestones", rows("milestones", {"title": "A", "evidence_wanted": "B", "share": "half"}), "as a percentage"),
        ("milestones", rows("milestones", {"title": "A", "evidence_wanted": "B", "share": "0"}), "more than 0"),
        ("milestones", rows("milestones", {"title": "A", "evidence_wanted": "B", "share": "33.333"}), "two digits"),
        ("risks", rows("risks", {"title": "Fire"}), "still missing"),
        ("openness", {"weights_license": "Secret-1", **rows("outputs"), **rows("sources")}, "is no SPDX licence"),
        (
            "openness",
            {**rows("outputs", {"kind": "paper", "description": "x", "due_on": "soon"}), **rows("sources")},
            "valid date",
        ),
        (
            "openness",
            {**rows("outputs"), **rows("sources", {"name": "x", "license": "MIT", "url": "nowhere at all"})},
            "valid URL",
        ),
        ("basics", BASICS | {"title": ""}, "This field is required"),
    ],
)
def test_a_step_that_cannot_be_saved_says_why_and_keeps_what_was_typed(client, project, key, data, says):
    before = version_of(project, BY_KEY[key])
    page = post(client, project, key, data)
    assert (page.status_code, says in page.content.decode()) == (422, True)
    assert version_of(project, BY_KEY[key]) == before


def test_lists_are_replaced_and_empty_and_removed_rows_go(client, project):
    typed = rows(
        "milestones", {"title": "Data", "evidence_wanted": "The list.", "share": "30"},
        {"title": "", "evidence_wanted": "", "share": ""},
        {"title": "Gone", "evidence_wanted": "x", "share": "1", "DELETE": "on"},
        {"title": "Weights", "evidence_wanted": "The files.", "share": "69.5 %", "due_on": "2026-12-01"},
    )  # fmt: skip
    assert post(client, project, "milestones", typed | {"takes_late_pledges": "on"}).status_code == 302
    assert list(project.milestones.values_list("number", "title", "share_bp", "due_on")) == [
        (1, "Data", 30_00, None), (2, "Weights", 69_50, date(2026, 12, 1)),
    ]  # fmt: skip
    assert (project.takes_late_pledges, project.takes_monthly_support) == (True, False)
    overview = client.get(reverse("projects:edit", args=[project.slug])).content.decode()
    assert "they make 99.5%" in overview


def test_the_page_shows_budget_risks_sources_and_promises(client, project):
    post(client, project, "budget", rows("budget", {"title": "Rent", "money": "800"}, {"title": "Runs", "hours": "5"}))
    post(client, project, "risks", rows("risks", {"title": "Fire", "answer": "Water."}))
    output = {"kind": "paper", "description": "A report.", "due_on": "2026-12-01"}
    source = {"name": "Tide logs", "license": "cc0-1.0", "consent": "given", "personal_data": "none"}
    data = {**rows("outputs", output), **rows("sources", source), "code_license": "mit"}
    post(client, project, "openness", data)
    assert (project.code_license, project.data_sources.get().license) == ("MIT", "CC0-1.0")
    page = client.get(reverse("projects:preview", args=[project.slug])).content.decode()
    for words in ("Rent", "€800", "5 GPU-h", "Fire", "Water.", "A report.", "Tide logs", "People in it agreed"):
        assert words in page
    assert "As a visitor will see it" in page
    assert "Hand in for review" not in page


def test_another_currency_keeps_the_figures_as_they_were_typed(client, project):
    complete(project)
    post(client, project, "goals", GOALS | {"currency": "JPY", "funding_minimum": "1000"})
    assert (project.rewards.get().threshold_minor, project.budget_lines.get().amount_minor) == (10, 100)
    post(client, project, "goals", GOALS)
    assert project.rewards.get().threshold_minor == 10_00


def test_a_window_that_shows_older_content_does_not_write_over_it(client, project):
    stale = version_of(project, BY_KEY["basics"])
    post(client, project, "basics", BASICS)
    mine = BASICS | {"version": stale, "promise": "From the second window."}
    answer = client.post(address(project, "basics"), mine)
    page = answer.content.decode()
    assert answer.status_code == 409
    assert ("Promise in one sentence", "Small and open.", "From the second window.") in answer.context["answer"].theirs
    assert 'value="From the second window."' in page
    assert "Saved elsewhere in the meantime" in page
    project.refresh_from_db()
    assert project.promise == "Small and open."
    assert (
        client.post(address(project, "basics"), mine | {"version": answer.context["answer"].version}).status_code == 302
    )
    project.refresh_from_db()
    assert project.promise == "From the second window."
    assert client.post(address(project, "basics"), mine).status_code == 302  # Again, by a double click.


def test_two_windows_on_different_steps_do_not_meet(client, project):
    stale = version_of(project, BY_KEY["goals"])
    post(client, project, "basics", BASICS)
    assert client.post(address(project, "goals"), GOALS | {"version": stale}).status_code == 302


def test_a_conflict_in_rows_names_the_row(client, project):
    stale = version_of(project, BY_KEY["risks"])
    post(client, project, "risks", rows("risks", {"title": "Fire", "answer": "Water."}))
    mine = rows("risks", {"title": "Flood", "answer": "Water."})
    answer = client.post(address(project, "risks"), mine | {"version": stale})
    assert answer.context["answer"].theirs == [("Risk 1: What could go wrong", "Fire", "Flood")]


def test_saving_by_itself_is_answered_in_words_and_with_the_next_version(client, project):
    headers = {"headers": {"X-Autosave": "1"}}
    saved = post(client, project, "basics", BASICS, **headers)
    assert saved.json() == {"version": version_of(project, BY_KEY["basics"]), "words": "Saved.", "keys": {}}
    wrong = post(client, project, "basics", BASICS | {"title": ""}, **headers)
    assert (wrong.status_code, wrong.json()["words"]) == (422, "Not saved yet: Title.")
    stale = post(client, project, "basics", BASICS | {"version": "old", "promise": "x"}, **headers)
    assert (stale.status_code, "another window" in stale.json()["words"]) == (409, True)


def test_a_reward_is_the_same_one_while_one_types_and_after_another_goes(client, project):
    typed = rows("rewards", {"title": "Tea", "money": "10"}, {"title": "Cake", "money": "20"})
    said = post(client, project, "rewards", typed, headers={"X-Autosave": "1"}).json()["keys"]
    tea, cake = project.rewards.order_by("threshold_minor")
    assert said == {"rewards-0-key": str(tea.pk), "rewards-1-key": str(cake.pk)}
    changed = typed | said | {"rewards-0-DELETE": "on", "rewards-1-title": "Tea", "rewards-1-money": "5"}
    assert post(client, project, "rewards", changed).status_code == 302
    assert list(project.rewards.values_list("pk", "title", "threshold_minor")) == [(cake.pk, "Tea", 500)]
    stale = client.post(address(project, "rewards"), typed | said | {"version": "old"})
    assert [label for label, _, _ in stale.context["answer"].theirs] == [
        "Reward 1: Reward", "Reward 1: From this much money", "Reward 2: Reward", "Reward 2: From this much money",
        "Reward 2: What it is for the law of withdrawal",
    ]  # fmt: skip


def test_buttons_that_only_show_save_and_judge_nothing(client, project):
    before = {step.key: version_of(project, step) for step in STEPS}
    story = post(client, project, "basics", BASICS | {"title": "", "preview": "1"})
    assert (story.status_code, "<h3>What</h3>" in story.content.decode()) == (200, True)
    more = post(
        client, project, "rewards", rows("rewards", {"title": "Thanks"}, {"title": "x", "DELETE": "1"}) | {"rows": "1"}
    )
    assert [row.initial.get("title") for row in more.context["answer"].forms[0]] == ["Thanks", None]
    estimate = post(client, project, "goals", GOALS | {"funding_minimum": "many", "estimate": "1"}).content.decode()
    assert "1.32 GPU-h" in estimate
    assert 'value="many"' in estimate
    taken = post(client, project, "goals", GOALS | {"take": "1"})
    assert taken.context["answer"].forms[0]["compute_minimum"].value() == "1.32"
    assert {step.key: version_of(project, step) for step in STEPS} == before


def test_handing_in_is_refused_with_what_is_missing(client, project):
    Project.objects.update(story="")
    submit = reverse("projects:submit", args=[project.slug])
    page = client.post(submit, follow=True).content.decode()
    for words in ("A story", "At least one reward", "Budget lines", "At least one risk", "The sources of the data"):
        assert words in page
    assert Project.objects.get().state == "draft"
    complete(project)
    Project.objects.update(story="Text.")
    client.post(submit)
    assert Project.objects.get().state == "in_review"


@pytest.mark.parametrize("state", ["in_review", "approved", "live", "suspended"])
def test_what_reviewers_read_is_not_edited_behind_their_backs(client, project, state):
    Project.objects.update(state=state, title="As reviewed")
    for key in BY_KEY:
        assert client.get(address(project, key)).url == project.get_absolute_url()
    assert post(client, project, "basics", BASICS).status_code == 302
    assert project.title == "As reviewed"


def test_what_reviewers_asked_for_stands_above_the_checklist(client, project):
    page = reverse("projects:edit", args=[project.slug])
    assert "What reviewers asked for" not in client.get(page).content.decode()
    reviewer = make_user(is_reviewer=True)
    project.reviews.create(
        reviewer=reviewer, submission=1, decision="request_changes", reasons="Name <the> cooks.",
        decided_at=NOW,
    )  # fmt: skip
    said = client.get(page).content.decode().split("What reviewers asked for")[1].split("</section>")[0]
    assert reviewer.name in said
    assert "Name &lt;the&gt; cooks." in said


def test_a_writer_edits_and_others_do_not(client, project):
    writer = Teammate.objects.create(project=project, user=make_user(), role="writer", added_at=NOW).user
    client.force_login(writer)
    assert post(client, project, "basics", BASICS).status_code == 302
    assert project.title == "Tiny model"
    client.force_login(make_user())
    for key in BY_KEY:
        assert client.get(address(project, key)).status_code == 403
        assert client.post(address(project, key)).status_code == 403
    assert client.get(reverse("projects:preview", args=[project.slug])).status_code == 403


def test_scripts_in_any_field_are_escaped(client, project):
    evil = "<script>alert(1)</script>"
    post(client, project, "basics", BASICS | {"title": evil, "promise": evil, "story": evil})
    post(client, project, "risks", rows("risks", {"title": evil, "answer": evil}))
    assert project.risks.get().title == evil
    for page in (project.get_absolute_url(), address(project, "risks"), reverse("projects:edit", args=[project.slug])):
        assert "<script>alert" not in client.get(page).content.decode()


def test_the_first_step_leads_to_filling_it_from_a_model_card(client, project):
    page = client.get(address(project, "basics")).content.decode()
    assert reverse("projects:fill_project", args=[project.slug]) in page
