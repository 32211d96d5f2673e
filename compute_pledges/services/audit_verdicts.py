"""What an audit's figures mean for the block, and for who audited it.

A distance up to the first threshold passes, above the second fails, between them nothing is clear. The losses of single
steps must be those of the replay as well: who skips steps can only guess them. How far honest and other blocks lie from
their replay is measured by `make calibrate-audits`.

One pass verifies. Nobody is condemned by one audit: a second, by the platform, must fail too. What three audits leave
open is not credited, and costs the machine no trust.
"""

from __future__ import annotations

import math
import secrets
from datetime import datetime

from django.utils.translation import gettext

from compute_pledges.models import Audit, WorkResult
from compute_pledges.services.reveals import draw_segment
from compute_pledges.services.verification import quarantine, reject, restore, reverse, verify
from training_cluster.protocol_audit import (
    ACCEPT_LOSS_DIFFERENCE,
    ACCEPT_RELATIVE_L2,
    ACCEPT_SEGMENT_L2,
    REJECT_RELATIVE_L2,
    REJECT_SEGMENT_L2,
)
from values.numbers import decimal_words

MAX_ATTEMPTS = 3
# The platform looks again at this share of what volunteers' machines passed.
RECHECK_SHARE = 0.05
State, Purpose, Block = Audit.State, Audit.Purpose, WorkResult.State


def finite(value: object) -> float | None:
    """A finite number of a report."""
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return float(value) if is_number and math.isfinite(value) else None  # type: ignore[arg-type]  # reason: checked above


def limits_of(audit: Audit) -> tuple[float, float]:
    """Distances up to which it passes and above which it fails; a segment has its own, relative to what it moved."""
    if audit.segment is None:
        return ACCEPT_RELATIVE_L2, REJECT_RELATIVE_L2
    return ACCEPT_SEGMENT_L2, REJECT_SEGMENT_L2


def has_other_losses(audit: Audit) -> bool:
    """Whether the receipt's losses are not those of the replay."""
    return audit.max_loss_difference is not None and audit.max_loss_difference > ACCEPT_LOSS_DIFFERENCE


def judge(audit: Audit) -> str:
    """An update that cannot be read has no distance and fails."""
    if audit.relative_l2 is None:
        return State.FAILED if audit.error.startswith("update:") else State.UNCLEAR
    if has_other_losses(audit):
        return State.FAILED
    accept, refuse = limits_of(audit)
    if audit.relative_l2 <= accept:
        return State.PASSED
    return State.FAILED if audit.relative_l2 > refuse else State.UNCLEAR


def apply_audit(audit: Audit, result: WorkResult, now: datetime) -> None:
    """Verify, look again, condemn or give up. Callers hold the block's row lock."""
    if audit.purpose == Purpose.APPEAL:
        return
    if audit.state == State.PASSED:
        if audit.purpose == Purpose.ANEW:
            restore(result=result, reason=gettext("Given back on appeal, after a replay."), now=now)
        else:
            verify(result=result, now=now)
        if audit.auditor_id and secrets.randbelow(1_000_000) < RECHECK_SHARE * 1_000_000:
            look_again(result, Purpose.RECHECK)
        return
    ended = list(result.audits.filter(purpose=audit.purpose).exclude(state__in=Audit.OPEN))
    failed = [other for other in ended if other.state == State.FAILED]
    if len(failed) > 1 and any(other.auditor_id is None for other in failed):
        condemn(audit if audit.state == State.FAILED else failed[-1], result, now)
    elif len(ended) < MAX_ATTEMPTS:
        look_again(result, audit.purpose)
    else:
        give_up(audit, result, now)


def look_again(result: WorkResult, purpose: str) -> Audit:
    """One more audit of a block, of the whole of it where a volunteer's machine may be gone by now."""
    last = result.audits.order_by("-attempt").first()
    attempt, cause = (last.attempt + 1, last.cause) if last else (1, Audit.Cause.DRAWN)
    return Audit.objects.create(result=result, attempt=attempt, cause=cause, purpose=purpose)


def draw(result: WorkResult, cause: str, now: datetime) -> Audit:
    """The first audit of a block: of a segment where the whole would cost too much, unless the block looks odd."""
    is_odd = cause in (Audit.Cause.ALIKE, Audit.Cause.FIRST_LOSS)
    segment, until = (None, None) if is_odd else draw_segment(result=result, now=now)
    state = State.REVEALING if until else State.PENDING
    audit, _ = Audit.objects.get_or_create(
        result=result,
        attempt=1,
        defaults={"cause": cause, "segment": segment, "state": state, "reveal_until": until},
    )
    return audit


def condemn(audit: Audit, result: WorkResult, now: datetime) -> None:
    """Two audits failed: the block earns nothing, and the machine must answer for what was not checked."""
    reason = failure(audit)
    if result.state in (Block.VERIFIED, Block.SETTLED):
        reverse(result=result, reason=reason, now=now)
    else:
        reject(result=result, reason=reason, now=now)
    quarantine(device_id=result.device_id, reason=reason, now=now)


def give_up(audit: Audit, result: WorkResult, now: datetime) -> None:
    """Nothing is clear: not credited, no trust lost. What was verified before a second look stays."""
    if audit.purpose != Purpose.VERDICT:
        return
    why = (
        gettext("The audits of this block did not agree")
        if audit.relative_l2 is not None
        else gettext("It could not be replayed")
    )
    reject(result=result, reason=gettext("%(why)s; no trust was lost. You can appeal.") % {"why": why}, now=now)


def failure(audit: Audit) -> str:
    """Why a block was refused, for its volunteer."""
    where = "" if audit.segment is None else gettext(" in segment %(segment)s") % {"segment": audit.segment}
    if has_other_losses(audit):
        return gettext(
            "Replay did not give the losses of the receipt%(where)s (%(max_loss_difference)s "
            "apart; up to %(accept_loss_difference)s is accepted)."
        ) % {
            "where": where,
            "max_loss_difference": decimal_words(audit.max_loss_difference or 0.0, 3),
            "accept_loss_difference": ACCEPT_LOSS_DIFFERENCE,
        }
    distance = (
        "unreadable"
        if audit.relative_l2 is None
        else gettext("%(relative_l2)s away") % {"relative_l2": decimal_words(audit.relative_l2, 3)}
    )
    accept, _ = limits_of(audit)
    return gettext("Replay did not give the uploaded update%(where)s (%(distance)s; up to %(accept)s is accepted).") % {
        "where": where,
        "distance": distance,
        "accept": accept,
    }
