"""Against card testing: limits by account and by address, and proof of work once cards were refused.

Counts are kept in Redis for an hour; the browser proves its work on a challenge of altcha, each answer once.
"""

from __future__ import annotations

import hashlib
import time
from datetime import timedelta

from altcha.v1 import ChallengeOptions, create_challenge, verify_solution
from django.conf import settings
from django.core.cache import cache
from django.http import HttpRequest, JsonResponse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from payments.web.guards import origin_of

HOUR = 3600
STARTS_AN_HOUR = 20
# Many people can share an address: a university, a mobile network.
STARTS_OF_AN_ADDRESS = 120
FAILURES_BEFORE_PROOF = 2
FAILURES_AN_HOUR = 12
WORK = 60_000
ANSWER_LIFETIME = timedelta(minutes=10)


def _windows(request: HttpRequest, action: str) -> dict[str, str]:
    """Counters of this hour: of the address, and of the account where there is one."""
    hour = int(time.time() // HOUR)
    who = {"address": origin_of(request)}
    if request.user.is_authenticated:
        who["user"] = str(request.user.pk)
    return {kind: f"limit:{action}:{kind}:{name}:{hour}" for kind, name in who.items()}


def _count(request: HttpRequest, action: str) -> dict[str, int]:
    """Count one more; what the counters say then."""
    counted = {}
    for kind, key in _windows(request, action).items():
        cache.add(key, 0, HOUR)
        counted[kind] = cache.incr(key)
    return counted


def _counted(request: HttpRequest, action: str) -> int:
    found = cache.get_many(_windows(request, action).values())
    return max([0, *found.values()])


def may_start(request: HttpRequest) -> bool:
    """Count the start of a pledge; False once there were too many within the hour."""
    counted = _count(request, "card_pledge")
    return counted.get("user", 0) <= STARTS_AN_HOUR and counted["address"] <= STARTS_OF_AN_ADDRESS


def count_failure(request: HttpRequest) -> None:
    """A card was refused."""
    _count(request, "card_failure")


def may_try_cards(request: HttpRequest) -> bool:
    """Whether another card may be tried now."""
    return _counted(request, "card_failure") < FAILURES_AN_HOUR


def needs_proof(request: HttpRequest) -> bool:
    """Whether the browser is to prove its work first."""
    return _counted(request, "card_failure") >= FAILURES_BEFORE_PROOF


@never_cache
@require_safe
def challenge(request: HttpRequest) -> JsonResponse:
    """A number to be found; a browser takes a second or two."""
    options = ChallengeOptions(max_number=WORK, hmac_key=settings.SECRET_KEY, expires=timezone.now() + ANSWER_LIFETIME)
    return JsonResponse(create_challenge(options).to_dict())


def proof_is_good(request: HttpRequest) -> bool:
    """Whether the form carries a solved challenge that was not used before."""
    answer = request.POST.get("proof", "")[:2000]
    if not answer or not verify_solution(answer, settings.SECRET_KEY)[0]:
        return False
    used = hashlib.sha256(answer.encode()).hexdigest()
    return bool(cache.add(f"proof:{used}", 1, int(ANSWER_LIFETIME.total_seconds())))
