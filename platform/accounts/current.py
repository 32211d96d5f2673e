"""The account behind a request, for views that `login_required` guards."""

from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest

from accounts.models import User


def signed_in(request: HttpRequest) -> User:
    """The signed-in account, typed."""
    assert isinstance(request.user, User)
    return request.user


def watcher(request: HttpRequest) -> User | AnonymousUser:
    """Whoever looks, signed in or not, typed."""
    return request.user if isinstance(request.user, User) else AnonymousUser()
