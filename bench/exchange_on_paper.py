"""The exchange computed where it cannot be measured: 1 B parameters, 100 volunteers, lines of 1 Gbit/s at the platform.

    python -m bench.exchange_on_paper

Bytes a parameter are the measured ones of `bench.exchange`. Seconds are bytes over the narrowest line; lines are full
duplex and carry nothing else. What computes is not counted. With object storage, weights and the spans of reducers come
from there; updates still pass through the platform, which hashes them before it keeps them.
"""

from __future__ import annotations

import argparse
import json
from dataclasses import dataclass

MBIT = 1_000_000 / 8
# float16; what libp2p and HTTP add was measured as less than 1 %.
UPDATE = THETA = AVERAGE = 2.0


@dataclass(frozen=True, slots=True)
class Case:
    """A volunteer has `up_mbit` and `down_mbit`, the platform `line_mbit` each way."""

    parameters: float
    volunteers: int
    line_mbit: float
    up_mbit: float = 20.0
    down_mbit: float = 100.0

    def seconds(self, bytes_a_parameter: float, mbit: float) -> float:
        """Of so many bytes a parameter on a line."""
        return bytes_a_parameter * self.parameters / (mbit * MBIT)

    def hivemind(self, *, is_stored: bool) -> dict[str, float]:
        """Updates to the anchor and again for the audits, averages back meanwhile, then theta to all."""
        line = self.seconds(2 * UPDATE * self.volunteers, self.line_mbit)
        back = self.seconds((AVERAGE + (UPDATE if is_stored else 0)) * self.volunteers, self.line_mbit)
        theta = self.seconds(THETA, self.down_mbit)
        if not is_stored:
            theta = max(theta, self.seconds(THETA * self.volunteers, self.line_mbit))
        return {"updates": max(line, back, self.seconds(2 * UPDATE, self.up_mbit)), "reduction": 0.0, "theta": theta}

    def upload(self, *, is_stored: bool, reducers: int) -> dict[str, float]:
        """Updates in and on to storage, from there to reducers, theta to all. `is_stored`: there is object storage."""
        shared = self.seconds(UPDATE * self.volunteers, self.line_mbit)
        coming, theta = self.seconds(UPDATE, self.up_mbit), self.seconds(THETA, self.down_mbit)
        if not is_stored:
            return {"updates": max(coming, shared), "reduction": 0.0, "theta": max(theta, shared)}
        return {"updates": max(coming, shared), "reduction": shared / reducers, "theta": theta}


def main() -> None:
    """A line of JSON for each form."""
    parser = argparse.ArgumentParser(prog="bench.exchange_on_paper", description=__doc__)
    parser.add_argument("--parameters", type=float, default=1e9)
    parser.add_argument("--volunteers", type=int, default=100)
    parser.add_argument("--line-mbit", type=float, default=1000.0)
    chosen = parser.parse_args()
    case = Case(chosen.parameters, chosen.volunteers, chosen.line_mbit)
    rows = {
        "hivemind, one line": case.hivemind(is_stored=False),
        "upload, one line": case.upload(is_stored=False, reducers=1),
        "hivemind, object storage": case.hivemind(is_stored=True),
        "upload, object storage, 1 reducer": case.upload(is_stored=True, reducers=1),
        "upload, object storage, 4 reducers": case.upload(is_stored=True, reducers=4),
    }
    for name, parts in rows.items():
        total = sum(parts.values())
        shown = {part: round(seconds) for part, seconds in parts.items()}
        hours = round(total * 9 / 3600, 1)
        print(json.dumps({"form": name, **shown, "seconds": round(total), "hours_of_work_for_a_tenth": hours}))


if __name__ == "__main__":
    main()
