"""Everyone is written to in the language of their account, whoever caused the mail and whatever page they looked at."""

import re
from datetime import UTC, datetime

import pytest
from allauth.account.models import EmailAddress
from django.urls import reverse
from django.utils.translation import override

from accounts.languages import learn_language
from compute_pledges.services.endings import TIME_IS_UP
from compute_pledges.services.mails import facts_of
from compute_pledges.services.mails import send_due as send_gpu_mail
from compute_pledges.services.mails import write_mail as write_gpu_mail
from notices.facts import blocks, day, hours, instant, money, ours, said
from notices.kinds import Kind
from notices.models import Notice
from notices.services import LONGEST_BODY, shortened, tell
from notices.sweep import send_due
from payments.models import CashPledge
from payments.services.mails import send_due as send_pledge_mail
from payments.services.mails import write_mail
from projects.launch import _tell
from projects.models import ProjectFollow
from tests.factories.backing import backs
from tests.factories.people import make_project, make_user
from tests.factories.pledges import promise
from values.money import Money

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 6, 3, 12, tzinfo=UTC)


def test_the_switch_of_the_page_is_kept_with_the_account(client):
    person = make_user()
    switch = reverse("set_language")
    client.post(switch, {"language": "de"})
    client.force_login(person)
    for sent, kept in (("fr", "fr"), ("xx", "fr"), ("", "fr"), ("es", "es")):
        client.post(switch, {"language": sent})
        person.refresh_from_db()
        assert person.language == kept


def test_a_new_account_speaks_the_language_of_its_sign_up(client, mailoutbox):
    client.cookies["django_language"] = "de"
    client.post(reverse("account_signup"), {"email": "ana@test.example", "password1": "a-very-long-password-1"})
    from accounts.models import User

    person = User.objects.get(email="ana@test.example")
    assert person.language == "de"
    html = mailoutbox[0].alternatives[0][0]
    assert '<html lang="de">' in html
    # The code stands out, and is the one of the text.
    assert mailoutbox[0].body.startswith(
        "Hallo von Commonweave!\n\nDiese Adresse wurde für ein Konto bei Commonweave angegeben."
    )
    (code,) = re.findall(r'<p class="code">([^<]+)</p>', html)
    assert f"\n{code}\n" in mailoutbox[0].body
    with override("fr"):
        learn_language(sender=None, user=person)
    person.refresh_from_db()
    assert person.language == "de"


def test_a_changed_password_is_told_to_its_account(client, mailoutbox):
    person = make_user(language="de")
    EmailAddress.objects.create(user=person, email=person.email, verified=True, primary=True)
    client.post(reverse("account_login"), {"login": person.email, "password": "a-long-password"})
    typed = {"oldpassword": "a-long-password", "password1": "a-longer-password-2", "password2": "a-longer-password-2"}
    assert client.post(reverse("account_change_password"), typed).status_code == 302
    (mail,) = mailoutbox
    assert mail.to == [person.email]
    assert "Das Passwort Ihres Kontos ist nun ein anderes." in mail.body
    assert "127.0.0.1\n" in mail.body
    assert mail.body.count("\n- ") == 3


def test_a_mail_of_the_account_breaks_no_sentence(client, mailoutbox):
    person = make_user()
    EmailAddress.objects.create(user=person, email=person.email, verified=True, primary=True)
    client.post(reverse("account_signup"), {"email": person.email, "password1": "a-very-long-password-1"})
    whole = "someone else tried to signup for an account using email address:"
    assert f"{whole}\n\n{person.email}\n\n" in mailoutbox[0].body
    assert f"{whole}</p>" in mailoutbox[0].alternatives[0][0]


@pytest.mark.parametrize(("own", "before", "after"), [("de", "fr", "de"), ("", "fr", "fr"), ("en", "de", "en")])
def test_whoever_signs_in_reads_on_in_the_language_of_the_account(client, own, before, after):
    person = make_user(language=own)
    EmailAddress.objects.create(user=person, email=person.email, verified=True, primary=True)
    client.cookies["django_language"] = before
    typed = {"login": person.email, "password": "a-long-password"}
    assert client.post(reverse("account_login"), typed).status_code == 302
    assert client.cookies["django_language"].value == after
    assert f'<html lang="{after}">' in client.get(reverse("projects:discover")).content.decode()


def test_a_notice_is_told_and_mailed_in_the_language_of_each_reader(mailoutbox):
    project = make_project(title="Tidal", state="live")
    readers = {code: make_user(language=code) for code in ("", "de", "es", "fr")}
    for person in readers.values():
        ProjectFollow.objects.create(project=project, user=person, since=NOW)
    with override("fr"):
        _tell(project, NOW)
    titles = {code: Notice.objects.get(person=person).title for code, person in readers.items()}
    assert titles == {
        "": "Tidal is live", "de": "Tidal ist gestartet", "es": "Tidal está en marcha", "fr": "Tidal est lancé",
    }  # fmt: skip
    Notice.objects.update(delivery="instant")
    with override("es"):
        assert send_due(now=NOW) == 4
    mail = next(mail for mail in mailoutbox if mail.to == [readers["de"].email])
    html = mail.alternatives[0][0]
    for words in ('<html lang="de">', "Sie erhalten diese Mail als", "Keine solchen Mails mehr", "Alle Einstellungen"):
        assert words in html, words
    assert "Auf Commonweave ansehen" in mail.body


def test_a_mail_about_money_writes_it_as_its_reader_does(mailoutbox):
    person = make_user(language="de")
    pledge = backs(make_project(title="Tidal"), user=person, amount_minor=123_450)
    CashPledge.objects.update(next_attempt_at=NOW)
    write_mail(pledge=pledge, kind="saved", now=NOW)
    write_mail(pledge=pledge, kind="notice", now=NOW)
    with override("fr"):
        assert send_pledge_mail(now=NOW) == 2
    saved, notice = mailoutbox
    assert saved.subject == "Ihre Zusage für Tidal ist festgehalten"
    assert "1.234,50" in saved.body
    assert "3. Juni 2026" in notice.body


def test_a_mail_about_gpu_time_has_hours_days_and_reasons_in_the_language_of_its_reader(mailoutbox):
    german, french = (make_user(language=code) for code in ("de", "fr"))
    pledge = promise(make_project(title="Tidal", state="live"), 12)
    facts = facts_of(
        pledge,
        reason=ours(TIME_IS_UP),
        verified=hours(5_400_000_000),
        left=hours(3_600_000_000_000),
        locks=instant(NOW),
    )
    for person in (german, french):
        write_gpu_mail(user=person, kind="ended", key="k", facts=facts, now=NOW)
        write_gpu_mail(user=person, kind="lock_reminder", key="k", facts=facts, now=NOW)
    with override("es"):
        send_gpu_mail(now=NOW)
    mails = {mail.to[0]: mail for mail in mailoutbox}
    assert "1,5 GPU-h" in mails[german.email].body
    assert "1.000 GPU-h" in mails[german.email].body
    assert "Das Training des Projekts musste enden." in mails[german.email].body
    assert "1\u202f000 GPU-h" in mails[french.email].body
    assert (
        "3. Juni 2026, 12:00 UTC" in Notice.objects.get(person=german).body
        or "3 Juni 2026" in Notice.objects.get(person=german).body
    )
    assert "3 juin 2026, 12:00 UTC" in Notice.objects.get(person=french).body


def test_facts_are_said_as_they_were_meant():
    facts = [hours(60_000_000), day(NOW), instant(NOW), money(Money(1250, "EUR")), blocks(1), blocks(2), "Tidal"]
    with override("de"):
        assert [said(fact).replace("\xa0", " ") for fact in facts] == [
            "1 GPU-min", "3. Juni 2026", "3. Juni 2026, 12:00 UTC", "12,50 €", "1 Block", "2 Blöcke", "Tidal",
        ]  # fmt: skip


def test_a_long_note_says_that_it_is_a_beginning_and_no_word_is_cut(mailoutbox):
    person = make_user(language="de")
    words = "Wellenkraftwerk " * 300
    tell(kind=Kind.REPLY, people=[person.pk], key="k", title="Lang", body=words, path="/projects/x/", now=NOW)
    body = Notice.objects.get().body
    assert len(body) <= LONGEST_BODY
    assert body.endswith("Wellenkraftwerk…\n\nDas ist der Anfang. Der Rest steht auf der Seite.")
    assert [shortened(text, 8) for text in ("12345678", "1234 678 0", "123456789", "1234567 9")] == [
        "12345678", "1234…", "1234567…", "1234567…",
    ]  # fmt: skip
