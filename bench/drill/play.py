"""The part of the drill that knows Django: a process of its own that tells its parent by lines of JSON in a file.

`{"say": …}` is progress, `{"phase": "chaos" | "calm"}` says whether things may be broken, `{"verdict": …}` is the end.
"""

from __future__ import annotations

import json
import sqlite3
import sys
import time
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any, TextIO

import django

CALM_SECONDS = 120
# One turn of the slowest sweep: what was dropped last is news to the platform only then.
SWEEP_SECONDS = 16


class Teller:
    """Writes the lines."""

    def __init__(self, file: TextIO) -> None:
        self.file = file

    def tell(self, **facts: Any) -> None:
        """One line, at once."""
        self.file.write(json.dumps(facts) + "\n")
        self.file.flush()

    def say(self, text: str) -> None:
        """Progress for people."""
        self.tell(say=text)


def main() -> int:
    """`play.py FILE SEED PLEDGES STATE_DIR DAMAGES`."""
    file, seed, pledges, state, damages = sys.argv[1:]
    django.setup()
    with Path(file).open("a") as lines:
        return play(Teller(lines), int(seed), int(pledges), Path(state), [name for name in damages.split(",") if name])


def play(teller: Teller, seed: int, pledges: int, state: Path, damages: Iterable[str]) -> int:
    """Everything from the first account to the verdict."""
    from django.conf import settings

    from bench.drill import orders
    from bench.drill.damage import DAMAGES
    from bench.drill.forger import Forger
    from bench.drill.plan import make_plan
    from bench.drill.seed import make_cast
    from bench.drill.story import Story

    base, plan = settings.STRIPE_API_BASE, make_plan(seed, pledges)
    orders.order(base, record=str(state / "requests.jsonl"))
    story = Story(plan, make_cast(plan), teller.say)
    forger = Forger(settings.SITE_URL, seed)
    forger.start()
    orders.break_things(base, seed)
    teller.tell(phase="chaos")
    story.tell()
    teller.tell(phase="calm")
    orders.calm_down(base)
    wait_until_settled(teller, story)
    for name in damages:
        DAMAGES[name]()
    forger.stopping.set()
    forger.join(30)
    teller.tell(verdict=verdict(story, forger, state))
    return 0


def wait_until_settled(teller: Teller, story: Any) -> None:
    """Faults are off: what is on its way arrives within two minutes, or it is stuck."""
    began = time.monotonic()
    time.sleep(SWEEP_SECONDS)
    while (left := story.left()) and time.monotonic() - began < CALM_SECONDS:
        time.sleep(1)
    teller.say(f"faults off: {sum(left.values())} open after {time.monotonic() - began:.0f} s")


def verdict(story: Any, forger: Any, state: Path) -> dict[str, Any]:
    """The comparison, with what the drill did."""
    from bench.drill.patience import keep_trying
    from bench.drill.verdict import judge
    from clock.services import business_now

    found = keep_trying(lambda: judge(now=business_now()))
    missing = len(story.plan.of("before")) - len(story.by_item(support=None, is_late=False))
    if story.failures:
        found.differences.append(
            f"{len(story.failures)} people were stopped by an error that nobody expects: {story.failures[0]}"
        )
    if missing:
        found.differences.append(f"{missing} pledges were asked for and are not here")
    if forger.accepted:
        found.differences.append(f"{forger.accepted} forged webhooks were not refused")
    calls, faults = count_calls(state / "requests.jsonl")
    more: dict[str, Any] = {
        "seed": story.plan.seed,
        "calls": calls,
        "faults": faults,
        "webhooks_delivered": count_deliveries(state),
    }
    more |= {"forged_refused": forger.answers[400], "mix": keep_trying(mix)}
    return {"clean": found.is_clean, "line": found.line(**more)}


def mix() -> dict[str, dict[str, int]]:
    """What there was of everything, by state: whether the run met what it is for."""
    from django.db.models import Count

    from payments.models import CashPledge, Dispute, Payment, Payout, Refund
    from projects.models import Project

    kinds = {
        "pledges": CashPledge, "attempts": Payment, "refunds": Refund, "disputes": Dispute, "payouts": Payout,
        "projects": Project,
    }  # fmt: skip
    return {
        name: dict(model._default_manager.order_by("state").values_list("state").annotate(n=Count("pk")))  # noqa: SLF001  # reason: Django's public name
        for name, model in kinds.items()
    }


def count_calls(file: Path) -> tuple[int, int]:
    """Requests that reached the stand-in, and those that a fault answered or cut."""
    statuses: Counter[int] = Counter()
    with file.open() as lines:
        for line in lines:
            statuses[json.loads(line)["status"]] += 1
    return statuses.total(), sum(statuses[status] for status in (429, 500, 502))


def count_deliveries(state: Path) -> int:
    """Webhooks that our site took, copies counted."""
    with sqlite3.connect(f"file:{state / 'stripe' / 'standin.sqlite3'}?mode=ro", uri=True) as store:
        return int(store.execute("SELECT count(*) FROM deliveries WHERE done = 1").fetchone()[0])


if __name__ == "__main__":
    sys.exit(main())
