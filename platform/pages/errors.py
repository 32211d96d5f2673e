"""Error pages that need no database: an outage behind us is a calm 503, anything else a 500."""

import logging
import sys

from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.template import loader
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import TimeoutError as RedisTimeoutError

logger = logging.getLogger(__name__)
OUTAGES = (OperationalError, InterfaceError, RedisConnectionError, RedisTimeoutError)


def server_error(request: HttpRequest) -> HttpResponse:
    """Django's handler500: called while the exception is being handled, in a view or in a middleware."""
    exception = sys.exc_info()[1]
    if isinstance(exception, OUTAGES):
        logger.warning("service_away error=%s", type(exception).__name__)
        headers = {"Retry-After": "10", "Cache-Control": "no-store"}
        return HttpResponse(loader.render_to_string("503.html"), status=503, headers=headers)
    return HttpResponse(loader.render_to_string("500.html"), status=500)
