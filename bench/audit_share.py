"""What auditing costs as a share of the work: the platform's own draw, played for honest machines.

    python -m bench.audit_share --blocks 10 100 1000 --machines 400

A replay costs what the block cost, so the share of blocks that are drawn is the share of the work computed again.
"""

from __future__ import annotations

import argparse
import json

import django


def share(blocks: int, machines: int) -> float:
    """Of `machines` honest machines with `blocks` blocks each, how much is replayed."""
    # Only here: models exist once Django is set up.
    from compute_pledges.models import Device
    from compute_pledges.services.screening import must_audit

    drawn = 0
    for _ in range(machines):
        device = Device(consecutive_valid=0)
        for _ in range(blocks):
            drawn += must_audit(device)
            device.consecutive_valid += 1
    return drawn / (blocks * machines)


def main() -> None:
    """A line of JSON for each number of blocks."""
    parser = argparse.ArgumentParser(prog="bench.audit_share", description=__doc__)
    parser.add_argument("--blocks", type=int, nargs="+", default=[10, 100, 1000, 10_000])
    parser.add_argument("--machines", type=int, default=100)
    chosen = parser.parse_args()
    django.setup()
    for blocks in chosen.blocks:
        found = round(100 * share(blocks, chosen.machines), 2)
        print(
            json.dumps({"blocks_a_machine": blocks, "machines": chosen.machines, "audited_percent": found}), flush=True
        )


if __name__ == "__main__":
    main()
