"""What a released run took and who lent it: read from the rows, kept with the release."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, NamedTuple

from django.db.models import Count, Min, Q, Sum

from compute_pledges.models import ModelRelease, Round, TrainingRun, WorkResult
from compute_pledges.standing.listing import hidden_people
from compute_pledges.standing.remembered import remembered

GOOD = Q(state__in=("verified", "settled"))
NAMED = 1000
CREDITED_SECONDS = 900


class Credited(NamedTuple):
    """A volunteer by their public name; device time in microseconds."""

    user_id: int
    name: str
    device_us: int


@dataclass(frozen=True, slots=True)
class Figures:
    """Of the run up to the released checkpoint."""

    rounds: int
    rolled_back: int
    first_loss: float | None
    last_loss: float | None
    best_loss: float | None
    tokens: int
    flops: int
    device_us: int
    h100_us: int
    blocks: int
    machines: int
    refused: int

    @property
    def facts(self) -> dict[str, Any]:
        """As they are kept."""
        return asdict(self)


def figures_of_release(release: ModelRelease) -> Figures:
    """Those that its card was written from. Releases of before they were kept are counted anew."""
    return Figures(**release.facts) if release.facts else figures_of(release.run, release.round.index)


def figures_of(run: TrainingRun, index: int) -> Figures:
    """Of rounds before `index`. Four queries, over all blocks of the run."""
    rounds = Round.objects.filter(run=run, index__lt=index)
    losses = rounds.filter(held_out_loss__isnull=False).order_by("index").values_list("held_out_loss", flat=True)
    counted = rounds.aggregate(
        n=Count("pk"), back=Count("pk", filter=Q(is_rolled_back=True)), best=Min("held_out_loss")
    )
    work = WorkResult.objects.filter(lease__run=run, lease__round__index__lt=index).aggregate(
        tokens=Sum("tokens", filter=GOOD, default=0), flops=Sum("flops", filter=GOOD, default=0),
        device_us=Sum("device_us", filter=GOOD, default=0), h100_us=Sum("h100_us", filter=GOOD, default=0),
        blocks=Count("pk", filter=GOOD), machines=Count("device", filter=GOOD, distinct=True),
        refused=Count("pk", filter=Q(state__in=("rejected", "reversed"))),
    )  # fmt: skip
    return Figures(
        counted["n"], counted["back"], losses.first(), losses.last(), counted["best"], work["tokens"],
        int(work["flops"]), work["device_us"], work["h100_us"], work["blocks"], work["machines"], work["refused"],
    )  # fmt: skip


def credited(run: TrainingRun) -> tuple[list[Credited], int]:
    """Whose work counts, most first; and how many are not named. Two queries, over all blocks of the run."""
    sums = WorkResult.objects.filter(GOOD, lease__run=run, device__sponsored=None).order_by().values(
        "device__owner_id", "device__owner__name"
    ).annotate(device_us=Sum("device_us"))  # fmt: skip
    everyone = sums.count()
    listed = sums.filter(device__owner__is_active=True).exclude(device__owner_id__in=hidden_people())
    shown = listed.order_by("-device_us", "device__owner_id").values_list(
        "device__owner_id", "device__owner__name", "device_us"
    )
    names = [Credited(pk, name or f"Member {pk}", device_us) for pk, name, device_us in shown[:NAMED]]
    return names, everyone - len(names)


def remembered_credits(run: TrainingRun) -> tuple[list[Credited], int]:
    """The same, up to CREDITED_SECONDS old; made anew at once when somebody leaves the lists."""
    return remembered(f"credited:{run.pk}", CREDITED_SECONDS, lambda: credited(run))
