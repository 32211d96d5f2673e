"""Two windows on one form: the second save is told of the first, shows both texts, and nothing is lost."""

import re
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connections
from django.test import Client
from django.urls import reverse

from projects import conflicts
from projects.community.comments import Place, write_comment
from projects.community.notes import Words, publish_note, save_draft
from projects.discovery.collecting import write_collection
from projects.models import RewardQuestion
from tests.factories.people import NOW, make_project, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def fixed_clock(monkeypatch):
    for module in ("comment_views", "note_views", "faq_views", "profile_views"):
        monkeypatch.setattr(f"projects.community.{module}.business_now", lambda: NOW)


def faq(text):
    rows = {"faq-TOTAL_FORMS": "2", "faq-INITIAL_FORMS": "1", "faq-1-question": "", "faq-1-answer": ""}
    return rows | {"faq-0-question": "When?", "faq-0-answer": text}


def questions(text):
    rows = {"questions-TOTAL_FORMS": "1", "questions-INITIAL_FORMS": "0", "part": "questions"}
    return rows | {"questions-0-text": text, "questions-0-choices": ""}


def answers(text):
    return {f"q{RewardQuestion.objects.get().pk}": text}


# name: (address of a project, what is typed, the field that differs, as it is named)
FORMS = {
    "profile": (lambda project: reverse("projects:profile"), lambda text: {"name": "Ana", "about": text}, "About you"),
    "faq": (lambda project: reverse("projects:edit_faq", args=[project.slug]), faq, "Question 1: Answer"),
    "reward": (
        lambda project: reverse("projects:reward_details", args=[project.slug, project.rewards.get().pk]),
        lambda text: {"part": "details", "benefits": ["thanks"], "thanks_text": text, "needs_address": "on"},
        "Thank-you note",
    ),
    "questions": (
        lambda project: reverse("projects:reward_details", args=[project.slug, project.rewards.get().pk]), questions,
        "Question 1: Question",
    ),
    "comment": (
        lambda project: reverse("projects:edit_comment", args=[project.slug, project.comments.get().pk]),
        lambda text: {"body": text}, "Your words",
    ),
    "draft": (
        lambda project: reverse("projects:edit_note", args=[project.slug, project.lab_notes.get().pk]),
        lambda text: {"title": "Week 1", "body": text, "audience": "public", "draft": "1"}, "Text",
    ),
    "note": (
        lambda project: reverse("projects:edit_note", args=[project.slug, project.lab_notes.get().pk]),
        lambda text: {"title": "Week 1", "body": text, "audience": "public", "reason": "Said better."}, "Text",
    ),
    "collection": (
        lambda project: reverse("projects:edit_collection", args=["small"]),
        lambda text: {"title": "Small", "text": text, "slugs": "tidal", "is_shown": "on"}, "Text",
    ),
    "answers": (
        lambda project: reverse("projects:my_reward", args=[project.deliveries.get().pk]), answers, "Which size?",
    ),
}  # fmt: skip


@pytest.fixture
def project():
    project = make_project(slug="tidal", state="live", creator=make_user(is_staff=True))
    project.rewards.create(title="Tea", threshold_minor=100)
    return project


def version_in(page, part=""):
    text = page.content.decode()
    text = text[text.index(f'value="{part}"') :] if part else text
    return re.search(r'name="version" value="([^"]+)"', text)[1]


def prepare(name, project):
    """What the form changes is there; returns its address."""
    if name == "comment":
        write_comment(place=Place(project), author=project.creator, body="First.", now=NOW)
    elif name == "draft":
        save_draft(project=project, author=project.creator, words=Words("Week 1", "First.", "public"), now=NOW)
    elif name == "note":
        publish_note(project=project, author=project.creator, title="Week 1", body="First.", now=NOW)
    elif name == "collection":
        write_collection(
            collection=None, by=project.creator, title="Small", text="First.", slugs=["tidal"], is_shown=True, now=NOW
        )
    elif name == "answers":
        project.rewards.get().questions.create(text="Which size?", kind="text", position=0)
        project.deliveries.create(
            person=project.creator, reward=project.rewards.get(), source="cash:1", opened_at=NOW, state="todo"
        )
    return FORMS[name][0](project)


@pytest.mark.parametrize("name", FORMS)
def test_a_second_window_is_shown_both_texts_and_then_may_save(client, project, name):
    _, typed, field = FORMS[name]
    address = prepare(name, project)
    client.force_login(project.creator)
    part = typed("x").get("part", "")
    stale = version_in(client.get(address), part)
    assert client.post(address, typed("From the first.") | {"version": stale}).status_code == 302
    mine = typed("From the <second>.")
    page = client.post(address, mine | {"version": stale})
    text = page.content.decode()
    assert page.status_code == 409
    for words in ("Saved elsewhere in the meantime", field, "From the first.", "From the &lt;second&gt;."):
        assert words in text, words
    assert "From the first." in client.get(address).content.decode()
    newer = version_in(page, part)
    assert newer != stale
    assert client.post(address, mine | {"version": newer}).status_code == 302
    assert "From the &lt;second&gt;." in client.get(address).content.decode()
    # A double click sends the same words again: nobody else's are lost by it.
    assert client.post(address, mine | {"version": newer}).status_code == 302


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("name", FORMS)
def test_of_two_saves_at_the_same_moment_one_is_shown_the_other(project, monkeypatch, name):
    """Both have found nothing changed when the first of them writes: the lock decides."""
    typed, address = FORMS[name][1], prepare(name, project)
    both, compared, met = threading.Barrier(2, timeout=20), conflicts.Shown.conflict, threading.local()

    def meet(self, post):
        found = compared(self, post)
        if post and not getattr(met, "has", False):
            met.has = True
            both.wait()
        return found

    def save(words):
        try:
            client = Client()
            client.force_login(project.creator)
            mine = typed(words)
            stale = version_in(client.get(address), mine.get("part", ""))
            ready.wait()
            page = client.post(address, mine | {"version": stale})
            return page.status_code, page.content.decode()
        finally:
            connections.close_all()

    ready = threading.Barrier(2, timeout=20)
    monkeypatch.setattr(conflicts.Shown, "conflict", meet)
    with ThreadPoolExecutor(2) as pool:
        (first, first_page), (second, second_page) = pool.map(save, ("From the first.", "From the second."))
    assert {first, second} == {302, 409}
    refused = first_page if first == 409 else second_page
    for words in ("Saved elsewhere in the meantime", "From the first.", "From the second."):
        assert words in refused
