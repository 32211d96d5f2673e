"""What counts of a pledge and why, in sentences for its backer and for the creator."""

from __future__ import annotations

from compute_pledges.models import ComputePledge, PledgeCount
from values.gpu_time import format_gpu_time

Why = PledgeCount.Why
_BECAUSE = {
    Why.WHOLE: "all of it can be delivered on the schedule before the training must end",
    Why.SCHEDULE: "the hours chosen leave {free} of the machine before the training must end",
    Why.RECORD: "{factor} % of what was due of its owner's earlier pledges was verified, and promises are weighted"
    " by that record",
    Why.QUARTER: "machines without a record (ten valid blocks in a row) together fill at most a quarter of a minimum,"
    " first come, first counted",
    Why.TEAM: "pledges of the project's creator and team never count towards its minimum",
    Why.MEMORY: "the machine can hold none of the project's runs: its memory or its connection is too small for them",
    Why.MACHINE: "no active, measured machine backs it now",
}


def count_words(pledge: ComputePledge, count: PledgeCount | None) -> str:
    """`Of the 40 GPU-h promised, 26 GPU-h count (...), because ...`; why nothing counts where that is so."""
    if pledge.is_takeover:
        return "It takes over hours that the project lacks after its deadline: it earns, and decides nothing."
    if count is None:
        return "Nothing counts yet: an offer counts once a paired and measured machine backs it."
    promised = format_gpu_time(pledge.pledged_us)
    part = counted_device_us(count)
    because = _BECAUSE[Why(count.why)].format(
        free=format_gpu_time(count.free_us) if count.free_us else "no time", factor=f"{count.factor_ppm / 10_000:.0f}"
    )
    verb = "counted" if count.frozen_at else "count"
    worth = format_gpu_time(count.counted_h100_us)
    if not count.counted_h100_us:
        return f"Of the {promised} promised, nothing {'counted' if count.frozen_at else 'counts'}, because {because}."
    return f"Of the {promised} promised, {format_gpu_time(part)} {verb} ({worth} H100-equivalent), because {because}."


def counted_device_us(count: PledgeCount) -> int:
    """The device time that stands behind what counts: the counted share of what is verified or deliverable."""
    whole = count.verified_us + count.deliverable_us
    if count.credible_h100_us <= 0:
        return 0
    weighted = count.verified_us + count.deliverable_us * count.factor_ppm // 1_000_000
    return min(whole, weighted * count.counted_h100_us // count.credible_h100_us)
