"""A form that is sent after its session ended: whatever was typed is there after signing in, and is sent once."""

import re
from html import unescape

import pytest
from django.test import Client
from django.urls import reverse

from pages.kept.keeping import LARGEST, SESSION_KEY
from projects.models import Comment, FaqEntry, LabNote, Project, Report
from projects.wizard.steps import BY_KEY, version_of
from tests.factories.people import make_project, make_user

pytestmark = pytest.mark.django_db
FAQ = {
    "faq-TOTAL_FORMS": "1",
    "faq-INITIAL_FORMS": "0",
    "faq-0-question": "When?",
    "faq-0-answer": "In <May>.\n\nOr so.",
}
FORMS = {
    "wizard": ("projects:edit_step", ["tidal", "basics"], {"title": "A new & <b>title</b>", "promise": "P.",
               "model_kind": "language", "story": "\nTwo\n\nparagraphs."}, lambda: Project.objects.get().story),
    "comment": ("projects:write_comment", ["tidal"], {"body": "What of <tides>?", "kind": "question"},
                lambda: Comment.objects.get().body),
    "note": ("projects:write_note", ["tidal"], {"title": "Week 1", "body": "It runs.", "audience": "public",
             "publish": "1"}, lambda: LabNote.objects.get().body),
    "faq": ("projects:edit_faq", ["tidal"], FAQ, lambda: FaqEntry.objects.get().answer),
    "profile": ("projects:profile", [], {"name": "Ana B", "bio": "Tides."}, None),
    "gpu": ("compute:pledge", ["tidal"], {"catalog_slug": "rtx-4090", "pledged_us": "12"}, None),
    "settings": ("notices:settings", [], {"reply": "daily"}, None),
}  # fmt: skip


@pytest.fixture
def project():
    return make_project(slug="tidal", state="live")


def sent_again(page):
    """What the button of the page sends."""
    fields = re.findall(r'<textarea name="([^"]+)" hidden>\n(.*?)</textarea>', page, re.DOTALL)
    return {unescape(name): unescape(value) for name, value in fields}


@pytest.mark.parametrize("name", FORMS)
def test_what_was_typed_after_the_session_ended_is_sent_after_signing_in(client, project, name):
    route, args, typed, made = FORMS[name]
    person = project.creator
    if name == "wizard":
        Project.objects.update(state="draft")
        project.refresh_from_db()
        typed = typed | {"version": version_of(project, BY_KEY["basics"])}
    address = reverse(route, args=args)
    asked = client.post(address, typed)
    assert asked["Location"].startswith("/accounts/login/?next=")
    assert "What you typed is kept" in client.get(asked["Location"]).content.decode()
    client.force_login(person)
    page = client.get(address).content.decode()
    assert sent_again(page) == typed
    for value in FORMS[name][2].values():
        assert value.splitlines()[0].replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;") in page
    assert client.post(address, sent_again(page)).status_code in (200, 302, 422)
    assert SESSION_KEY not in client.session
    if made:
        assert made().strip() == typed[next(key for key in typed if key.endswith(("story", "body", "answer")))].strip()


def test_a_report_is_kept_as_well(client, project):
    address = reverse("projects:report", args=["project", project.pk])
    client.post(address, {"reason": "spam", "words": "Look."})
    client.force_login(make_user())
    client.post(address, sent_again(client.get(address).content.decode()))
    assert Report.objects.get().words == "Look."


def test_it_is_dropped_when_it_is_not_wanted_and_passwords_are_never_kept(client, project):
    address = reverse("projects:write_comment", args=["tidal"])
    client.post(address, {"body": "x", "password": "secret"}, headers={"Referer": "http://testserver/projects/tidal/"})
    assert "secret" not in str(client.session[SESSION_KEY])
    client.force_login(project.creator)
    assert client.post(reverse("pages:drop_kept")).url == "/projects/tidal/"
    assert "Send it now" not in client.get(address).content.decode()
    assert not Comment.objects.exists()


@pytest.mark.parametrize("typed", [{}, {"version": "1"}, {"body": "x" * (LARGEST + 1)}])
def test_nothing_and_too_much_are_not_kept(client, project, typed):
    answer = client.post(reverse("projects:write_comment", args=["tidal"]), typed)
    assert answer["Location"].startswith("/accounts/login/")
    assert SESSION_KEY not in client.session


def test_a_script_that_saves_by_itself_keeps_its_own_page(client, project):
    for headers in ({"X-Autosave": "1"}, {"Sec-Fetch-Mode": "cors"}):
        client.post(reverse("projects:edit_step", args=["tidal", "basics"]), {"title": "x"}, headers=headers)
        assert SESSION_KEY not in client.session


def test_a_form_of_before_the_last_sign_in_is_shown_again_to_nobody_but_our_own_page(project):
    client = Client(enforce_csrf_checks=True)
    client.force_login(project.creator)
    address = reverse("projects:write_comment", args=["tidal"])
    own = {"Origin": "http://testserver"}
    page = client.post(address, {"body": "What of <tides>?", "csrfmiddlewaretoken": "x" * 64}, headers=own)
    assert (page.status_code, sent_again(page.content.decode())) == (403, {"body": "What of <tides>?"})
    token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page.content.decode())[1]
    assert client.post(address, {"body": "Now.", "csrfmiddlewaretoken": token}, headers=own).status_code == 302
    for headers in ({}, {"Origin": "https://evil.example"}, {"Origin": "null"}):
        refused = client.post(address, {"body": "Buy this"}, headers=headers)
        assert (refused.status_code, b"Buy this" in refused.content) == (403, False)
