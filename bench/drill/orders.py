"""What the stand-in is told: which faults, how webhooks travel. Both follow from the seed and the number of calls."""

from __future__ import annotations

from typing import Any

import requests

KEY, PUBLISHABLE_KEY = "sk_test_standin_commonweave", "pk_test_standin_commonweave"
WEBHOOK_SECRET = "whsec_standin_commonweave"  # noqa: S105  # reason: the stand-in's own, known to all
# Kind of fault -> probability that a call meets it. Together about seven in a hundred.
FAULTS = {
    "500": 0.015,
    "429": 0.01,
    "lock_timeout": 0.01,
    "lost_after": 0.02,
    "cut_before": 0.01,
    "500_after": 0.005,
}
DROPPED, DUPLICATED, WINDOW_SECONDS = 0.05, 0.4, 4.0


def order(base: str, **facts: Any) -> dict[str, Any]:
    """Set controls or do actions at the stand-in. Raises requests.RequestException."""
    answer = requests.post(
        f"{base}/standin/control", json=facts, headers={"Authorization": f"Bearer {KEY}"}, timeout=30
    )
    answer.raise_for_status()
    return dict(answer.json())


def break_things(base: str, seed: int) -> None:
    """Faults of every kind, webhooks one to five times, out of order, one in twenty never."""
    rules = [{"kind": kind, "probability": chance, "seed": seed} for kind, chance in FAULTS.items()]
    plan = {"drop": DROPPED, "duplicate": DUPLICATED, "most": 4, "shuffle": WINDOW_SECONDS, "seed": seed}
    order(base, faults=rules, webhooks=plan)


def calm_down(base: str) -> None:
    """No more faults; webhooks travel once."""
    order(base, faults=[], webhooks={})
