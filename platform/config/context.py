"""What every template may show."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest


def site(request: HttpRequest) -> dict[str, Any]:
    """The mode, for the demo's banner and mailbox link, and the address of the event stream."""
    return {"is_demo": settings.DEMO_MAILBOX, "events_url": settings.EVENTS_URL, "site_url": settings.SITE_URL}
