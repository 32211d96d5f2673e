"""A form that is sent after its session ended: whatever was typed is there after signing in, and is sent once."""

import re
from datetime import timedelta
from html import unescape

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from pages.kept.keeping import LARGEST, SECONDS, SESSION_KEY
from pages.models import KeptFile
from pages.tasks import erase_kept_files
from projects.models import Comment, FaqEntry, LabNote, Project, Report, RewardImage
from projects.wizard.steps import BY_KEY, version_of
from tests.factories.people import make_project, make_user
from tests.factories.pictures import picture

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
    ticket = re.findall(r'name="(kept_files)" value="([^"]+)"', page)
    return {unescape(name): unescape(value) for name, value in fields + ticket}


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


def sent(client, project, *files, alt="A reef", **fields):
    """A picture's form, sent by somebody whose session is over; returns where it stands and what is said."""
    address = reverse("projects:reward_details", args=[project.slug, project.rewards.get().pk])
    typed = {"part": "picture", "alt": alt, **fields}
    asked = client.post(address, typed | ({"picture": list(files)} if files else {}))
    return address, unescape(client.get(asked["Location"]).content.decode())


@pytest.fixture
def with_reward(project):
    project.rewards.create(title="Tea", threshold_minor=100)
    return project


def test_a_small_file_is_kept_with_its_form_judged_when_sent_and_then_erased(client, with_reward):
    small = SimpleUploadedFile("reef.png", picture(kind="PNG"), "image/png")
    address, said = sent(client, with_reward, small)
    assert "chosen again" not in said
    client.force_login(with_reward.creator)
    page = client.get(address).content.decode()
    assert "reef.png" in page
    answer = client.post(address, sent_again(page))
    assert (answer.status_code, RewardImage.objects.get().alt) == (302, "A reef")
    assert not KeptFile.objects.exists()


def test_a_kept_file_passes_the_same_checks_as_any_upload(client, with_reward):
    address, _ = sent(client, with_reward, SimpleUploadedFile("reef.png", b"MZ program", "image/png"))
    client.force_login(with_reward.creator)
    answer = client.post(address, sent_again(client.get(address).content.decode()))
    assert (answer.status_code, RewardImage.objects.count()) == (422, 0)


def test_a_large_file_is_named_before_and_after_signing_in(client, with_reward, monkeypatch):
    monkeypatch.setattr("pages.kept.files.MOST_BYTES", 10)
    address, said = sent(client, with_reward, SimpleUploadedFile("reef.png", b"x" * 11, "image/png"))
    assert "Not kept, so to be chosen again: reef.png." in said
    client.force_login(with_reward.creator)
    page = client.get(address).content.decode()
    assert ("choose reef.png again" in page, "A reef" in page, KeptFile.objects.count()) == (True, True, 0)


def test_files_are_erased_when_dropped_replaced_or_after_their_time(client, with_reward, monkeypatch):
    for _ in range(2):
        sent(client, with_reward, SimpleUploadedFile("reef.png", b"x", "image/png"))
        assert KeptFile.objects.count() == 1
    client.force_login(with_reward.creator)
    client.post(reverse("pages:drop_kept"))
    assert not KeptFile.objects.exists()
    client.logout()
    sent(client, with_reward, SimpleUploadedFile("reef.png", b"x", "image/png"))
    KeptFile.objects.update(kept_at=timezone.now() - timedelta(seconds=SECONDS + 1))
    assert (erase_kept_files(), KeptFile.objects.count()) == (1, 0)


def test_only_so_many_forms_with_files_are_kept_within_an_hour(client, with_reward, monkeypatch):
    monkeypatch.setattr("pages.kept.keeping.WITH_FILES_AN_HOUR", 0)
    _, said = sent(client, with_reward, SimpleUploadedFile("reef.png", b"x", "image/png"))
    assert ("reef.png" in said, KeptFile.objects.count()) == (True, 0)


def test_a_kept_file_outlives_a_second_session_and_a_second_refusal(client, with_reward):
    address, _ = sent(client, with_reward, SimpleUploadedFile("reef.png", picture(kind="PNG"), "image/png"), alt="")
    client.force_login(with_reward.creator)
    again = sent_again(client.get(address).content.decode())
    client.logout()
    asked = client.post(address, again)
    assert "chosen again" not in client.get(asked["Location"]).content.decode()
    client.force_login(with_reward.creator)
    page = client.get(address).content.decode()
    assert ("reef.png" in page, "Kept files" in page.replace("kept with it", "")) == (True, False)
    for refused in (sent_again(page), {"part": "picture", "alt": ""}):
        answer = client.post(address, refused)
        assert (answer.status_code, "reef.png" in answer.content.decode()) == (422, True)
    assert "This was sent and refused" in client.get(address).content.decode()
    assert client.post(address, {"part": "picture", "alt": "A reef"}).status_code == 302
    assert (RewardImage.objects.get().alt, KeptFile.objects.exists()) == ("A reef", False)


def test_another_choice_goes_before_a_kept_file(client, with_reward):
    address, _ = sent(client, with_reward, SimpleUploadedFile("reef.png", b"MZ program", "image/png"))
    client.force_login(with_reward.creator)
    assert client.post(address, sent_again(client.get(address).content.decode())).status_code == 422
    chosen = SimpleUploadedFile("bay.png", picture(kind="PNG"), "image/png")
    assert client.post(address, {"part": "picture", "alt": "A bay", "picture": chosen}).status_code == 302
    assert (RewardImage.objects.get().alt, KeptFile.objects.exists()) == ("A bay", False)


def test_nobody_else_gets_a_kept_file(client, with_reward):
    address, _ = sent(client, with_reward, SimpleUploadedFile("reef.png", picture(kind="PNG"), "image/png"))
    other = Client()
    other.force_login(with_reward.creator)
    assert other.post(address, {"part": "picture", "alt": "x", "kept_files": "1"}).status_code == 422
    assert not RewardImage.objects.exists()


def test_a_file_sent_under_a_token_of_before_the_last_sign_in_is_kept_too(with_reward):
    client = Client(enforce_csrf_checks=True)
    client.force_login(with_reward.creator)
    address = reverse("projects:reward_details", args=["tidal", with_reward.rewards.get().pk])
    own = {"Origin": "http://testserver"}
    stale = {
        "part": "picture",
        "alt": "A reef",
        "picture": SimpleUploadedFile("a.jpg", picture()),
        "csrfmiddlewaretoken": "x" * 64,
    }
    page = client.post(address, stale, headers=own).content.decode()
    token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page)[1]
    again = sent_again(page) | {"csrfmiddlewaretoken": token}
    assert client.post(address, again, headers=own).status_code == 302
    assert RewardImage.objects.get().alt == "A reef"


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


@pytest.mark.django_db(transaction=True)
def test_a_form_without_kept_files_asks_nothing_of_them(client, django_assert_num_queries):
    client.force_login(make_user())
    # Its session and its account, and no transaction around nothing.
    with django_assert_num_queries(2):
        assert client.post("/searches/save/", {"name": "", "query": "", "every": ""}).status_code in (302, 422)
