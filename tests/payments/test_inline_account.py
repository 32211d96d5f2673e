"""A pledge without an account: a mail address, a code, and the choice goes on; robots prove their work."""

import base64
import hashlib
import json
import re

import pytest
from django.core import mail
from django.urls import reverse

from accounts.models import User
from payments.models import CashPledge
from payments.web import card_testing
from projects.models import ReferralDay, Reward
from tests.factories.people import NOW, make_project, make_user
from tests.payments.test_views import typed

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def fixed_clock(monkeypatch, settings):
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    monkeypatch.setattr("payments.web.views.business_now", lambda: NOW)


def code_in_the_mail():
    return re.search(r"\b([A-Z0-9]{3,4}-?[A-Z0-9]{3,4})\b", mail.outbox[-1].body)[1]


def choose(client, project, email, **changes):
    return client.post(reverse("payments:pledge", args=[project.slug]), typed(email=email, **changes))


@pytest.mark.parametrize("is_known", [True, False])
def test_a_code_sent_by_mail_signs_in_and_the_choice_goes_on(client, is_known):
    project = make_project()
    reward = Reward.objects.create(project=project, title="Name", threshold_minor=10_00)
    email = make_user().email if is_known else "Fresh@Test.example"
    asked = choose(client, project, email, reward=str(reward.pk), tip="2")
    assert asked.status_code == 302
    assert not CashPledge.objects.exists()
    entered = client.post(asked["Location"], {"code": code_in_the_mail()})
    onward = client.get(entered["Location"])
    pledge = CashPledge.objects.get()
    assert onward["Location"] == reverse("payments:card", args=[pledge.pk])
    assert (pledge.backer.email, pledge.amount_minor, pledge.tip_minor, pledge.reward) == (
        email.lower(), 50_00, 2_00, reward,
    )  # fmt: skip
    assert pledge.backer.emailaddress_set.filter(verified=True).count() == 1
    assert User.objects.filter(email=email.lower()).count() == 1
    client.get(reverse("payments:pledge", args=[project.slug]))
    assert CashPledge.objects.count() == 1


def test_known_and_unknown_addresses_are_answered_the_same(client):
    project, known = make_project(), make_user()
    answers = [choose(client, project, email) for email in (known.email, "nobody@test.example")]
    assert answers[0].status_code == answers[1].status_code == 302
    assert answers[0]["Location"] == answers[1]["Location"]


def test_a_wrong_code_makes_no_pledge(client):
    project = make_project()
    asked = choose(client, project, "fresh@test.example")
    client.post(asked["Location"], {"code": "AAAA-0000"})
    client.get(reverse("payments:pledge", args=[project.slug]))
    assert not CashPledge.objects.exists()


@pytest.mark.parametrize(("email", "says"), [("", "required"), ("no address", "valid email")])
def test_a_bad_address_is_told_and_what_was_typed_is_kept(client, email, says):
    page = choose(client, make_project(), email, amount="77")
    assert page.status_code == 422
    assert says in page.content.decode()
    assert 'value="77"' in page.content.decode()


def test_a_reward_that_ran_out_meanwhile_keeps_the_choice_and_charges_nothing(client):
    project = make_project()
    reward = Reward.objects.create(project=project, title="Last one", threshold_minor=10_00, limit=1)
    asked = choose(client, project, "fresh@test.example", reward=str(reward.pk), amount="31")
    Reward.objects.filter(pk=reward.pk).update(claimed=1)
    entered = client.post(asked["Location"], {"code": code_in_the_mail()})
    page = client.get(entered["Location"])
    text = page.content.decode()
    assert page.status_code == 422
    assert "Last one is sold out" in text
    assert 'value="31"' in text
    assert not CashPledge.objects.exists()


def solve(challenge):
    for number in range(challenge["maxNumber"] + 1):
        if hashlib.sha256(f"{challenge['salt']}{number}".encode()).hexdigest() == challenge["challenge"]:
            answer = {name: challenge[name] for name in ("algorithm", "challenge", "salt", "signature")}
            return base64.b64encode(json.dumps({**answer, "number": number}).encode()).decode()
    raise AssertionError("no answer")


def test_after_refused_cards_the_browser_proves_its_work_and_each_answer_counts_once(client, monkeypatch):
    monkeypatch.setattr(card_testing, "WORK", 500)
    client.force_login(make_user())
    project = make_project()
    address = reverse("payments:pledge", args=[project.slug])
    request = client.get(address).wsgi_request
    for _ in range(card_testing.FAILURES_BEFORE_PROOF):
        card_testing.count_failure(request)
    page = client.post(address, typed())
    assert page.status_code == 422
    assert "prove that it is no robot" in page.content.decode()
    assert "js/proof.js" in page.content.decode()
    answer = solve(client.get(reverse("payments:proof")).json())
    assert client.post(address, typed(proof=answer)).status_code == 302
    assert client.post(address, typed(proof=answer)).status_code == 422
    assert client.post(address, typed(proof="bm9uc2Vuc2U=")).status_code == 422


def test_too_many_refused_cards_close_the_card_page_for_a_while(client, standin):
    user = make_user()
    client.force_login(user)
    request = client.get("/").wsgi_request
    for _ in range(card_testing.FAILURES_AN_HOUR):
        card_testing.count_failure(request)
    from tests.factories.payments import started

    page = client.get(reverse("payments:card", args=[started(make_project(), backer=user).pk]))
    assert page.status_code == 429
    assert "Your pledge is kept" in page.content.decode()


def test_a_session_that_ended_while_choosing_keeps_the_choice_and_asks_who_it_is(client):
    project = make_project()
    reward = Reward.objects.create(project=project, title="Name", threshold_minor=10_00)
    chosen = typed(reward=str(reward.pk), tip="2", amount="61.50")
    page = client.post(reverse("payments:pledge", args=[project.slug]), chosen)
    text = page.content.decode()
    assert page.status_code == 422
    assert "Your session has ended. What you chose is kept" in text
    assert 'value="61.50"' in text
    assert f'value="{reward.pk}" selected' in text
    assert "This field is required" not in text


def test_whoever_signs_in_from_the_form_finds_what_was_chosen_and_sends_it(client):
    project, backer = make_project(), make_user()
    address = reverse("payments:pledge", args=[project.slug])
    asked = client.post(address, typed(email="", amount="61.50", tip="lots", sign_in="1"))
    assert asked["Location"] == f"{reverse('account_login')}?next=%2Fprojects%2F{project.slug}%2Fpledge%2F&kept=1"
    client.force_login(backer)
    page = client.get(address)
    assert (page.status_code, CashPledge.objects.count()) == (200, 0)
    for value in ("61.50", "lots"):
        assert f'value="{value}"' in page.content.decode()
    assert 'value="61.50"' not in client.get(address).content.decode()


def test_where_they_came_from_is_counted_though_the_account_is_made_on_the_way(client):
    project = make_project()
    address = f"{reverse('payments:pledge', args=[project.slug])}?ref=newsletter"
    asked = client.post(address, typed(email="new@test.example"))
    entered = client.post(asked["Location"], {"code": code_in_the_mail()})
    client.get(entered["Location"])
    assert list(ReferralDay.objects.values_list("source", "pledges")) == [("newsletter", 1)]
