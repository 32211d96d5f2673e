"""How long theta and updates are kept: until every audit, dispute and appeal that needs them is closed.

After that a round's bytes go, but for every 50th checkpoint and the newest ones. What is journaled stays for ever.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db.models import Exists, F, Max, OuterRef, QuerySet, Subquery
from django.db.models.functions import Mod

from compute_pledges.models import Audit, PlantedBlock, Round, TrainingRun, WorkResult
from compute_pledges.services.appeals import APPEAL_WINDOW
from compute_pledges.services.blobs import delete_blob
from compute_pledges.services.receiving import delete_orphans
from compute_pledges.services.uploads import forget_stale

State = WorkResult.State
UNDECIDED = (State.REPORTED, State.AUDITING, State.VERIFIED)
REFUSED = (State.REJECTED, State.REVERSED)
# Agents and auditors may still be reading the bytes of a round that has just closed.
QUIET_TIME = timedelta(minutes=10)
KEPT_EVERY, KEPT_NEWEST = 50, 3
BATCH = 200


def prunable_rounds(*, now: datetime) -> QuerySet[Round]:
    """Closed rounds whose bytes nobody needs any more."""
    newest = Round.objects.filter(run=OuterRef("run")).order_by().values("run").annotate(top=Max("index")).values("top")
    results = WorkResult.objects.filter(lease__round=OuterRef("pk"))
    undecided = results.filter(state__in=UNDECIDED)
    appealable = results.filter(state__in=REFUSED, received_at__gt=now - APPEAL_WINDOW)
    rounds = Round.objects.annotate(place=Mod("index", KEPT_EVERY), behind=Subquery(newest) - F("index"))
    audited = Audit.objects.filter(result__lease__round=OuterRef("pk"), state__in=Audit.OPEN)
    settled = rounds.exclude(Exists(undecided)).exclude(Exists(appealable)).exclude(Exists(audited))
    return settled.filter(pruned_at=None, closed_at__lte=now - QUIET_TIME, place__gt=0, behind__gte=KEPT_NEWEST)


def prune_blobs(*, now: datetime) -> int:
    """Delete what nobody needs, round by round, and uploads that nobody went on with; returns how many rounds."""
    due = list(prunable_rounds(now=now).order_by("closed_at")[:BATCH])
    for round_ in due:
        # Marked first: a theta that later rounds share (nothing was merged) goes with the last of them.
        Round.objects.filter(pk=round_.pk).update(pruned_at=now)
        # Only the newest state in full precision is of use, and parts of a reduction are of none once it is merged.
        parts = [name for name in (round_.state_sha256, *round_.reduction_parts.values()) if name]
        Round.objects.filter(pk=round_.pk).update(state_sha256="")
        updates = WorkResult.objects.filter(lease__round=round_).values_list("update_sha256", flat=True)
        _delete_unused({round_.theta_sha256, *updates, *parts, *_audited(round_)})
    forget_stale(now=now.timestamp())
    delete_orphans(now=now)
    return len(due)


def _audited(round_: Round) -> set[str]:
    """States that were revealed, and what was planted, for audits of this round."""
    revealed = Audit.objects.filter(result__lease__round=round_).exclude(reveal={}).values_list("reveal", flat=True)
    planted = PlantedBlock.objects.filter(source__result__lease__round=round_).values_list("receipt", "reveal")
    names = {name for reveal in revealed for name in reveal.values()}
    for receipt, reveal in planted:
        names |= {receipt["update_sha256"], *reveal.values()}
    return names


def _delete_unused(names: Iterable[str]) -> None:
    for sha256 in names:
        # A fork that has not begun starts from weights of its origin.
        is_start = TrainingRun.objects.filter(start_sha256=sha256).exclude(state=TrainingRun.State.STOPPED).exists()
        is_theta = is_start or Round.objects.filter(theta_sha256=sha256, pruned_at=None).exists()
        if not is_theta and not WorkResult.objects.filter(update_sha256=sha256, lease__round__pruned_at=None).exists():
            delete_blob(sha256)
