import pytest

from projects.markdown import render_markdown
from projects.meters import charge_rule, meters_of
from projects.totals import Totals
from tests.factories.people import make_project, make_user

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(("address", "queries"), [("/", 5), ("/discover/", 4), ("/discover/?sort=backed&q=o", 4)])
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


def test_the_meters_say_what_they_show():
    project = make_project(funding_minimum=40_000_00, funding_stretch=50_000_00)
    (meter,) = meters_of(project, Totals(money_pledged=31_480_00, money_realized=20_000_00))
    assert (meter.figure, meter.solid, meter.promised, meter.tick) == ("€31,480", 400, 629, 800)
    assert meter.sentence == "pledged of €50,000 · €20,000 collected · minimum €40,000"


def test_the_charge_rule_names_both_minimums_and_the_hour():
    project = make_project(compute_minimum_us=8_000 * 3_600_000_000)
    assert charge_rule(project) == (
        "You are charged only if €100 and 8,000 GPU-h are both reached by 11 June 2026, 12:00 UTC."
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
