"""Finding projects: words with typos, facets with counts, sorts, odd input."""

from datetime import timedelta
from types import SimpleNamespace

import pytest
import redis
from django.db import connection
from django.http import QueryDict
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from compute_pledges.models import TrainingRun
from projects.contributions import record_contribution
from projects.describing import GIB, DescribingForm, note_needs
from projects.discovery import keeping
from projects.discovery.asking import asked_of
from projects.discovery.facets import facets
from projects.discovery.matching import matching
from projects.discovery.ranking import rank_projects
from tests.factories.cards import on_cards
from tests.factories.compute import make_run
from tests.factories.people import NOW, make_project, make_user

pytestmark = pytest.mark.django_db


def shown(client, **asked):
    return on_cards(client.get("/discover/", asked).context["cards"])


def pledge(project, number, amount=10_00, *, days_ago=0, kind="money", stage="pledged"):
    record_contribution(
        project=project, source=f"t:{project.pk}:{number}", stage=stage, event="made", kind=kind, amount=amount,
        now=NOW - timedelta(days=days_ago),
    )  # fmt: skip


def test_words_are_found_in_title_promise_story_tags_and_the_creators_name_the_title_first(client):
    story = make_project(story="It reads harbors in the fog.")
    promise = make_project(promise="Maps of every harbor.")
    title = make_project(title="Harbor voices")
    tag = make_project(tags="education, ports")
    named = make_project()
    User.objects.filter(pk=named.creator_id).update(name="Ada Harborough")
    make_project(title="Harbor in the dark", state="draft")
    found = shown(client, q="harbor")
    assert (found[0], set(found)) == (title, {story, promise, title, named})
    assert shown(client, q="educ") == [tag]
    assert shown(client, q="harbor fog") == [story]


def test_a_changed_title_is_found_and_the_old_one_is_not(client):
    project = make_project(title="Nightingale")
    project.title = "Blackbird"
    project.save()
    assert (shown(client, q="nightingale"), shown(client, q="blackbird")) == ([], [project])


@pytest.mark.parametrize(
    ("title", "asked"),
    [
        ("Modèle éthique", "modele"), ("Modele ethique", "MODÈLE"), ("Mode\u0300le", "modèle"),
        ("Übersetzer", "ubersetzer"), ("小型语言模型", "语言"), ("小型语言模型", "模型"),
        ("ちいさな翻訳モデル", "翻訳"), ("한국어번역모델", "번역"), ("\uff21\uff29翻訳", "ai翻訳"),
        ("نموذج لغوي مفتوح", "لغوي"), ("מודל שפה פתוח", "שפה"), ("Малая модель", "МОДЕЛЬ"), ("แบบจำลองภาษา", "ภาษา"),
    ],
)  # fmt: skip
def test_words_of_every_script_are_found_with_accents_and_without(client, title, asked):
    make_project(title="Something else", promise="For the harbor.")
    project = make_project(title=title, promise="x")
    answer = client.get("/discover/", {"q": asked})
    assert on_cards(answer.context["cards"]) == [project]
    assert "spelled alike" not in answer.content.decode()


@pytest.mark.parametrize("typo", ["pythn", "pyhton", "pyhton modle", "speach"])
def test_a_typo_finds_what_is_spelled_alike_and_says_so(client, typo):
    make_project(title="Kana Sketch", promise="Handwriting.")
    make_project(title="Loom Diffusion", promise="Patterns for hand looms that know what a loom can weave.")
    project = make_project(title="Pocket Python", promise="A model of speech.")
    answer = client.get("/discover/", {"q": typo})
    assert on_cards(answer.context["cards"]) == [project]
    assert "spelled alike" in answer.content.decode()
    assert not matching("python").is_alike


@pytest.mark.parametrize("text", ["mzz", "q", "mz", "pq mz"])
def test_words_that_only_begin_alike_find_nothing(text):
    make_project(title="Pocket Python", promise="A model of speech.")
    assert matching(text).ids == []


@pytest.mark.parametrize(
    "odd",
    [
        "'",
        "a' & !(",
        "the",
        "%",
        "_",
        "\\",
        "<script>alert(1)</script>",
        "🙂",
        "漢字",
        "a" * 5000,
        ":*",
        "&",
        "' :*",
        "\u202e",
    ],
)
def test_odd_words_are_never_an_error_and_are_escaped(client, odd):
    make_project()
    answer = client.get("/discover/", {"q": odd, "kind": odd, "memory": odd, "language": odd, "sort": odd, "page": odd})
    assert answer.status_code == 200
    assert "<script>alert" not in answer.content.decode()
    assert client.get("/discover/", {"q": odd}).status_code == 200


def test_facets_narrow_and_are_counted_under_the_choices_of_the_others(client):
    one = make_project(model_kind="audio", languages="en, de", memory_gib=24, compute_minimum_us=5)
    make_project(model_kind="audio", weights_license="MIT", languages="en", state="funded")
    two = make_project(model_kind="vision", weights_license="MIT", memory_gib=8)
    assert shown(client, language="de") == shown(client, memory="24") == shown(client, needs="compute") == [one]
    assert shown(client, kind="vision", license="MIT") == [two]
    counted = {
        facet.name: {choice.label: choice.count for choice in facet.choices}
        for facet in facets(asked_of(QueryDict("kind=audio")), None)
    }
    assert counted == {
        "kind": {"Audio": 2, "Vision": 1}, "needs": {"Money": 1, "GPUs": 1}, "state": {"Funded": 1, "Live": 1},
        "license": {"Apache-2.0": 1, "MIT": 1}, "language": {"English": 2, "German": 1},
        "memory": {"Up to 24 GiB": 1},
    }  # fmt: skip


def test_several_values_of_a_facet_are_any_of_them(client):
    one = make_project(model_kind="audio", languages="en, de", memory_gib=24, compute_minimum_us=5)
    two = make_project(model_kind="audio", weights_license="MIT", languages="fr", state="funded")
    three = make_project(model_kind="vision", weights_license="GPL-3.0-only", memory_gib=8, state="completed")
    for asked, wanted in (
        ({"license": ["MIT", "Apache-2.0"]}, {one, two}), ({"state": ["funded", "completed"]}, {two, three}),
        ({"language": ["de", "fr"]}, {one, two}), ({"needs": ["money", "compute"]}, {one}),
        ({"memory": ["8", "24", "x"]}, {one, three}), ({"kind": ["audio", "vision"], "license": ["MIT"]}, {two}),
        ({"kind": ["nothing", "audio"]}, {one, two}), ({"needs": ["x"]}, set()),
    ):  # fmt: skip
        assert set(shown(client, **asked)) == wanted
    page = client.get("/discover/?license=MIT&license=Apache-2.0&state=live&sort=newest").content.decode()
    # Each is let go by itself, and all of them travel with a page and with new words.
    for kept, label in (("Apache-2.0", "MIT"), ("MIT", "Apache-2.0")):
        assert f'href="/discover/?license={kept}&amp;state=live&amp;sort=newest" aria-label="Without {label}"' in page
    assert page.count(" checked>") == 3
    counted = {
        choice.value: (choice.count, choice.is_chosen)
        for facet in facets(asked_of(QueryDict("license=MIT&license=Apache-2.0&kind=audio")), None)
        for choice in facet.choices if facet.name == "license"
    }  # fmt: skip
    assert counted == {"MIT": (1, True), "Apache-2.0": (1, True)}


def test_the_same_question_has_one_address_and_a_sane_length():
    asked = asked_of(QueryDict("kind=vision&kind=audio&kind=audio&kind=&q=+a+"))
    assert asked.query == "q=a&kind=audio&kind=vision" == asked_of(QueryDict(asked.query)).query
    many = asked_of(QueryDict("&".join(f"kind={number}" for number in range(100))))
    assert (many.count, asked.without("kind", "audio").query) == (12, "q=a&kind=vision")


def test_what_is_full_needs_no_more(client):
    full, short = make_project(funding_minimum=100_00), make_project(funding_minimum=100_00)
    pledge(full, 1, 100_00)
    pledge(short, 1, 99_00)
    rank_projects(now=NOW)
    assert shown(client, needs="money") == [short]


def test_a_choice_can_be_let_go_and_nothing_found_has_one_next_action(client):
    make_project(model_kind="audio")
    page = client.get("/discover/?kind=audio&q=nothinglikeit").content.decode()
    assert 'href="/discover/?q=nothinglikeit" aria-label="Without Audio"' in page
    assert page.count("Show all projects") == 1


def test_trending_halves_a_pledge_every_three_days_and_forgets_one_that_was_taken_back():
    project, back = make_project(), make_project()
    for number, days in enumerate((0, 3, 6, 31)):
        pledge(project, number, days_ago=days)
    pledge(back, 1)
    record_contribution(
        project=back, source=f"t:{back.pk}:1", stage="pledged", event="gone", kind="money", amount=-10_00, now=NOW
    )
    rank_projects(now=NOW)
    assert rank_projects(now=NOW) == 0
    for one in (project, back):
        one.listing.refresh_from_db()
    assert (project.listing.trend, back.listing.trend) == (pytest.approx(1.75), 0)


def test_sorts_by_trend_and_by_the_lower_share_of_both_goals(client):
    both = make_project(funding_minimum=100_00, compute_minimum_us=1000)
    money, stretch = make_project(funding_minimum=100_00), make_project(funding_minimum=0, funding_stretch=400_00)
    pledge(both, 1, 500_00)
    pledge(both, 2, 100, kind="compute")
    pledge(money, 1, 50_00, days_ago=2)
    pledge(stretch, 1, 80_00, days_ago=9)
    rank_projects(now=NOW)
    assert shown(client) == [both, money, stretch]
    assert shown(client, sort="funded") == [money, stretch, both]


@pytest.mark.parametrize(
    ("asked", "queries"),
    [
        ({}, 5), ({"q": "harbor"}, 6), ({"q": "harbur", "sort": "funded"}, 7),
        ({"kind": ["language", "audio"], "state": ["live", "funded"], "needs": ["money", "compute"]}, 5),
    ],
)  # fmt: skip
def test_as_many_questions_for_one_project_as_for_forty(client, asked, queries):
    for size in (1, 40):
        for _ in range(size):
            make_project(title="Harbor", languages="en", memory_gib=8, tags="a")
        with CaptureQueriesContext(
            connection,
        ) as made:
            assert client.get("/discover/", asked).status_code == 200
        assert len(made) == queries


def test_what_the_creator_left_open_the_first_run_says():
    project = make_project(languages="fr")
    make_run(project=project)
    note_needs(project_id=project.pk, languages="en", memory_bytes=20 * GIB)
    project.refresh_from_db()
    assert project.languages == "fr"
    assert TrainingRun.objects.filter(project=project).exists()
    open_ = make_project()
    note_needs(project_id=open_.pk, languages="en", memory_bytes=20 * GIB)
    open_.refresh_from_db()
    assert (open_.languages, open_.memory_gib) == ("en", 24)


def test_tags_and_languages_are_cleaned_and_refused_in_words():
    form = DescribingForm({"tags": " Python,  python, Open  Science ", "languages": "EN, pt-br", "memory_gib": "24"})
    form.is_valid()
    assert [form.cleaned_data[name] for name in ("tags", "languages", "memory_gib")] == [
        "python, open science",
        "en, pt-BR",
        24,
    ]
    form = DescribingForm({"tags": ",".join("abcdefghi"), "languages": "klingonese"})
    form.is_valid()
    assert "at most 8 tags" in str(form.errors["tags"])
    assert "no language tag" in str(form.errors["languages"])


def test_what_is_not_launched_yet_is_no_newest(client):
    waiting = make_project(state="approved", launched_at=None, title="Waiting")
    launched = make_project(launched_at=NOW, title="Launched")
    page = client.get("/discover/", {"sort": "newest"}).content.decode()
    assert page.index(launched.title) < page.index(waiting.title)


def test_lists_are_made_once_for_all_who_ask_the_same(client, settings):
    settings.VISITORS_PAGE_SECONDS = 10
    first = make_project(title="First")
    assert on_cards(client.get("/discover/").context["cards"]) == [first]
    second = make_project(title="Second", model_kind="audio")
    client.force_login(make_user())
    assert on_cards(client.get("/discover/").context["cards"]) == [first], "a list may be some seconds old"
    assert on_cards(client.get("/discover/?kind=audio").context["cards"]) == [second]
    both = make_project(title="Both", model_kind="vision")
    assert set(on_cards(client.get("/discover/?kind=audio&kind=vision").context["cards"])) == {second, both}
    assert on_cards(client.get("/discover/?kind=vision&kind=audio&kind=vision").context["cards"])
    german = client.get("/discover/?kind=audio", headers={"accept-language": "de"})
    assert [card.kind_words for card in german.context["cards"]] == ["Ton"]
    with CaptureQueriesContext(connection) as queries:
        Client().get("/discover/")
        assert len(Client().get("/api/v1/projects").json()["items"]) == 3
        make_project(title="Third")
        assert len(Client().get("/api/v1/projects").json()["items"]) == 3
    assert sum("projects_projectlisting" in query["sql"] for query in queries) == 1


def test_without_redis_a_list_is_made_each_time(client, settings, monkeypatch):
    def away(*_, **__):
        raise redis.ConnectionError

    settings.VISITORS_PAGE_SECONDS = 10
    monkeypatch.setattr(keeping, "cache", SimpleNamespace(get=away))
    project = make_project()
    assert on_cards(client.get("/discover/").context["cards"]) == [project]
