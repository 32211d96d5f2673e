"""Approving a device: allauth's device grant with what it lacks (docs/decisions/0006).

allauth's page is exempt from CSRF protection and does not say what is granted; a poll of the waiting agent can
overwrite an approval made at the same moment. Here the page is protected, names the scopes, and poll and approval
take the same lock.
"""

from __future__ import annotations

from typing import Any

import redis
from allauth.idp.oidc.models import Client
from allauth.idp.oidc.views import DeviceAuthorizationView, TokenView
from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.utils.decorators import method_decorator
from django.views.decorators.csrf import csrf_exempt, csrf_protect
from redis.lock import Lock

WORKER_CLIENT_ID = "commonweave-worker"
LOCK_SECONDS = 10


def grant_lock(device_code: str) -> Lock:
    """One lock per device code, shared by the poll and the approval."""
    client = redis.Redis.from_url(settings.REDIS_URL)
    return client.lock(f"device-grant:{device_code}", timeout=LOCK_SECONDS, blocking_timeout=LOCK_SECONDS)


@method_decorator(csrf_protect, name="dispatch")
@method_decorator(login_required, name="dispatch")
class PairingView(DeviceAuthorizationView):
    """Enter the code that the agent shows, read what is granted, approve or deny."""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return super().dispatch(request, *args, **kwargs)

    def _dispatch_authorization(
        self, request: HttpRequest, user_code: str, device_code: str, client: Client
    ) -> HttpResponse:
        with grant_lock(device_code):
            return super()._dispatch_authorization(request, user_code, device_code, client)


@method_decorator(csrf_exempt, name="dispatch")
class LockedTokenView(TokenView):
    """The agent's poll. No session is used, so there is nothing for CSRF to protect."""

    def post(self, request: HttpRequest) -> HttpResponse:
        device_code = request.POST.get("device_code", "")
        if not device_code:
            return super().post(request)
        with grant_lock(device_code[:200]):
            return super().post(request)


pairing_view = PairingView.as_view()
token_view = LockedTokenView.as_view()
