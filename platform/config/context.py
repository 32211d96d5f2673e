"""What every template may show."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from accounts.models import User
from notices.services import unread_count


def site(request: HttpRequest) -> dict[str, Any]:
    """The mode, for the demo's banner and mailbox link, the address of the event stream, and what the bell counts."""
    return {
        "is_demo": settings.DEMO_MAILBOX,
        "events_url": settings.EVENTS_URL,
        "site_url": settings.SITE_URL,
        "unread_notices": SimpleLazyObject(lambda: _unread(request)),
    }


def _unread(request: HttpRequest) -> int:
    """Asked for once a page, and only by pages that show it."""
    return unread_count(request.user) if isinstance(request.user, User) else 0
