"""What the demo's recorded runs were trained on, made by code; the same bytes at every call.

`chirps` is 16-bit mono audio at 16 kHz, as the cluster's audio task reads it; `clauses` is text.
"""

from __future__ import annotations

import math
import random
from array import array

RATE = 16_000
SPECIES, SECONDS, NOISE = 12, 90, 0.02
CLAUSES = 9_000
WHO = ("The tenant", "The landlord", "A subtenant", "The agent of the landlord", "Whoever signs below")
DUTY = ("shall pay", "shall return", "may keep", "shall not alter", "shall repair", "may inspect", "shall insure")
WHAT = (
    "the deposit of {n} euros", "the keys", "the heating", "the rent of {n} euros", "the garden", "the windows",
    "the shared stairs", "the meter", "the cellar",
)  # fmt: skip
WHEN = (
    "by day {d} of each month", "within {d} days", "before the end of the term", "after {d} days' notice",
    "as long as this contract lasts", "at the cost of the landlord",
)  # fmt: skip
UNLESS = ("", ", unless both agree in writing", ", or the law says otherwise", ", and no later than {d} months after")


def chirps(seed: int = 20) -> bytes:
    """Calls of a dozen made-up birds over wind: each species sweeps between two pitches with its own beat."""
    chance = random.Random(seed)  # noqa: S311  # reason: demo data, to be the same again
    birds = [(chance.uniform(1500, 4500), chance.uniform(0.6, 1.6), chance.uniform(6, 24)) for _ in range(SPECIES)]
    samples = array("h")
    while len(samples) < SECONDS * RATE:
        base, sweep, beat = chance.choice(birds)
        samples.extend(_call(chance, base=base, sweep=sweep, beat=beat, seconds=chance.uniform(0.15, 0.6)))
        samples.extend(_wind(chance, seconds=chance.uniform(0.05, 0.3)))
    return samples[: SECONDS * RATE].tobytes()


def clauses(seed: int = 20) -> bytes:
    """Numbered clauses of rental contracts, put together from parts."""
    chance = random.Random(seed)  # noqa: S311  # reason: demo data, to be the same again
    lines = (" ".join(map(chance.choice, (WHO, DUTY, WHAT, WHEN))) + chance.choice(UNLESS) for _ in range(CLAUSES))
    return "".join(
        f"{1 + number % 40}. {line.format(n=chance.randrange(300, 1500, 10), d=chance.randrange(2, 28))}.\n"
        for number, line in enumerate(lines)
    ).encode()


def _call(chance: random.Random, *, base: float, sweep: float, beat: float, seconds: float) -> list[int]:
    count, phase, call = int(seconds * RATE), 0.0, []
    for index in range(count):
        place = index / count
        phase += 2 * math.pi * base * sweep**place / RATE
        loudness = math.sin(math.pi * place) * (0.6 + 0.4 * math.sin(2 * math.pi * beat * index / RATE))
        call.append(_sample(0.5 * loudness * (math.sin(phase) + 0.3 * math.sin(2 * phase)) + chance.gauss(0, NOISE)))
    return call


def _wind(chance: random.Random, *, seconds: float) -> list[int]:
    return [_sample(chance.gauss(0, NOISE)) for _ in range(int(seconds * RATE))]


def _sample(value: float) -> int:
    return int(max(-1.0, min(1.0, value)) * 32_767)
