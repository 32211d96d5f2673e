"""Two windows on one form: the second save is told of the first, shows both texts, and nothing is lost."""

import re

import pytest
from django.urls import reverse

from projects.community.comments import Place, write_comment
from projects.community.notes import Words, publish_note, save_draft
from tests.factories.people import NOW, make_project

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
}  # fmt: skip


@pytest.fixture
def project():
    project = make_project(slug="tidal", state="live")
    project.rewards.create(title="Tea", threshold_minor=100)
    return project


def version_in(page, part=""):
    text = page.content.decode()
    text = text[text.index(f'value="{part}"') :] if part else text
    return re.search(r'name="version" value="([^"]+)"', text)[1]


@pytest.mark.parametrize("name", FORMS)
def test_a_second_window_is_shown_both_texts_and_then_may_save(client, project, name):
    address_of, typed, field = FORMS[name]
    if name == "comment":
        write_comment(place=Place(project), author=project.creator, body="First.", now=NOW)
    elif name == "draft":
        save_draft(project=project, author=project.creator, words=Words("Week 1", "First.", "public"), now=NOW)
    elif name == "note":
        publish_note(project=project, author=project.creator, title="Week 1", body="First.", now=NOW)
    client.force_login(project.creator)
    address = address_of(project)
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
