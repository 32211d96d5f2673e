import re
from datetime import timedelta

import pytest

from projects.contributions import record_contribution
from projects.discovering import time_left
from projects.discovery.ranking import rank_projects
from projects.markdown import plain_words, render_markdown
from projects.meters import charge_rule, meters_of
from projects.totals import Totals, totals_of
from tests.factories.cards import on_cards
from tests.factories.people import NOW, make_project, make_user

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(("address", "queries"), [("/", 4), ("/discover/", 5), ("/discover/?sort=backed&q=project", 6)])
def test_lists_ask_as_many_questions_for_one_project_as_for_twenty(client, django_assert_num_queries, address, queries):
    make_project()
    for _ in range(2):
        with django_assert_num_queries(queries):
            assert client.get(address).status_code == 200
        for _ in range(19):
            make_project()


def test_a_private_project_is_shown_to_its_creator_and_reviewers_only(client):
    project = make_project(state="draft")
    url = project.get_absolute_url()
    assert client.get(url).status_code == 404
    client.force_login(make_user())
    assert client.get(url).status_code == 404
    for user in (project.creator, make_user(is_reviewer=True)):
        client.force_login(user)
        assert client.get(url).status_code == 200


@pytest.mark.parametrize(
    "hostile",
    [
        "<script>alert(1)</script>", "[x](javascript:alert(1))", "<img src=x onerror=alert(1)>",
        "![x](https://tracker.example/p.png)", "[x](data:text/html;base64,PHNjcmlwdD4=)", "<svg/onload=alert(1)>",
    ],
)  # fmt: skip
def test_hostile_markdown_keeps_its_text_and_loses_its_teeth(hostile):
    html = render_markdown(hostile)
    for tooth in ("<script", "<img", "<svg", 'href="javascript', 'href="data'):
        assert tooth not in html


@pytest.mark.parametrize(
    ("source", "headings"),
    [("## A\n\n### B", ["h3", "h4"]), ("# A\n\n### B\n\n# C", ["h3", "h4", "h3"]), ("###### A", ["h3"])],
)
def test_headings_of_people_fit_under_the_pages_own(source, headings):
    assert re.findall(r"<(h\d)>", render_markdown(source)) == headings


def test_lists_find_by_words_kind_state_need_and_order(client):
    both = make_project(title="Both", compute_minimum_us=5, model_kind="audio", deadline_at=NOW + timedelta(days=9))
    money = make_project(title="Money", deadline_at=NOW + timedelta(days=3))
    make_project(title="Hidden", state="draft")
    done = make_project(title="Done", state="funded")
    for number, project in enumerate((both, both, money)):
        record_contribution(
            project=project, source=f"test:{number}", stage="pledged", event="made", kind="money", amount=5, now=NOW
        )

    def shown(**asked):
        return on_cards(client.get("/discover/", asked).context["cards"])

    rank_projects(now=NOW)
    assert shown(kind="audio") == [both]
    assert shown(needs="compute") == [both]
    assert shown(state="funded") == [done]
    assert shown(state="draft") == []
    assert shown(q="mon") == [money]
    assert shown(sort="newest") == [done, money, both]
    assert shown(q="\0") == shown()
    assert shown(sort="ending") == [money, both]
    assert shown(sort="backed") == [both, money, done]
    assert shown(page="999", kind="nonsense") == []


def test_a_pledge_that_was_taken_back_does_not_support():
    project = make_project()
    for event, amount in (("made", 5), ("canceled", -5)):
        record_contribution(
            project=project, source="test:1", stage="pledged", event=event, kind="money", amount=amount, now=NOW
        )
    assert totals_of([project])[project.pk] == Totals()


def test_time_left_reads_in_one_unit():
    project = make_project(deadline_at=NOW + timedelta(days=2))
    spans = {timedelta(): "2 days left", timedelta(days=1): "1 day left", timedelta(hours=46): "2 hours left",
             timedelta(hours=47, minutes=59): "1 minute left", timedelta(days=2): ""}  # fmt: skip
    assert {span: time_left(project, NOW + span) for span in spans} == spans


def test_the_meters_say_what_they_show():
    project = make_project(funding_minimum=40_000_00, funding_stretch=50_000_00)
    (meter,) = meters_of(project, Totals(money_pledged=31_480_00, money_realized=20_000_00))
    assert (meter.figure, meter.solid, meter.promised, meter.tick) == ("€31,480", 400, 629, 800)
    assert meter.sentence == "pledged of €50,000 · €20,000 collected · minimum €40,000"


def test_the_charge_rule_names_both_minimums_and_the_hour():
    project = make_project(compute_minimum_us=8_000 * 3_600_000_000)
    assert charge_rule(project) == (
        "You are charged only if €100 and 8,000 GPU-h are both reached by 11 June 2026, 12:00 UTC. GPU-hours count as"
        " far as paired, measured machines can deliver them on their schedules by 11 July 2026, weighted by their"
        " owners' records; the team's own never count."
    )
    project.sponsored_hours_us, project.sponsored_budget_minor = 500 * 3_600_000_000, 90_00
    assert charge_rule(project).endswith(
        "If the money minimum is reached, up to 500 GPU-h that are missing may come from rented machines, for at most"
        " €90 of the money."
    )


def test_an_outage_of_the_database_is_a_calm_503(client, settings):
    from django.db import connection

    client.raise_request_exception = False

    def away(execute, sql, params, many, context):
        from django.db import OperationalError

        raise OperationalError("away")

    with connection.execute_wrapper(away):
        answer = client.get("/")
    assert (answer.status_code, answer["Retry-After"]) == (503, "10")
    assert "Nothing was lost" in answer.content.decode()
    assert client.get("/").status_code == 200


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("*It* is [here](https://e.example).\n\nSee.", "It is here.\n\nSee."),
        ("# A & B\n\n- one\n- two\nlines", "A & B\n\none\n\ntwo lines"),
        ("<b>bold</b> `x < y`", "<b>bold</b> x < y"),
        ("", ""),
    ],
)
def test_markdown_is_told_as_plain_words(source, words):
    assert plain_words(render_markdown(source)) == words
