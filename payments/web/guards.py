"""What the views of money share: calm pages when the provider is away, limits against card testing, policies."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any
from uuid import UUID

from allauth.account.adapter import get_adapter
from csp.decorators import csp_update
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext_lazy as _

from accounts.current import signed_in
from payments.errors import ProviderAway
from payments.models import CashPledge

AWAY = _("The payment provider does not answer. Your pledge is kept and nothing was charged; try again in a minute.")
# The site's policy is opened to the provider's script, frames and calls on the card page alone.
SCRIPT_ORIGIN = "/".join(settings.STRIPE_JS_URL.split("/")[:3])
PROVIDER = [SCRIPT_ORIGIN, settings.STRIPE_API_BASE or "https://api.stripe.com"]
FRAMES = [SCRIPT_ORIGIN, *([] if settings.STRIPE_API_BASE else ["https://hooks.stripe.com"])]
opens_policy = csp_update({"script-src": [SCRIPT_ORIGIN], "frame-src": FRAMES, "connect-src": PROVIDER})
View = Callable[..., HttpResponse]


def calm_when_away(view: View) -> View:
    """The provider is away: a page that says what was kept."""

    @wraps(view)
    def calm(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            return view(request, *args, **kwargs)
        except ProviderAway:
            response = render(request, "payments/away.html", {"sentence": AWAY}, status=503)
            response.headers["Retry-After"] = "30"
            return response

    return calm


def own_pledge(request: HttpRequest, pledge_id: UUID) -> CashPledge:
    """The signed-in backer's pledge. Raises Http404 for anyone else's."""
    mine = CashPledge.objects.select_related("project", "reward", "backer", "support").filter(backer=signed_in(request))
    return get_object_or_404(mine, pk=pledge_id)


def origin_of(request: HttpRequest) -> str:
    """The address behind a request, keyed and hashed: enough to see that two pledges came from one place."""
    return salted_hmac("payments.origin", get_adapter().get_client_ip(request), algorithm="sha256").hexdigest()
