"""People try again: what an interrupted database or provider left undone is asked for once more, as a reload would."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

import psycopg
import requests
import stripe
from django.db import Error, InterfaceError, OperationalError, connection
from django.db.transaction import TransactionManagementError

from payments.errors import ProviderAway

T = TypeVar("T")
PAUSE_SECONDS, GIVE_UP_AFTER = 0.3, 120.0
STRIPE_AWAY = (stripe.APIConnectionError, stripe.APIError, stripe.RateLimitError)
# A database that goes away inside a transaction is told as the transaction that cannot go on, or by psycopg itself.
DATABASE_AWAY = (OperationalError, InterfaceError, TransactionManagementError, psycopg.OperationalError)
AWAY = (*DATABASE_AWAY, ProviderAway, requests.RequestException, *STRIPE_AWAY)


def keep_trying(work: Callable[[], T], seconds: float = GIVE_UP_AFTER) -> T:
    """The result of `work`, asked for again while database or provider is away. Raises what it raised in the end."""
    until = time.monotonic() + seconds
    while True:
        try:
            return work()
        except AWAY as error:
            if isinstance(error, Error | psycopg.Error):
                connection.close()
            if time.monotonic() > until:
                raise
            time.sleep(PAUSE_SECONDS)
