"""What the cheats kept. Everything here must be zero, and every cheat must have got to its deed.

`credit` of a cheat is the sum of

- device time that is verified or settled on blocks that the cheat itself wrote down as cheated, see `cheated_of`;
- on its other blocks, which are work like any other: what goes beyond the platform's own clock from lease to receipt,
  and what goes beyond the price of a step, which is the highest that an honest machine of the same class was credited;
- what the journal holds for its blocks beyond their own time: a block that was booked twice.

A forged call that was not refused is a difference too.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from bench.cluster_drill.reading import COUNTED, SECOND, blocks_of, lines_of
from bench.cluster_drill.timetable import HONEST

# Between machines that share two cores the measured rates differ a little.
PRICE_TOLERANCE = 1.05
DEEDS = ("doubled", "ahead", "priced")


def judge_cheats(folder: Path, devices: dict[str, str], differences: list[str]) -> dict[str, Any]:
    """{name: what became of it}, and the seconds that all of them kept for what they did not do."""
    price = max(price_of(blocks_of(devices[name])) for name in HONEST)
    cheats = {
        name: judge_cheat(name, devices[name], lines_of(folder, name), price, differences)
        for name in sorted(devices.keys() - set(HONEST))
    }
    return {"cheats": cheats, "cheat_credit_seconds": round(sum(cheat["credit"] for cheat in cheats.values()), 3)}


def price_of(blocks: dict[str, Any]) -> float:
    """Credited microseconds of a step."""
    counted = [block for block in blocks.values() if block.state in COUNTED]
    steps = sum(block.steps for block in counted)
    return sum(block.device_us for block in counted) / steps if steps else 0.0


def judge_cheat(
    name: str, device_id: str, account: list[dict[str, Any]], price: float, differences: list[str]
) -> dict[str, Any]:
    """One cheat's figures, with a sentence for each that is not zero."""
    blocks = blocks_of(device_id)
    cheated = cheated_of(account, blocks)
    deeds = (cheated | {line[deed] for line in account for deed in DEEDS if deed in line}) & blocks.keys()
    tried = [line for line in account if "tried" in line]
    kept = sum(block.device_us for lease, block in blocks.items() if lease in cheated and block.state in COUNTED)
    beyond = sum(beyond_work(block, price) for lease, block in blocks.items() if lease not in cheated)
    credit = (kept + beyond + booked_twice(device_id, blocks)) / SECOND
    if credit:
        differences.append(f"{name}: {credit:.3f} s are credited for nothing")
    if not deeds:
        differences.append(f"{name}: it never handed in its deed")
    differences += [f"{name}: {line['tried']} was not refused" for line in tried if not line["refused"]]
    reasons = {block.reason for lease, block in blocks.items() if lease in cheated and block.reason}
    return {
        "blocks": len(blocks), "deeds": len(deeds), "credit": round(credit, 3), "state": state_of(device_id),
        "reasons": sorted(reasons | {line["refused"] for line in tried}),
    }  # fmt: skip


def cheated_of(account: list[dict[str, Any]], blocks: dict[str, Any]) -> set[str]:
    """Leases of blocks that may earn nothing: a weight is a lie only where the anchor took it into a saved round."""
    weighed = {lease for lease, block in blocks.items() if block.anchor_weight is not None}
    outweighed = {line["outweighed"] for line in account if "outweighed" in line}
    return {line["cheated"] for line in account if "cheated" in line} | (outweighed & weighed)


def beyond_work(block: Any, price: float) -> float:
    """Microseconds of an honest block beyond the platform's clock or the price of its steps."""
    if block.state not in COUNTED:
        return 0.0
    clock = (block.received_at - block.lease.issued_at).total_seconds() * SECOND
    return max(0.0, block.device_us - clock - 1, block.device_us - PRICE_TOLERANCE * price * block.steps)


def booked_twice(device_id: str, blocks: dict[str, Any]) -> int:
    """Microseconds that the journal holds for this machine's blocks beyond their own, over all of its pledges."""
    from django.db.models import Sum

    from compute_pledges.models import GpuTimeEntry

    held = 0
    for sign, side in ((1, "credit"), (-1, "debit")):
        entries = GpuTimeEntry.objects.filter(device_id=device_id, **{f"{side}__in": COUNTED})
        held += sign * (entries.aggregate(moved=Sum("device_us"))["moved"] or 0)
    return abs(held - sum(block.device_us for block in blocks.values() if block.state in COUNTED))


def state_of(device_id: str) -> str:
    """Active, or in quarantine."""
    from compute_pledges.models import Device

    return str(Device.objects.get(pk=device_id).state)
