"""Saved searches, collections, rows of the start page, similar projects, figures: bounded, and without a script."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from notices.models import Notice
from projects.discovery.collecting import write_collection
from projects.discovery.ranking import rank_projects
from projects.discovery.rows import similar_to, start_rows
from projects.discovery.saved import look_again, save_search
from projects.errors import CollectionRefused, SearchRefused
from projects.models import Collection, OutputRelease, SavedSearch
from tests.factories.cards import on_cards
from tests.factories.people import NOW, make_project, make_user

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


def test_a_saved_search_tells_once_of_what_was_launched_since(client):
    user = make_user()
    client.force_login(user)
    client.post("/searches/save/", {"name": "Harbors", "query": "q=harbor&state=live&junk=1", "every": "day"})
    search = user.saved_searches.get()
    assert (search.query, search.every) == ("q=harbor&state=live", "day")
    SavedSearch.objects.update(looked_at=NOW)
    make_project(title="Harbor old", launched_at=NOW - DAY)
    make_project(title="Harbor new", launched_at=NOW + timedelta(hours=2))
    make_project(title="Mountain", launched_at=NOW + timedelta(hours=2))
    assert look_again(now=NOW + timedelta(hours=23)) == 0
    assert look_again(now=NOW + DAY) == 1
    assert look_again(now=NOW + DAY) == 0
    assert look_again(now=NOW + 2 * DAY) == 0
    notice = Notice.objects.get(person=user)
    assert (notice.title, notice.body) == ("1 new project for “Harbors”", "Harbor new")
    assert notice.path == "/discover/?q=harbor&state=live"
    assert "Harbors" in client.get("/searches/").content.decode()
    client.post(f"/searches/{search.pk}/remove/")
    assert not SavedSearch.objects.exists()


def test_a_weekly_one_waits_a_week_and_a_search_for_everything_is_refused():
    user = make_user()
    save_search(owner=user, name="x", query="kind=audio", every="week", now=NOW)
    save_search(owner=user, name="y", query="kind=audio", every="week", now=NOW)
    assert user.saved_searches.get().name == "y"
    make_project(model_kind="audio", launched_at=NOW + DAY)
    assert (look_again(now=NOW + 6 * DAY), look_again(now=NOW + 7 * DAY)) == (0, 1)
    with pytest.raises(SearchRefused):
        save_search(owner=user, name="x", query="page=2", every="week", now=NOW)


def test_a_search_keeps_several_values_of_a_facet_in_one_order_and_is_refused_where_it_is_too_long(client):
    user = make_user()
    client.force_login(user)
    for query in ("kind=vision&kind=audio", "kind=audio&kind=vision&kind=audio"):
        client.post("/searches/save/", {"name": "x", "query": query, "every": "day"})
    saved = user.saved_searches.get()
    assert saved.query == "kind=audio&kind=vision"
    assert "?kind=audio&amp;kind=vision" in client.get("/searches/").content.decode()
    make_project(model_kind="vision", launched_at=saved.created_at + timedelta(hours=1))
    assert look_again(now=saved.created_at + timedelta(days=2)) == 1
    long_one = "&".join(f"kind={'漢' * 100}{number}" for number in range(12))
    page = client.post("/searches/save/", {"name": "x", "query": long_one, "every": "day"}, follow=True)
    assert "This search is too long to be saved." in page.content.decode()
    client.post("/searches/save/", {"name": "y", "query": "q=" + "🙂" * 120, "every": "day"})
    assert user.saved_searches.count() == 2


def test_the_page_of_results_offers_to_save_and_a_feed(client):
    client.force_login(make_user())
    page = client.get("/discover/?q=harbor").content.decode()
    assert 'action="/searches/save/"' in page
    assert "/feeds/search.atom?q=harbor" in page
    assert 'action="/searches/save/"' not in client.get("/discover/").content.decode()


def test_staff_puts_projects_together_in_order(client):
    first, second = make_project(), make_project()
    client.force_login(make_user(is_staff=True))
    form = {
        "title": "Small ones",
        "text": "**Why**",
        "slugs": f"{second.slug}\nhttps://x/projects/{first.slug}/",
        "is_shown": "on",
    }
    assert client.post("/collections/new/", form).status_code == 302
    client.logout()
    page = client.get("/collections/small-ones/")
    assert on_cards(page.context["cards"]) == [second, first]
    assert "<strong>Why</strong>" in page.content.decode()
    assert "Small ones" in client.get("/").content.decode()


def test_a_collection_names_what_is_not_there_and_is_made_by_staff_alone(client):
    admin = make_user(is_staff=True)
    client.force_login(admin)
    answer = client.post("/collections/new/", {"title": "T", "text": "x", "slugs": "nowhere"})
    assert answer.status_code == 422
    assert "nowhere" in answer.content.decode()
    assert not Collection.objects.exists()
    client.force_login(make_user())
    assert client.get("/collections/new/").status_code == 403


def test_collections_stand_with_the_newest_first(client):
    author = make_user(is_staff=True)
    for title, day in (("Middle", 2), ("Newest", 3), ("Oldest", 1)):
        Collection.objects.create(
            title=title, slug=title.lower(), text="x", is_shown=True, made_by=author,
            made_at=NOW + day * DAY,
        )  # fmt: skip
    page = client.get("/collections/").content.decode()
    assert page.index("Newest") < page.index("Middle") < page.index("Oldest")
    with pytest.raises(CollectionRefused):
        write_collection(collection=None, by=make_user(), title="x", text="x", slugs=["x"], is_shown=True, now=NOW)


def release(project):
    OutputRelease.objects.create(
        project=project, kind="paper", title="x", sha256="f" * 64, license="MIT", source=f"o:{project.pk}",
        released_by=project.creator, released_at=NOW, public_at=NOW,
    )  # fmt: skip


@pytest.mark.parametrize("count", [4, 20])
def test_the_start_page_has_its_rows_in_few_queries(count):
    late = [make_project(deadline_at=NOW + (n + 1) * DAY, compute_minimum_us=10**9) for n in range(count)]
    done = make_project(state="completed")
    release(done)
    make_project(state="draft")
    rank_projects(now=NOW)
    with CaptureQueriesContext(connection) as queries:
        found = start_rows(NOW)
    rows = {row.key: on_cards(row.cards) for row in found}
    assert rows["ending"] == late[:3]
    assert len(rows["gpus"]) == 3
    assert rows["released"] == [done]
    assert len(queries) == 3


def test_similar_projects_share_words_and_kind():
    project = make_project(title="Harbor voices", tags="speech, dialects")
    near = make_project(title="Voices of the valley", tags="speech")
    make_project(title="Mountain maps", promise="Relief.")
    make_project(title="Harbor voices again", state="draft")
    assert similar_to(project) == [near]
    with CaptureQueriesContext(connection) as queries:
        assert similar_to(project) == [near]
    assert len(queries) == 1
    assert similar_to(make_project(title="'' & | !", promise="\\ :*", tags="")) == []


@pytest.mark.parametrize("count", [2, 20])
def test_the_figures_of_the_platform_take_a_fixed_number_of_queries(client, count):
    from tests.factories.papers import charged

    for _ in range(count):
        charged(make_project(launched_at=NOW))
    with CaptureQueriesContext(connection) as queries:
        page = client.get("/figures/").content.decode()
    assert "What the figures mean" in page
    assert f'<dd class="big">{count}</dd>' in page
    assert "<table>" in page
    assert len(queries) <= 12
    with CaptureQueriesContext(connection) as queries:
        client.get("/figures/")
    assert len(queries) == 0


def test_lists_and_pages_take_as_many_queries_for_many_projects_as_for_few(client):
    taken = []
    for count in (3, 30):
        for _ in range(count):
            make_project(launched_at=NOW, tags="python")
        rank_projects(now=NOW)
        row = []
        for address in (
            "/discover/",
            "/discover/?q=project&kind=language",
            f"/projects/{make_project(tags='python').slug}/",
        ):
            client.get(address)
            with CaptureQueriesContext(connection) as queries:
                assert client.get(address).status_code == 200
            row.append(len(queries))
        taken.append(row)
    assert taken[0] == taken[1]
    assert max(taken[1][:2]) <= 6
