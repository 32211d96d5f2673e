"""`python -m bench.hostile`: Markdown, pictures and addresses that mean harm, in the large. Ends with 1 for any fault.

CI runs the same inputs in the small: tests/projects/test_hostile.py, tests/browser/test_hostile.py, tests/outward.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from collections.abc import Callable
from multiprocessing import Pool
from typing import Any

import django

from bench.hostile.measuring import cost_of
from bench.hostile.pictures import bombs
from bench.hostile.words import faults_of, texts

MOST_SECONDS, MOST_MIB, PART = 2.0, 100.0, 20_000


def _words(part: tuple[int, int]) -> list[str]:
    from projects.markdown import plain_words, render_markdown

    count, seed = part
    found = []
    for text in texts(count, seed):
        html = render_markdown(text)
        plain_words(html)
        found += [f"{fault} of {text!r}" for fault in faults_of(html)]
    return found


def _addresses(part: tuple[int, int]) -> list[str]:
    from bench.hostile import addresses

    with addresses.without_a_network():
        return [f"{text!r} {fault}" for text in addresses.addresses(*part) for fault in addresses.faults_of(text)]


def many(judge: Callable[[tuple[int, int]], list[str]], inputs: int, seed: int) -> dict[str, Any]:
    """Judged by as many processes as there are cores."""
    parts = [(min(PART, inputs - start), seed + start) for start in range(0, inputs, PART)]
    started = time.monotonic()
    with Pool(os.cpu_count(), django.setup) as pool:
        faults = [fault for found in pool.imap_unordered(judge, parts) for fault in found]
    return {
        "inputs": inputs,
        "seed": seed,
        "seconds": round(time.monotonic() - started),
        "faulty": len(faults),
        "faults": faults[:20],
    }


def pictures() -> dict[str, Any]:
    """Each bomb in a process of its own."""
    from projects.fulfilment.images import NotShown, read_picture

    faults, worst = [], {"seconds": 0.0, "mib": 0.0}
    made = bombs()
    for name, content in made.items():
        cost = cost_of(lambda content=content: f"{read_picture(content).width} wide", refusal=NotShown)
        worst = {"seconds": max(worst["seconds"], cost.seconds), "mib": max(worst["mib"], cost.mib)}
        if cost.seconds > MOST_SECONDS or cost.mib > MOST_MIB or cost.outcome.startswith("!"):
            faults.append(f"{name}: {cost}")
    return {"bombs": len(made), "worst": worst, "faults": faults}


def main() -> int:
    """Prints figures as JSON."""
    parser = argparse.ArgumentParser(prog="bench.hostile")
    parser.add_argument("--only", choices=("pictures", "markdown", "addresses"))
    parser.add_argument("--inputs", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()
    deeds = {
        "pictures": pictures,
        "markdown": lambda: many(_words, asked.inputs, asked.seed),
        "addresses": lambda: many(_addresses, asked.inputs, asked.seed),
    }
    figures = {name: deed() for name, deed in deeds.items() if asked.only in (None, name)}
    print(json.dumps(figures, indent=1))
    return int(any(found["faults"] for found in figures.values()))


if __name__ == "__main__":
    sys.exit(main())
