"""Faults that tests order for calls of the API: for the next N calls, or at random with a seed.

A rule is `{"kind", "path"?, "method"?, "count"?, "probability"?, "seed"?}`; `path` is part of the address. Rules are
tried in order, one fault at most. `count` is used up (1 where neither it nor a probability is given). The same seed
and the same order of calls give the same faults.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import Any

from payments.stripe_standin.errors import ApiError, invalid
from payments.stripe_standin.store import Store

FIELDS = {"kind", "path", "method", "count", "probability", "seed", "drawn"}


@dataclass(frozen=True, slots=True)
class Fault:
    """`after`: the effect is done first. `cut`: the connection ends without an answer, else `error` is the answer."""

    after: bool = False
    cut: bool = False
    error: ApiError | None = None


def _refused(status: int, code: str, message: str) -> Fault:
    kind = "idempotency_error" if status == 409 else "invalid_request_error"
    return Fault(error=ApiError(status, message, kind, code=code))


def _broken(status: int, *, after: bool = False) -> Fault:
    return Fault(after=after, error=ApiError(status, "A fault that a test ordered.", "api_error"))


KINDS = {
    "500": _broken(500),
    "503": _broken(503),
    "500_after": _broken(500, after=True),
    "lost": _broken(500, after=True),
    "409": _refused(409, "idempotency_key_in_use", "There is currently another in-progress request using this key."),
    "429": _refused(429, "rate_limit", "Too many requests. Exponential backoff is recommended."),
    "lock_timeout": _refused(429, "lock_timeout", "This object cannot be accessed right now; try again later."),
    "lost_after": Fault(after=True, cut=True),
    "cut_before": Fault(cut=True),
}


def read_rules(given: Any) -> list[dict[str, Any]]:
    """Checked rules. Raises ApiError 400."""
    if not isinstance(given, list) or not all(isinstance(rule, dict) for rule in given):
        raise invalid("faults must be a list of objects.", "faults")
    for rule in given:
        if unknown := set(rule) - FIELDS:
            raise invalid(f"Unknown field of a fault: {min(unknown)}", "faults")
        if str(rule.get("kind")) not in KINDS:
            raise invalid(f"Unknown kind of fault: {rule.get('kind')}. Known: {', '.join(KINDS)}", "faults")
    return [{**rule, "kind": str(rule["kind"])} for rule in given]


def strikes(rule: dict[str, Any]) -> bool:
    """Whether the rule takes effect now; draws and counts are kept in the rule."""
    if "probability" in rule:
        rule["drawn"] = rule.get("drawn", 0) + 1
        dice = random.Random(f"{rule.get('seed', 0)}:{rule['kind']}:{rule['drawn']}")  # noqa: S311  # reason: replay
        if dice.random() >= float(rule["probability"]):
            return False
        if "count" not in rule:
            return True
    rule["count"] = int(rule.get("count", 1)) - 1
    return True


def draw(store: Store, method: str, path: str) -> Fault | None:
    """The fault of this call, if any."""
    rules = store.fact("faults", [])
    if not rules:
        return None
    struck = None
    for rule in rules:
        if rule.get("path", "") in path and rule.get("method", method) == method and strikes(rule):
            struck = KINDS[rule["kind"]]
            break
    store.set_fact("faults", [rule for rule in rules if rule.get("count", 1) > 0])
    return struck
