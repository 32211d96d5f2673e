"""Erasing a person: the name goes, the ledger stays to the cent, and what is open stands in the way."""

import pytest

from accounts.models import User
from pages.erasing import EraseRefused, erase_person, in_the_way
from payments.models import LedgerEntry, ProviderCustomer
from payments.services.auditing import audit
from payments.services.ledger import balances
from tests.factories.payments import collected, funded_project, pledged
from tests.factories.people import NOW, make_project, make_user

pytestmark = pytest.mark.django_db


def test_who_it_was_goes_and_what_was_paid_stays(client, standin):
    project, user = funded_project(), make_user()
    client.force_login(user)
    pledge = collected(project, backer=user, amount=60_00)
    customer = ProviderCustomer.objects.get(user=user).customer_id
    before, entries = balances(), LedgerEntry.objects.count()
    wrong = client.post("/accounts/erase/", {"email": "someone@else.example"})
    assert (wrong.status_code, User.objects.get(pk=user.pk).name) == (422, user.name)
    assert client.post("/accounts/erase/", {"email": user.email}).status_code == 302
    gone = User.objects.get(pk=user.pk)
    assert (gone.name, gone.email, gone.is_active) == ("", f"erased-{user.pk}@erased.invalid", False)
    assert not gone.has_usable_password()
    assert (balances(), LedgerEntry.objects.count()) == (before, entries)
    assert {finding.invariant.name for finding in audit() if not finding.holds} == set()
    pledge.refresh_from_db()
    assert (pledge.card_label, pledge.is_anonymous, pledge.state) == ("", True, "collected")
    assert standin.client().v1.customers.retrieve(customer).deleted is True
    assert client.get("/pledges/").status_code == 302


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda user: pledged(make_project(), backer=user), "1 card pledge that stands"),
        (lambda user: make_project(creator=user), "1 project of yours"),
        (lambda user: User.objects.filter(pk=user.pk).update(is_reviewer=True), "rights to review"),
    ],
)
def test_what_is_open_stands_in_the_way(client, standin, make, says):
    user = make_user()
    make(user)
    user.refresh_from_db()
    assert says in "; ".join(in_the_way(user))
    with pytest.raises(EraseRefused):
        erase_person(user=user, now=NOW)
    client.force_login(user)
    assert says in client.get("/accounts/erase/").content.decode()
    assert User.objects.get(pk=user.pk).name == user.name


def test_nothing_is_erased_while_the_provider_is_away(client, standin, settings):
    user = make_user()
    collected(funded_project(), backer=user)
    settings.STRIPE_API_BASE = "http://127.0.0.1:9"
    client.force_login(user)
    page = client.post("/accounts/erase/", {"email": user.email}, follow=True)
    assert "nothing was erased" in page.content.decode()
    assert User.objects.get(pk=user.pk).email == user.email


def test_the_page_says_what_becomes_of_the_team_and_of_published_cards(client):
    client.force_login(make_user())
    page = client.get("/accounts/erase/").content.decode()
    assert "the member who is in it longest is captain then" in page
    assert "keeps the name with which it was written" in page


def test_a_visitor_is_asked_to_sign_in(client):
    assert client.get("/accounts/erase/").status_code == 302
