"""What visitors are shown of a project: drawn once, with the money of now; and what it costs."""

import re
from datetime import timedelta
from types import SimpleNamespace

import pytest
import redis
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from projects import referrals, visitors
from projects.community.comments import Place, write_comment
from projects.contributions import record_contribution
from projects.models import Project, ReferralDay
from projects.referrals import write_down_visits
from tests.factories.payments import pledged
from tests.factories.people import complete, make_project, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def project(settings):
    settings.VISITORS_PAGE_SECONDS = 10
    now = timezone.now()
    return complete(
        make_project(deadline_at=now + timedelta(days=9), compute_ends_at=now + timedelta(days=50), launched_at=now)
    )


def pledge(project, number, amount=10_00):
    record_contribution(
        project=project, source=f"t:{number}", stage="pledged", event="made", kind="money", amount=amount,
        now=timezone.now(),
    )  # fmt: skip


def seen(project, client=None, query="", **headers):
    return (client or Client()).get(project.get_absolute_url() + query, headers=headers).content.decode()


def test_money_and_state_are_those_of_now_and_the_rest_is_some_seconds_old(project):
    assert "1 card pledge ·" not in seen(project)
    pledge(project, 1)
    page = seen(project)
    assert "1 card pledge ·" in page
    write_comment(place=Place(project), author=make_user(), body="A comment.", kind="comment", now=timezone.now())
    assert seen(project) == page
    Project.objects.filter(pk=project.pk).update(state="suspended")
    assert "Pledge money" not in seen(project)
    Project.objects.filter(pk=project.pk).update(state="draft")
    assert Client().get(project.get_absolute_url()).status_code == 404


def test_nothing_of_one_visitors_address_is_in_anothers_page(project):
    assert "private-7" not in seen(project, query="?ref=letter&token=private-7")
    page = seen(project, query="?ref=other-letter")
    assert "private-7" not in page
    assert "ref=letter" not in page


def signed_in(user, **how):
    client = Client(**how)
    client.force_login(user)
    return client


def test_who_works_on_it_moderates_it_or_spoke_there_has_a_page_of_their_own(project):
    seen(project)
    creator = signed_in(project.creator)
    assert "Sign out" in seen(project, creator)
    assert "Sign out" not in seen(project)
    mate, admin, speaker = make_user(), make_user(is_staff=True), make_user()
    project.teammates.create(user=mate, role="writer", added_at=timezone.now())
    seen(project, signed_in(make_user()))
    assert "Your project: live" in seen(project, creator)
    assert "Your project: live" in seen(project, signed_in(mate))
    write_comment(place=Place(project), author=speaker, body="My words.", kind="comment", now=timezone.now())
    assert "My words." in seen(project, signed_in(speaker)), "one's own words are there at once"
    assert ">Correct</a>" in seen(project, signed_in(speaker))
    assert "Close the thread" in seen(project, signed_in(admin))
    later = seen(project, signed_in(make_user()))
    assert ">Correct</a>" not in later
    assert "Close the thread" not in later


def test_readers_share_the_parts_and_nothing_of_each_other(project):
    first, second = make_user(), make_user()
    project.rewards.create(title="mark-of the author", threshold_minor=1000)
    one = seen(project, signed_in(first), query="?ref=letter&token=private-7")
    two = seen(project, signed_in(second))
    assert first.name in one
    assert second.name in two
    assert "/pledge/?ref=letter" in one
    for foreign in (f">{first.name}<", "private-7", "ref=letter", csrf_of(one)):
        assert foreign not in two
    assert "mark-of the author" in two
    assert two.count("mark-") == 1, "a mark was not filled in"
    assert "<title>" in two
    assert two.index("og:title") < two.index("</head>")


def csrf_of(page):
    return re.search(r'name="csrfmiddlewaretoken" value="(\w{64})"', page)[1]


def test_a_readers_forms_are_accepted(project):
    client = signed_in(make_user(), enforce_csrf_checks=True)
    seen(project, signed_in(make_user()))
    page = seen(project, client)
    assert ">Following<" not in page
    answer = client.post(f"/projects/{project.slug}/follow/", {"csrfmiddlewaretoken": csrf_of(page)})
    assert answer.status_code == 302
    assert "Following<" in seen(project, client), "what one did is there at once"
    assert "Following<" not in seen(project, signed_in(make_user()))


def test_notes_for_backers_are_read_by_backers_alone(project, standin):
    project.lab_notes.create(
        number=1, author=project.creator, title="x", body="x", body_html="<p>For few.</p>", audience="backers",
        published_at=timezone.now(),
    )  # fmt: skip
    backer = pledged(project).backer
    for _ in range(2):
        assert "For few." not in seen(project, signed_in(make_user()))
        assert "For few." in seen(project, signed_in(backer))
        assert "For few." not in seen(project)


def test_each_visitor_carries_their_own_source_and_is_counted(project):
    for _ in range(2):
        for source in ("news", "list"):
            assert f"/pledge/?ref={source}" in seen(project, query=f"?ref={source}")
    assert "?ref=" not in seen(project, referer="http://testserver/discover/")
    assert "mark-" not in seen(project, query="?ref=news")
    assert write_down_visits() == 2
    assert write_down_visits() == 0
    found = dict(ReferralDay.objects.values_list("source", "visits"))
    assert found == {"news": 3, "list": 2}


def test_languages_are_kept_apart(project):
    for language in ("de", "fr", "de"):
        assert f'<html lang="{language}">' in seen(project, **{"accept-language": language})


def test_without_redis_the_page_is_drawn_and_the_visit_is_not_counted(project, monkeypatch):
    def away(*_, **__):
        raise redis.ConnectionError

    monkeypatch.setattr(visitors, "cache", SimpleNamespace(get=away))
    monkeypatch.setattr(referrals, "_store", away)
    assert "/pledge/?ref=news" in seen(project, query="?ref=news")


def test_a_project_that_is_gone_is_not_written_down(project):
    seen(project)
    Project.objects.filter(pk=project.pk).update(slug="other")
    referrals.count_visit(project_id=10**9, source="news", now=timezone.now())
    assert write_down_visits() == 2
    assert list(ReferralDay.objects.values_list("project_id", "source")) == [(project.pk, "direct")]


def test_made_up_sources_stay_bounded(project, monkeypatch):
    monkeypatch.setattr(referrals, "MOST_WAITING", 3)
    for number in range(6):
        referrals.count_visit(project_id=project.pk, source=f"s{number}", now=timezone.now())
    assert write_down_visits() == 4
    assert ReferralDay.objects.get(source="other").visits == 3


def filled(project, number):
    for index in range(number):
        person = make_user()
        pledge(project, f"{number}:{index}")
        project.rewards.create(title=f"R{index}", threshold_minor=1000)
        project.milestones.create(number=number + index, title="x", evidence_wanted="y", share_bp=1)
        project.lab_notes.create(
            number=number + index, author=person, title="x", body="x", body_html="x", published_at=timezone.now()
        )
        write_comment(place=Place(project), author=person, body="x", kind="comment", now=timezone.now())


@pytest.mark.parametrize(("who", "most"), [("visitor", 3), ("reader", 8), ("first visitor", 29), ("first reader", 39)])
def test_questions_are_bounded_whatever_the_size(project, client, settings, who, most):
    settings.VISITORS_PAGE_SECONDS = 0 if "first" in who else 10
    if "reader" in who:
        client.force_login(make_user())
    counts = []
    for number in (2, 20):
        filled(project, number)
        seen(project, client)
        with CaptureQueriesContext(connection) as asked:
            seen(project, client)
        counts.append(len(asked))
    assert counts[0] == counts[1]
    assert counts[0] <= most, "\n".join(query["sql"] for query in asked)
