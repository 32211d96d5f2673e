"""One row per person and key; the mail that the person's settings say, once, with a way out that needs no sign-in."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from django.core.mail.backends.locmem import EmailBackend
from django.db import transaction

from notices.kinds import DEFAULTS, GROUPS, Delivery, Kind
from notices.links import unsubscribe_link
from notices.models import Notice
from notices.services import choices_of, choose, mark_read, tell, unread_count
from notices.sweep import send_due
from tests.factories.people import make_user

pytestmark = pytest.mark.django_db
# A Wednesday noon; digests leave at seven, the weekly one on Mondays.
NOW = datetime(2026, 6, 3, 12, tzinfo=UTC)
DAY = timedelta(days=1)


def told(*people, kind=Kind.REPLY, key="k", now=NOW, **fields):
    fields = {"title": "Ana answered you", "body": "The data is open.", "path": "/projects/x/", **fields}
    return tell(kind=kind, people=[person.pk for person in people], key=key, now=now, **fields)


def test_every_kind_has_a_place_and_a_default():
    assert sorted(kind for group in GROUPS for kind in group.kinds) == sorted(Kind) == sorted(DEFAULTS)


def test_one_row_per_person_and_key_and_none_for_whoever_is_gone():
    one, two, gone = make_user(), make_user(), make_user(is_active=False)
    assert (told(one, gone), told(one, two), told(one, two)) == (1, 1, 0)
    assert sorted(Notice.objects.values_list("person_id", flat=True)) == sorted([one.pk, two.pk])


def test_telling_belongs_to_what_caused_it():
    person = make_user()
    with transaction.atomic():
        told(person)
        transaction.set_rollback(True)
    assert not Notice.objects.exists()


def test_what_was_switched_off_leaves_no_row():
    person = make_user()
    choose(person=person, choices={Kind.REPLY: Delivery.OFF})
    assert told(person) == 0


def test_an_instant_notice_is_mailed_once_as_text_and_html_with_a_way_out(mailoutbox):
    person = make_user()
    told(person, title="Ana & Bo answered\nyou", body="Is <b>it</b> open?\n\nYes.")
    assert (send_due(now=NOW), send_due(now=NOW + DAY)) == (1, 0)
    (mail,) = mailoutbox
    assert (mail.to, mail.subject) == ([person.email], "Ana & Bo answered you")
    link = unsubscribe_link(person_id=person.pk, what="reply")
    assert mail.extra_headers == {
        "List-Unsubscribe": f"<{link}>", "List-Unsubscribe-Post": "List-Unsubscribe=One-Click"
    }  # fmt: skip
    assert "Is <b>it</b> open?\n\nYes." in mail.body
    assert link in mail.body
    html, kind = mail.alternatives[0]
    assert (kind, "Is &lt;b&gt;it&lt;/b&gt; open?" in html, "prefers-color-scheme: dark" in html) == (
        "text/html",
        True,
        True,
    )
    assert "http://127.0.0.1:8000/projects/x/" in html


class Refusing(EmailBackend):
    """A mail server that refuses one person."""

    def send_messages(self, messages):
        if any("refused" in address for message in messages for address in message.to):
            raise OSError("550 no such mailbox")
        return super().send_messages(messages)


def test_a_mail_that_fails_stops_no_other_and_is_tried_again(settings, mailoutbox, caplog):
    refused, reached = make_user(), make_user()
    type(refused).objects.filter(pk=refused.pk).update(email="refused@test.example")
    told(refused, reached)
    settings.EMAIL_BACKEND = f"{__name__}.Refusing"
    assert (send_due(now=NOW), send_due(now=NOW + timedelta(minutes=1))) == (1, 0)
    assert "notice_not_mailed" in caplog.text
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    assert send_due(now=NOW + timedelta(minutes=11)) == 1
    assert {mail.to[0] for mail in mailoutbox} == {"refused@test.example", reached.email}


def test_a_daily_digest_leaves_at_seven_with_what_is_unread(mailoutbox):
    person = make_user()
    told(person, kind=Kind.LAB_NOTE, key="1", title="Week 1")
    told(person, kind=Kind.LAB_NOTE, key="2", title="Week 2")
    told(person, kind=Kind.LAB_NOTE, key="3", title="Seen already")
    mark_read(person=person, now=NOW, notice_id=Notice.objects.get(key="3").pk)
    morning = NOW.replace(hour=7) + DAY
    assert (send_due(now=morning - timedelta(minutes=1)), send_due(now=morning), send_due(now=morning + DAY)) == (
        0,
        1,
        0,
    )
    assert mailoutbox[0].subject == "Your day: 2 pieces of news"
    assert "Week 1" in mailoutbox[0].body
    assert "Seen already" not in mailoutbox[0].body


def test_a_weekly_digest_leaves_on_monday(mailoutbox):
    person = make_user()
    told(person, kind=Kind.SAVED_SEARCH)
    monday = NOW.replace(hour=7) + 5 * DAY
    assert (send_due(now=monday - DAY), send_due(now=monday)) == (0, 1)
    assert mailoutbox[0].subject == "Your week: 1 piece of news"


def test_a_changed_choice_holds_for_what_waits(mailoutbox):
    person = make_user()
    told(person)
    choose(person=person, choices={Kind.REPLY: Delivery.PAGE})
    assert (send_due(now=NOW), Notice.objects.get().delivery) == (0, "page")


def test_the_settings_page_keeps_every_choice(client):
    person = make_user(is_reviewer=True)
    client.force_login(person)
    page = client.get("/notifications/settings/").content.decode()
    assert 'name="account"' not in page
    form = {kind.value: "off" for kind in Kind if kind != Kind.ACCOUNT}
    assert client.post("/notifications/settings/", form | {"reply": "hourly"}).status_code == 422
    assert client.post("/notifications/settings/", form).status_code == 302
    assert {*choices_of(person).values()} == {Delivery.OFF, Delivery.INSTANT}
    assert choices_of(person)[Kind.ACCOUNT] == Delivery.INSTANT


def test_one_click_switches_a_kind_off_without_signing_in(client):
    person = make_user()
    path = unsubscribe_link(person_id=person.pk, what="reply").removeprefix("http://127.0.0.1:8000")
    assert "Answers to what you wrote" in client.get(path).content.decode()
    assert choices_of(person)[Kind.REPLY] == Delivery.INSTANT
    assert client.post(path, {"List-Unsubscribe": "One-Click"}).status_code == 200
    assert choices_of(person)[Kind.REPLY] == Delivery.PAGE
    assert client.post(path.replace("/stop/", "/stop/x")).status_code == 404


def test_leaving_a_digest_leaves_every_kind_in_it(client):
    person = make_user()
    path = unsubscribe_link(person_id=person.pk, what="daily").removeprefix("http://127.0.0.1:8000")
    client.post(path)
    assert Delivery.DAILY not in choices_of(person).values()
    assert choices_of(person)[Kind.REPLY] == Delivery.INSTANT


def test_the_page_lists_counts_pages_and_marks(client, django_assert_max_num_queries):
    person, other = make_user(), make_user()
    for number in range(35):
        told(person, key=str(number), title=f"News {number}")
    told(other)
    client.force_login(person)
    with django_assert_max_num_queries(5):
        first = client.get("/notifications/").content.decode()
    assert ("News 34" in first, "News 4<" in first, re.search(r"35 unread", first) is not None) == (True, False, True)
    older = re.search(r"\?before=\d+", first).group()
    assert "News 4<" in client.get(f"/notifications/{older}").content.decode()
    mine, theirs = Notice.objects.filter(person=person).first(), Notice.objects.get(person=other)
    assert client.post(f"/notifications/{mine.pk}/open/")["Location"] == "/projects/x/"
    assert client.post(f"/notifications/{theirs.pk}/open/").status_code == 404
    assert unread_count(person) == 34
    client.post("/notifications/read/")
    assert (unread_count(person), unread_count(other)) == (0, 1)


def test_mail_about_an_account_has_the_same_form_and_no_way_out(client, mailoutbox):
    client.post("/accounts/signup/", {"email": "new@test.example", "password1": "correct horse battery", "name": "N"})
    (mail,) = mailoutbox
    html = mail.alternatives[0][0]
    code = re.search(r"\b[A-Z0-9]{3,4}-?[A-Z0-9]{3,4}\b", mail.body).group()
    assert (code in html, "prefers-color-scheme: dark" in html, "List-Unsubscribe" in mail.extra_headers) == (
        True, True, False,
    )  # fmt: skip
