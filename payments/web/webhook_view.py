"""Where the provider delivers its events."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from payments.errors import ProviderRefused
from payments.services.webhooks import take_in
from payments.tasks import process_webhooks
from queueing.hints import queue_after_commit

MAX_BYTES = 512 * 1024


@csrf_exempt
@require_POST
def webhook(request: HttpRequest) -> HttpResponse:
    """Verify the raw body, store, answer; what the event means is worked out after."""
    if int(request.headers.get("Content-Length") or 0) > MAX_BYTES:
        return HttpResponse("Too large.\n", status=413, content_type="text/plain")
    try:
        is_new = take_in(
            payload=request.body, signature=request.headers.get("Stripe-Signature", ""), now=timezone.now()
        )
    except ProviderRefused as error:
        return HttpResponse(f"{error}\n", status=400, content_type="text/plain")
    if is_new:
        queue_after_commit(process_webhooks)
    return HttpResponse("ok\n", content_type="text/plain")
