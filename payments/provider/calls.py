"""Calling the official library: plain dicts come back, four kinds of failure go out.

The library's 80 s timeout outlives a web worker, so ours is shorter; retries are ours too, because each must keep its
key. No code branches on which of real and stand-in answers.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import Any

import stripe
from django.conf import settings
from django.utils.translation import gettext

from payments.errors import CardRefused, ProviderAway, ProviderBusy, ProviderRefused
from payments.pacing import keep_pace

Object = dict[str, Any]
TIMEOUT_SECONDS = 20
# Answers after which the same request under the same key may have an effect or not: it is asked for again.
UNDECIDED = (409,)


@lru_cache(maxsize=8)
def _client(key: str, base: str) -> stripe.StripeClient:
    addresses: Any = {"api": base} if base else {}
    http = stripe.RequestsClient(timeout=TIMEOUT_SECONDS)
    return stripe.StripeClient(key, base_addresses=addresses, max_network_retries=0, http_client=http)


def client() -> stripe.StripeClient:
    """The configured client."""
    return _client(settings.STRIPE_SECRET_KEY, settings.STRIPE_API_BASE)


def call(operation: Callable[..., Any], *args: Any) -> Object:
    """The answer as a dict. Raises CardRefused, ProviderRefused, ProviderBusy, ProviderAway."""
    keep_pace(operation.__qualname__)
    try:
        return dict(operation(*args).to_dict())
    except stripe.CardError as error:
        raise _refused_card(error) from error
    except stripe.RateLimitError as error:
        raise ProviderBusy(gettext("The provider asks for a pause.")) from error
    except (stripe.InvalidRequestError, stripe.IdempotencyError) as error:
        if error.http_status in UNDECIDED:
            raise ProviderAway(gettext("The same request is under way.")) from error
        raise ProviderRefused(str(error.user_message or error), code=str(error.code or "")) from error
    except stripe.AuthenticationError as error:
        raise ProviderRefused(gettext("The provider does not accept the configured key.")) from error
    except stripe.StripeError as error:
        raise ProviderAway(type(error).__name__) from error


def _refused_card(error: stripe.CardError) -> CardRefused:
    answer: Any = error.json_body or {}
    body: Object = answer.get("error", {})
    return CardRefused(
        str(body.get("message") or error),
        code=str(body.get("code") or ""),
        decline_code=str(body.get("decline_code") or ""),
        advice=str(body.get("advice_code") or ""),
    )


def listed(operation: Callable[..., Any], values: dict[str, Any]) -> Iterator[Object]:
    """Every item of a list, newest first, page by page. Raises ProviderAway, ProviderRefused."""
    values = {"limit": 100, **values}
    while True:
        page = call(operation, values)
        yield from page["data"]
        if not page["has_more"]:
            return
        values = {**values, "starting_after": page["data"][-1]["id"]}


def key(text: str) -> Any:
    """Options of a request that must happen once."""
    return {"idempotency_key": text}
