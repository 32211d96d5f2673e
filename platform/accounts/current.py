"""The account behind a request, for views that `login_required` guards."""

from django.http import HttpRequest

from accounts.models import User


def signed_in(request: HttpRequest) -> User:
    """The signed-in account, typed."""
    assert isinstance(request.user, User)
    return request.user
