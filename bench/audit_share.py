"""What auditing costs as a share of the work: the platform's own draw, played for honest machines.

    python -m bench.audit_share --blocks 10 100 1000 --machines 400

A replay costs what the block cost, so the share of blocks that are drawn is the share of the work computed again.
"""

from __future__ import annotations

import argparse
import json

import django


def drawn_blocks(blocks: int, machines: int) -> int:
    """Of `machines` honest machines with `blocks` blocks each, how many blocks are replayed."""
    # Only here: models exist once Django is set up.
    from compute_pledges.models import Device
    from compute_pledges.services.screening import must_audit

    drawn = 0
    for _ in range(machines):
        device = Device(consecutive_valid=0)
        for _ in range(blocks):
            drawn += must_audit(device)
            device.consecutive_valid += 1
    return drawn


def shares(blocks: int, machines: int) -> dict[str, float]:
    """{audited_percent, steady_percent}: of all blocks, and of those after a machine has its record."""
    # Only here: see above.
    from compute_pledges.models.devices import RECORD_BLOCKS

    drawn, first = drawn_blocks(blocks, machines), min(blocks, RECORD_BLOCKS) * machines
    rest = blocks * machines - first
    found = {"audited_percent": round(100 * drawn / (blocks * machines), 2)}
    return found | ({"steady_percent": round(100 * (drawn - first) / rest, 2)} if rest else {})


def main() -> None:
    """A line of JSON for each number of blocks."""
    parser = argparse.ArgumentParser(prog="bench.audit_share", description=__doc__)
    parser.add_argument("--blocks", type=int, nargs="+", default=[10, 100, 1000, 10_000])
    parser.add_argument("--machines", type=int, default=100)
    chosen = parser.parse_args()
    django.setup()
    for blocks in chosen.blocks:
        found = {"blocks_a_machine": blocks, "machines": chosen.machines, **shares(blocks, chosen.machines)}
        print(json.dumps(found), flush=True)


if __name__ == "__main__":
    main()
