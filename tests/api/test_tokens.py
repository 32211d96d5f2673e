"""Personal tokens: shown once, hashed, scoped, revoked; and pages of them."""

from datetime import timedelta

import pytest
from django.utils import timezone

from api.errors import TokenRefused
from api.models import PersonalToken
from api.tokens.services import MOST_TOKENS, find_token, make_token
from tests.api.calling import Caller
from tests.factories.people import make_user

pytestmark = pytest.mark.django_db


def test_a_token_is_shown_once_and_only_its_hash_is_kept(client):
    user = make_user()
    client.force_login(user)
    answer = client.post("/developers/tokens/", {"name": "laptop", "days": "90", "scopes": ["account:read"]})
    secret = answer.context["secret"]
    assert secret.startswith("cwp_")
    assert secret in answer.content.decode()
    assert secret not in client.get("/developers/tokens/").content.decode()
    token = PersonalToken.objects.get()
    assert secret not in str(vars(token))
    assert find_token(secret=secret, now=timezone.now()) == token


def test_a_form_without_a_choice_keeps_what_was_typed(client):
    client.force_login(make_user())
    answer = client.post("/developers/tokens/", {"name": "laptop", "days": "90"})
    assert answer.status_code == 422
    assert 'value="laptop"' in answer.content.decode()
    assert not PersonalToken.objects.exists()


def test_its_use_is_noted():
    caller = Caller()
    assert caller.get("me").json() == {
        "id": caller.owner.pk, "name": caller.owner.public_name, "scopes": caller.token.scopes, "token": "test"
    }  # fmt: skip
    caller.token.refresh_from_db()
    assert caller.token.last_used_at is not None


def test_what_is_revoked_expired_or_of_a_closed_account_opens_nothing(client):
    gone, late, closed = Caller(), Caller(), Caller()
    client.force_login(gone.owner)
    assert client.post(f"/developers/tokens/{gone.token.pk}/revoke/").status_code == 302
    PersonalToken.objects.filter(pk=late.token.pk).update(expires_at=timezone.now() - timedelta(seconds=1))
    closed.owner.is_active = False
    closed.owner.save()
    for caller in (gone, late, closed):
        assert caller.get("me").status_code == 401
        assert caller.get("projects").status_code == 401


def test_another_ones_token_cannot_be_revoked(client):
    caller = Caller()
    client.force_login(make_user())
    assert client.post(f"/developers/tokens/{caller.token.pk}/revoke/").status_code == 404
    assert caller.get("me").status_code == 200


def test_a_scope_that_is_missing_is_named():
    answer = Caller(scopes=("pledges:write",)).get("my/pledges")
    assert (answer.status_code, answer.json()["detail"]) == (403, "The token lacks the scope account:read.")


def test_there_is_an_end_to_how_many_one_has():
    user = make_user()
    for _ in range(MOST_TOKENS):
        make_token(owner=user, name="x", scopes=["account:read"], days=30, now=timezone.now())
    with pytest.raises(TokenRefused):
        make_token(owner=user, name="x", scopes=["account:read"], days=30, now=timezone.now())


def test_the_scope_of_staff_is_offered_to_staff_alone(client):
    for person, is_offered in (
        (make_user(), False),
        (make_user(is_reviewer=True), True),
        (make_user(is_staff=True), True),
    ):
        client.force_login(person)
        assert ('value="staff:write"' in client.get("/developers/tokens/").content.decode()) == is_offered
        form = {"name": "x", "days": "90", "scopes": ["staff:write"]}
        assert client.post("/developers/tokens/", form).status_code == (200 if is_offered else 422)
