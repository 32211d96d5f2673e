"""What counts of a pledge and why, in sentences for its backer and for the creator."""

from __future__ import annotations

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from compute_pledges.models import ComputePledge, PledgeCount
from values.gpu_time import format_gpu_time
from values.numbers import percent_words

Why = PledgeCount.Why
_BECAUSE = {
    Why.WHOLE: _("all of it can be delivered on the schedule before the training must end"),
    Why.SCHEDULE: _("the hours chosen leave {free} of the machine before the training must end"),
    Why.RECORD: _(
        "{factor} of what was due of its owner's earlier pledges was verified, and promises are weighted by that record"
    ),
    Why.QUARTER: _(
        "machines without a record (ten valid blocks in a row) together fill at most a "
        "quarter of a minimum, first come, first counted"
    ),
    Why.TEAM: _("pledges of the project's creator and team never count towards its minimum"),
    Why.MEMORY: _(
        "the machine can hold none of the project's runs: its memory or its connection is too small for them"
    ),
    Why.MACHINE: _("no active, measured machine backs it now"),
}


def reasons_of(count: PledgeCount) -> list[Why]:
    """Everything that keeps the pledge from counting whole, the gravest first."""
    if count.why in (Why.TEAM, Why.MACHINE, Why.MEMORY):
        return [Why(count.why)]
    holds = (
        (count.counted_h100_us < count.credible_h100_us, Why.QUARTER),
        (count.deliverable_us < count.pledge.pledged_us - count.verified_us, Why.SCHEDULE),
        (count.factor_ppm < 1_000_000, Why.RECORD),
    )
    return [why for is_so, why in holds if is_so] or [Why.WHOLE]


def count_words(pledge: ComputePledge, count: PledgeCount | None) -> str:
    """`Of the 40 GPU-h promised, 26 GPU-h count (...), because ... and ...`; why nothing counts where that is so."""
    if pledge.is_takeover:
        return gettext("It takes over hours that the project lacks after its deadline: it earns, and decides nothing.")
    if count is None:
        return gettext("Nothing counts yet: an offer counts once a paired and measured machine backs it.")
    count.pledge = pledge
    free = format_gpu_time(count.free_us) if count.free_us else gettext("no time")
    facts = {"free": free, "factor": percent_words(count.factor_ppm / 10_000, digits=0)}
    because = gettext(", and because ").join(str(_BECAUSE[why]).format(**facts) for why in reasons_of(count))
    told = {
        "promised": format_gpu_time(pledge.pledged_us), "because": because,
        "part": format_gpu_time(counted_device_us(count)), "worth": format_gpu_time(count.counted_h100_us),
    }  # fmt: skip
    if not count.counted_h100_us and count.frozen_at:
        return gettext("Of the %(promised)s promised, nothing counted, because %(because)s.") % told
    if not count.counted_h100_us:
        return gettext("Of the %(promised)s promised, nothing counts, because %(because)s.") % told
    if count.frozen_at:
        words = gettext(
            "Of the %(promised)s promised, %(part)s counted (%(worth)s H100-equivalent), because %(because)s."
        )
    else:
        words = gettext(
            "Of the %(promised)s promised, %(part)s count (%(worth)s H100-equivalent), because %(because)s."
        )
    return words % told


def counted_device_us(count: PledgeCount) -> int:
    """The device time that stands behind what counts: the counted share of what is verified or deliverable."""
    whole = count.verified_us + count.deliverable_us
    if count.credible_h100_us <= 0:
        return 0
    weighted = count.verified_us + count.deliverable_us * count.factor_ppm // 1_000_000
    return min(whole, weighted * count.counted_h100_us // count.credible_h100_us)
