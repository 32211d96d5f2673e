"""Pages that show themselves only in a state of their own: links that expired, cards to repair, letters, refusals."""

from datetime import timedelta

import pytest
from django.conf import settings
from django.core import mail
from django.core.cache import cache
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from notices.mail import Entry, Letter, compose
from pages.models import MailboxMessage
from payments.models import CashPledge
from payments.services.mails import repair_token
from tests.browser.conftest import LONG
from tests.factories.payments import pledged, started
from tests.factories.people import make_project, make_user

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def project():
    now = timezone.now()
    return make_project(
        slug="stated", title=LONG, deadline_at=now + timedelta(days=9), compute_ends_at=now + timedelta(days=90)
    )


def test_a_card_is_typed_and_repaired(findings, sign_in, project, standin, settings):
    settings.STRIPE_JS_URL = f"{standin.base}/v3/"
    now, backer = timezone.now(), make_user()
    typed = started(project, backer=backer, now=now)
    refused, lapsed = pledged(project, now=now), pledged(project, now=now)
    CashPledge.objects.filter(pk=refused.pk).update(state="needs_action", fix_ends_at=now + timedelta(days=2))
    sign_in(backer)
    assert findings(f"/pledges/{typed.pk}/card/") == ""
    assert findings(f"/pledges/repair/{repair_token(lapsed)}/") == ""
    assert findings("/pledges/repair/no-such-token/", status=404) == ""


def test_a_letter_in_a_mail_program(findings):
    entries = [Entry(LONG, "Text.", "https://example.org/", "Lab note"), Entry("Short")]
    letters = (
        Letter(LONG, f"A first line.\n\n{LONG}", "https://example.org/", "Look at it", unsubscribe="https://x.test/u"),
        Letter("A digest", entries=entries, reason="You follow it.", unsubscribe="https://x.test/u"),
        Letter("A note", html="<h2>Week</h2><p>Text with <a href='https://x.test/'>a link</a>.</p>"),
    )
    for letter in letters:
        message = compose(letter=letter, address="a@b.example")
        html = message.alternatives[0].content
        kept = MailboxMessage.objects.create(recipient="a@b.example", subject="x", body=message.body, html=html)
        assert findings(f"/demo/mail/{kept.pk}/") == ""
    assert mail.outbox == []


def test_a_link_that_expired_says_so(page, findings, sign_in):
    sign_in(make_user())
    assert findings("/early/no-such-token/", status=404) == ""
    assert page.get_by_text("This link has expired, or belongs to somebody else.").is_visible()


def test_the_banner_of_who_sees_the_site_as_somebody(page, findings, sign_in, live_server):
    admin, person = make_user(is_staff=True), make_user()
    User.objects.filter(pk=person.pk).update(name=LONG)
    sign_in(admin)
    page.goto(live_server.url + reverse("pages:acting_person", args=[person.pk]))
    form = page.locator(f"form[action$='{reverse('pages:begin_acting', args=[person.pk])}']")
    form.locator("[name=reason]").fill("They cannot find their pledge.")
    form.get_by_role("button").click()
    for address in ("/", "/pledges/"):
        assert findings(address) == ""
        assert page.locator(".acting-banner").get_by_text(LONG).is_visible()


def test_what_was_typed_before_the_session_ended_is_shown(page, findings, sign_in, project, live_server):
    backer = make_user()
    sign_in(backer)
    address = reverse("projects:discussion", args=[project.slug])
    page.goto(live_server.url + address)
    page.locator("[name=body]").first.fill(LONG)
    page.context.clear_cookies(name=settings.SESSION_COOKIE_NAME)
    page.locator("form:has([name=body]) button[type=submit]").first.click()
    assert "/accounts/login/" in page.url
    sign_in(backer)
    assert findings(reverse("projects:write_comment", args=[project.slug])) == ""
    assert page.get_by_text(LONG).first.is_visible()


def test_whoever_asks_too_often_is_told_when_to_come_back(page, findings, live_server, settings):
    settings.ACCOUNT_RATE_LIMITS = {"login": "1/m/ip"}
    cache.clear()
    page.goto(live_server.url + "/accounts/login/")
    for _ in range(2):
        page.fill("[name=login]", "a@b.example")
        page.fill("[name=password]", "wrong")
        page.locator("main form button[type=submit]").first.click()
    assert page.get_by_role("heading", level=1).inner_text() == "Too many tries"
