"""Reviews: taken on and given back, by two organizations, with a checklist, reasons and words on paragraphs."""

from datetime import UTC, datetime, timedelta

import pytest
from django.urls import reverse

from notices.models import Notice
from projects.editing import submit
from projects.errors import ReviewRefused
from projects.models import FaqEntry, Review, Teammate
from projects.review.claiming import claim, open_claims, release_claim
from projects.review.deciding import Point, decide
from projects.review.hours import due_at
from projects.review.lines import answer_line, comment_on_line, open_comments_of, sections_of
from projects.review.points import CANNED, POINTS
from projects.review.queueing import waiting_projects
from projects.review.telling import watch_target_times
from projects.states import change_state
from tests.factories.people import NOW, complete, make_project, make_user
from tests.factories.pledges import promise

pytestmark = pytest.mark.django_db
ALL = tuple(Point(key, "holds", "Looked.") for key, *_ in POINTS)
STORY = "# Why\n\nFirst words.\n\n- one\n- two\n\nLast words."


@pytest.fixture
def project():
    project = complete(make_project(state="draft", story=STORY))
    change_state(project=project, target="in_review", actor=project.creator, now=NOW)
    return project


def reviewer(organization="Union", **fields):
    return make_user(is_reviewer=True, organization=organization, **fields)


def approve(project, person, now=NOW):
    return decide(project_id=project.pk, reviewer=person, decision="approve", reasons="", points=ALL, now=now)


@pytest.mark.parametrize(
    ("start", "due"),
    [
        (datetime(2026, 6, 1, 9, tzinfo=UTC), datetime(2026, 6, 4, 9, tzinfo=UTC)),  # Monday.
        (datetime(2026, 6, 4, 9, tzinfo=UTC), datetime(2026, 6, 9, 9, tzinfo=UTC)),  # Thursday.
        (datetime(2026, 6, 6, 9, tzinfo=UTC), datetime(2026, 6, 10, 9, tzinfo=UTC)),  # Saturday.
    ],
)
def test_a_decision_is_due_after_three_working_days(start, due):
    assert due_at(start) == due


def test_two_approvals_come_from_different_organizations(project):
    assert approve(project, reviewer("Union")).state == "in_review"
    with pytest.raises(ReviewRefused, match="Your organization has approved already"):
        approve(project, reviewer("  union "))
    assert approve(project, reviewer("Lab")).state == "approved"
    told = Notice.objects.filter(person=project.creator, kind="review").order_by("pk")
    assert list(told.values_list("title", "path")) == [
        (f"{project.title}: one of two reviewers approved", f"/projects/{project.slug}/edit/"),
        (f"{project.title} is approved: it can be launched", f"/projects/{project.slug}/edit/"),
    ]


def test_a_reviewer_without_an_organization_is_told(project):
    with pytest.raises(ReviewRefused, match="names no organization"):
        approve(project, reviewer(""))


def test_whoever_is_tied_to_the_project_does_not_judge_it(project):
    mate = Teammate.objects.create(project=project, user=reviewer("A"), added_at=NOW, ended_at=NOW).user
    type(project).objects.update(state="live")
    backer = promise(make_project(), 5).backer
    backer.compute_pledges.update(project=project)
    backer.is_reviewer, backer.organization = True, "B"
    type(project).objects.update(state="in_review")
    project.creator.is_reviewer = True
    for person, words in ((project.creator, "your own"), (mate, "or were on"), (backer, "You back")):
        for deed in (approve, lambda p, who: claim(project_id=p.pk, reviewer=who, now=NOW)):
            with pytest.raises(ReviewRefused, match=words):
                deed(project, person)


def test_nobody_judges_for_the_organization_of_the_team(project):
    mate = Teammate.objects.create(project=project, user=make_user(organization="Open  Lab"), added_at=NOW)
    with pytest.raises(ReviewRefused, match="of one organization"):
        approve(project, reviewer("open lab"))
    mate.ended_at = NOW
    mate.save()
    approve(project, reviewer("open lab"))


def test_a_claim_is_of_two_organizations_lapses_and_is_given_back(project):
    one, two, three = reviewer("A"), reviewer("B"), reviewer("C")
    first = claim(project_id=project.pk, reviewer=one, now=NOW)
    assert claim(project_id=project.pk, reviewer=one, now=NOW) == first
    with pytest.raises(ReviewRefused, match="from your organization reads it"):
        claim(project_id=project.pk, reviewer=reviewer("a"), now=NOW)
    claim(project_id=project.pk, reviewer=two, now=NOW)
    with pytest.raises(ReviewRefused, match="Two reviewers have taken it"):
        claim(project_id=project.pk, reviewer=three, now=NOW)
    assert release_claim(project_id=project.pk, reviewer=one, now=NOW)
    claim(project_id=project.pk, reviewer=three, now=NOW)
    assert open_claims(project, NOW + timedelta(days=5)) == []
    assert claim(project_id=project.pk, reviewer=two, now=NOW + timedelta(days=5)).claimed_at > NOW


def test_an_approval_has_looked_at_everything(project):
    person = reviewer()
    for points, words in (
        ((), "say of each line"),
        (ALL[:-2], f"Missing: “{POINTS[-2][1]}”, “{POINTS[-1][1]}”."),
        ((*ALL[:-1], Point("people", "concern", "Nobody knows them.")), "A concern stands"),
        ((*ALL[:-1], Point("people", "holds", " ")), "Say what you looked at"),
    ):
        with pytest.raises(ReviewRefused, match=words):
            decide(project_id=project.pk, reviewer=person, decision="approve", reasons="", points=points, now=NOW)
    assert not Review.objects.exists()
    approve(project, person)
    assert Review.objects.get().points.count() == len(POINTS)


def test_reasons_are_ticked_and_written(client, project):
    client.force_login(reviewer())
    data = {"decision": "request_changes", "canned": ["data"], "reasons": "And the split."}
    assert client.post(reverse("projects:review", args=[project.slug]), data).status_code == 302
    words = Review.objects.get().reasons
    assert words == f"{dict(CANNED)['data']}\nAnd the split."
    project.refresh_from_db()
    assert project.state == "changes_requested"


def test_words_on_a_paragraph_follow_it_and_are_answered(client, project):
    person = reviewer()
    client.force_login(person)
    address = reverse("projects:comment_review", args=[project.slug])
    for _ in range(2):
        assert client.post(address, {"paragraph": "4", "words": "Which last words?"}).url.endswith("#p4")
    client.post(address, {"paragraph": "9", "words": "?"})
    client.post(address, {"paragraph": "2", "words": " "})
    comment = project.line_comments.get()
    assert (comment.paragraph, comment.quote, comment.submission) == (4, "Last words.", 1)
    project.story = "New first.\n\n" + STORY
    assert [len(p.comments) for p in sections_of(project)[0].paragraphs] == [0, 0, 0, 0, 1]
    project.story = STORY.replace("Last", "Changed")
    assert [len(p.comments) for p in sections_of(project)[0].paragraphs] == [0, 0, 0, 1]
    project.story = "Short."
    assert sections_of(project)[0].gone == [comment]
    with pytest.raises(ReviewRefused, match="Only the project's team"):
        answer_line(comment_id=comment.pk, by=person, answer="x", now=NOW)
    client.force_login(project.creator)
    page = client.get(reverse("projects:review_comments", args=[project.slug])).content.decode()
    assert "Which last words?" in page
    answer = reverse("projects:answer_review", args=[project.slug, comment.pk])
    page = client.post(answer, {"answer": "These."}, follow=True).content.decode()
    assert "These." in page
    assert "Mark as answered" not in page


def test_words_on_a_reward_or_an_answer_stand_in_the_step_that_changes_it(client, project):
    client.force_login(reviewer())
    FaqEntry.objects.create(project=project, question="When?", answer="Soon.", answer_html="", position=0,
                            written_by=project.creator, changed_at=NOW)  # fmt: skip
    address = reverse("projects:comment_review", args=[project.slug])
    page = client.get(reverse("projects:review", args=[project.slug])).content.decode()
    for words in (
        "When?",
        "from €10; a thank-you, not a sale",
        "Machines",
        "Too few machines",
        "Library",
        "The model.",
    ):
        assert words in page, words
    for part, words in (("rewards", "Which thanks?"), ("faq", "When is soon?"), ("nothing", "?")):
        client.post(address, {"part": part, "paragraph": "1", "words": words})
    assert list(project.line_comments.values_list("part", "words")) == [
        ("rewards", "Which thanks?"), ("faq", "When is soon?"),
    ]  # fmt: skip
    type(project).objects.update(state="changes_requested")
    client.force_login(project.creator)
    step = reverse("projects:edit_step", args=[project.slug, "rewards"])
    assert "Which thanks?" in client.get(step).content.decode()
    assert (
        "Which thanks?" not in client.get(reverse("projects:edit_step", args=[project.slug, "risks"])).content.decode()
    )
    assert "When is soon?" in client.get(reverse("projects:edit_faq", args=[project.slug])).content.decode()
    (comment,) = open_comments_of(project, "rewards")
    answer_line(comment_id=comment.pk, by=project.creator, answer="", now=NOW)
    assert "Which thanks?" not in client.get(step).content.decode()


def waits(person):
    rows = Notice.objects.filter(person=person, kind="queue").order_by("pk")
    return [row.key.rsplit(":", 1)[1] for row in rows]


def test_reviewers_hear_of_what_comes_is_nearly_due_and_is_overdue(client):
    fresh = complete(make_project(state="draft"))
    one, two, tied, admin = reviewer("Union"), reviewer("Lab"), reviewer("Club"), make_user(is_staff=True)
    fresh.teammates.create(user=tied, added_at=NOW)
    submit(project=fresh, actor=fresh.creator, now=NOW)
    assert [waits(person) for person in (one, two, tied, admin)] == [["came"], ["came"], [], []]
    approve(fresh, one)
    assert watch_target_times(now=NOW + timedelta(days=1)) == 0
    soon, late = NOW + timedelta(days=2, hours=1), NOW + timedelta(days=3)
    assert (watch_target_times(now=soon), watch_target_times(now=soon)) == (1, 0)
    assert watch_target_times(now=late) == 2
    assert [waits(person) for person in (one, two, tied, admin)] == [["came"], ["came", "near", "over"], [], ["over"]]
    client.force_login(make_user())
    settings_page = reverse("notices:settings")
    assert "What you review" not in client.get(settings_page).content.decode()
    client.force_login(two)
    assert "What you review" in client.get(settings_page).content.decode()


def test_only_reviewers_comment_on_lines(project):
    with pytest.raises(ReviewRefused, match="Only reviewers"):
        comment_on_line(project_id=project.pk, reviewer=make_user(), paragraph=1, words="x", now=NOW)


def test_the_queue_shows_what_is_due_first(client, project, django_assert_max_num_queries):
    person = reviewer()
    later = make_project(state="draft")
    change_state(project=later, target="in_review", actor=later.creator, now=NOW + timedelta(days=2))
    claim(project_id=project.pk, reviewer=person, now=NOW)
    later.teammates.create(user=person, added_at=NOW)
    rows = waiting_projects(reviewer=person, now=NOW + timedelta(days=2, hours=23))
    assert [(row.project, row.is_mine, row.is_tied) for row in rows] == [(project, True, False), (later, False, True)]
    assert [row.is_overdue for row in waiting_projects(reviewer=person, now=NOW + timedelta(days=3))] == [True, False]
    client.force_login(person)
    with django_assert_max_num_queries(14):
        page = client.get(reverse("projects:review_queue")).content.decode()
    assert "Overdue since" in page


def test_taking_and_giving_back_by_the_page(client, project):
    person = reviewer()
    client.force_login(person)
    address = reverse("projects:take_review", args=[project.slug])
    assert "Give it back" in client.post(address, follow=True).content.decode()
    assert "Take it on" in client.post(address, {"deed": "release"}, follow=True).content.decode()
    client.force_login(make_user())
    assert client.post(address).status_code == 403
