"""`python -m bench.cluster_drill.verdict FOLDER SEED CAST`: the books beside what each machine knows of itself.

Prints one line of JSON with the figures and the differences. For an honest machine:

- `verified`: seconds of device time on its blocks that are verified or settled, by the platform's books;
- `true`: computed from the machine's own account alone (`done.jsonl`): the steps that its agent wrote down at the end
  of each block's training, merged or not, handed in or not; their FLOPs by the published formula; divided by the rate
  that the rules give it from its own clock (its best block so far, at least half of its class's rate), and never more
  than its own clock from asking for the lease to the answer to the receipt. So a block that the platform lost, refused,
  invented or priced wrongly makes the two differ.

What is asked of a cheat: see `cheating`. Nothing is repaired here.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import django

from bench.cluster_drill.cheating import judge_cheats
from bench.cluster_drill.reading import COUNTED, SECOND, blocks_of, lines_of
from bench.cluster_drill.timetable import CONFIG, HONEST, HYPER
from compute_pledges.catalog import CATALOG
from values.gpu_time import training_flops

TOLERANCE = 0.05
DRILL_CLASS = "cpu-thread"
REFUSED = ("rejected", "reversed")


def true_seconds(account: list[dict[str, Any]]) -> float:
    """What a machine's own account comes to by the rules."""
    elapsed = {line["handed_in"]: line["elapsed"] for line in account if "handed_in" in line}
    rate, total = CATALOG[DRILL_CLASS].flops_per_second / 2, 0.0
    for line in (line for line in account if "steps" in line):
        flops = training_flops(
            tokens=line["steps"] * HYPER["batch"] * HYPER["sequence"], parameters=line["parameters"],
            layers=CONFIG["n_layer"], width=CONFIG["n_embd"], sequence=HYPER["sequence"],
        )  # fmt: skip
        own = elapsed.get(line["lease"])
        total += flops / rate if own is None else min(flops / rate, own)
        if own:
            rate = max(rate, flops / own)
    return total


def seconds_of(blocks: dict[str, Any], account: list[dict[str, Any]]) -> dict[str, float]:
    """{verified, true} of an honest machine."""
    verified = sum(block.device_us for block in blocks.values() if block.state in COUNTED)
    return {"verified": round(verified / SECOND, 2), "true": round(true_seconds(account), 2)}


def journal_difference() -> float:
    """Seconds by which journal and blocks differ, summed over machines and pledges without their signs."""
    from django.db.models import Sum

    from compute_pledges.models import GpuTimeEntry, WorkResult

    total = 0
    for name in ("device_id", "pledge_id"):
        held: dict[Any, int] = {}
        for sign, side in ((1, "credit"), (-1, "debit")):
            entries = GpuTimeEntry.objects.filter(**{f"{side}__in": COUNTED})
            for key, moved in entries.order_by().values_list(name).annotate(Sum("device_us")):
                held[key] = held.get(key, 0) + sign * moved
        blocks = WorkResult.objects.filter(state__in=COUNTED).order_by().values_list(name).annotate(Sum("device_us"))
        earned = dict(blocks)
        total += sum(abs(held.get(key, 0) - earned.get(key, 0)) for key in held.keys() | earned.keys())
    return total / SECOND


def judge_honest(folder: Path, devices: dict[str, str], differences: list[str]) -> dict[str, Any]:
    """Figures of the four, with a sentence for each that does not fit."""
    seconds, rejected = {}, 0
    for name in HONEST:
        blocks = blocks_of(devices[name])
        figures = seconds[name] = seconds_of(blocks, lines_of(folder, name))
        if not figures["true"] or abs(figures["verified"] - figures["true"]) > TOLERANCE * figures["true"]:
            differences.append(f"{name}: {figures['verified']} s verified, {figures['true']} s true")
        for block in blocks.values():
            if block.state in REFUSED:
                rejected += 1
                differences.append(f"{name}: an honest block was {block.state}: {block.reason}")
    return {"verified_seconds": seconds, "honest_blocks_rejected": rejected}


def judge_training(run_id: str, differences: list[str]) -> dict[str, Any]:
    """Rounds that merged something, and the held-out loss of the first and the last of them."""
    from compute_pledges.models import Round

    merged = Round.objects.filter(run_id=run_id, closed_at__isnull=False).exclude(merged_weights={}).order_by("index")
    losses = [round_.held_out_loss for round_ in merged]
    first, last = (losses[0], losses[-1]) if losses else (None, None)
    if len(losses) < 2 or last >= first:
        differences.append(f"The held-out loss went from {first} to {last} in {len(losses)} rounds.")
    return {"rounds": len(losses), "loss_first": first, "loss_last": last}


def judge_books(differences: list[str]) -> dict[str, Any]:
    """Journal, invariants, and whatever is still undecided."""
    from audit.invariants import find_breaches
    from compute_pledges.invariants import INVARIANTS
    from compute_pledges.models import WorkResult

    open_blocks = WorkResult.objects.filter(state__in=("reported", "auditing")).count()
    if open_blocks:
        differences.append(f"{open_blocks} blocks are still undecided.")
    broken = [finding for finding in find_breaches(INVARIANTS) if not finding.holds]
    differences += [f"audit_compute: {finding.invariant.name}: {finding.samples[:3]}" for finding in broken]
    difference = journal_difference()
    if difference:
        differences.append(f"Journal and blocks differ by {difference} s.")
    return {"journal_difference": difference, "audit_findings": len(broken)}


def main() -> int:
    """Judge and print."""
    folder, seed, cast = Path(sys.argv[1]), int(sys.argv[2]), json.loads(sys.argv[3])
    django.setup()
    differences: list[str] = []
    figures = {
        **judge_training(cast["run"], differences),
        **judge_honest(folder, cast["devices"], differences),
        **judge_cheats(folder, cast["devices"], differences),
        **judge_books(differences),
    }
    print(json.dumps({**figures, "differences": differences, "seed": seed}))
    return 0


if __name__ == "__main__":
    sys.exit(main())
