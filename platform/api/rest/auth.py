"""Who calls: nobody, or the owner of a personal token within its scopes."""

from __future__ import annotations

from typing import Any

from django.utils import timezone
from django.utils.translation import gettext
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed, NotAuthenticated, PermissionDenied
from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from accounts.models import User
from api.models import PersonalToken
from api.tokens.services import find_token


class PersonalTokenAuthentication(BaseAuthentication):
    """`Authorization: Bearer cwp_…`. A token that does not stand is refused, even where none is needed."""

    def authenticate(self, request: Request) -> tuple[User, PersonalToken] | None:
        header = request.headers.get("Authorization")
        if header is None:
            return None
        scheme, _, secret = header.partition(" ")
        token = find_token(secret=secret.strip(), now=timezone.now()) if scheme.lower() == "bearer" else None
        if token is None:
            raise AuthenticationFailed(gettext("The token is not valid. Make one on your page of tokens."))
        return token.owner, token

    def authenticate_header(self, request: Request) -> str:
        return "Bearer"


class HasScope(BasePermission):
    """The view's `scopes` name what each method asks of a token; a method that is not named is open to everybody."""

    def has_permission(self, request: Request, view: Any) -> bool:
        scope = view.scopes.get((request.method or "").lower())
        if scope is None:
            return True
        if not isinstance(request.auth, PersonalToken):
            raise NotAuthenticated(gettext("This needs a personal token."))
        if scope not in request.auth.scopes:
            raise PermissionDenied(gettext("The token lacks the scope %(scope)s.") % {"scope": scope})
        return True


def caller(request: Request) -> User:
    """The owner of the token, for methods that ask for a scope."""
    assert isinstance(request.user, User)
    return request.user
