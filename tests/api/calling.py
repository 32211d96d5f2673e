"""Calling the API with a token."""

import json

from django.test import Client
from django.utils import timezone

from api.scopes import SCOPES
from api.tokens.services import make_token
from tests.factories.people import make_user


class Caller:
    """A person with a token of the given scopes; `anonymous` has none."""

    def __init__(self, owner=None, scopes=tuple(SCOPES)):
        self.owner = owner or make_user()
        self.token, self.secret = make_token(
            owner=self.owner, name="test", scopes=scopes, days=None, now=timezone.now()
        )
        self.client = Client(raise_request_exception=False)

    def ask(self, method, path, body=None, key=None):
        headers = {"Authorization": f"Bearer {self.secret}", **({"Idempotency-Key": key} if key else {})}
        data = b"" if body is None else json.dumps(body).encode()
        return self.client.generic(method, f"/api/v1/{path}", data, content_type="application/json", headers=headers)

    def get(self, path):
        return self.ask("GET", path)

    def post(self, path, body=None, key=None):
        return self.ask("POST", path, body, key)
