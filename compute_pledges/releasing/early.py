"""Early access to a run's newest checkpoint, for backers whose reward has it, by a link that is signed and expires.

The link is for one delivery: once the reward is taken back, or the link is a day old, it opens nothing, and it opens
nothing for anybody else. Once a run is released, its link is that of everyone.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

from django.core import signing
from django.db.models import Exists, OuterRef
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.models import User
from compute_pledges.models import ModelRelease, Round, RunTensors, TrainingRun
from compute_pledges.releasing.services import last_checkpoint
from compute_pledges.releasing.weights import named_weights
from compute_pledges.services.blobs import open_blob
from projects.models import Benefit, Delivery, Reward

LIFETIME = timedelta(days=1)
MOST_RUNS = 10
_signer = signing.TimestampSigner(salt="compute_pledges.early")


@dataclass(frozen=True, slots=True)
class Early:
    """A checkpoint that a link opens."""

    run: TrainingRun
    round: Round

    @property
    def name(self) -> str:
        """The file's name."""
        return f"{self.run.project.slug}-round-{self.round.index}.safetensors"

    def chunks(self) -> Iterator[bytes]:
        """The weights as safetensors: named where the anchor named them, else as one flat vector."""
        tensors = RunTensors.objects.filter(run=self.run).first()
        with open_blob(self.round.theta_sha256) as flat:
            if tensors is None:
                yield from iter(lambda: flat.read(2**20), b"")
                return
            yield from named_weights(flat, [(name, sizes) for name, sizes in tensors.shapes])


def early_links(delivery: Delivery) -> list[tuple[str, str]]:
    """(label, path) of each run of the project that has a checkpoint, or is released to everyone."""
    is_released = Exists(ModelRelease.objects.filter(run=OuterRef("pk"), state=ModelRelease.State.RELEASED))
    runs = TrainingRun.objects.filter(project=delivery.project_id).annotate(is_released=is_released)
    links = []
    for run in runs.order_by("-created_at")[:MOST_RUNS]:
        if run.is_released:
            label = _("%(run)s, released to everyone") % {"run": run.name}
            links.append((label, reverse("compute:release", args=[run.pk])))
            continue
        checkpoint = last_checkpoint(run)
        if checkpoint is not None:
            token = _signer.sign_object([delivery.pk, str(run.pk), checkpoint.index])
            label = _("%(run)s, as of round %(round)s") % {"run": run.name, "round": checkpoint.index}
            links.append((label, reverse("compute:early_weights", args=[token])))
    return links


def read_early(token: str, reader: User) -> Early | None:
    """What the link opens; None for one that is not ours, is another's, is old, or whose reward or bytes are gone."""
    try:
        delivery_id, run_id, index = _signer.unsign_object(token, max_age=LIFETIME)
    except signing.BadSignature:
        return None
    kind = Reward.Benefit.CHECKPOINTS
    stands = Benefit.objects.filter(delivery=delivery_id, delivery__person=reader, kind=kind).exists()
    rows = Round.objects.filter(run=run_id, index=index, pruned_at=None).select_related("run__project")
    round_ = rows.first()
    return Early(round_.run, round_) if stands and round_ is not None else None
