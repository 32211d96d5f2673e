"""Names on model cards that are out: who earned theirs after the card was written, chose another, or took it back.

Weights and all other files stay as they were; the card and the list of hashes are written anew, and the release names
the new list. Found from state, so that a name needs no word from whoever granted it.
"""

from __future__ import annotations

import logging

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet

from compute_pledges.models import ModelRelease, ReleaseFile
from compute_pledges.releasing import side_files
from compute_pledges.releasing.card import BACKERS, with_backers
from compute_pledges.releasing.services import CARD, SUMS, File, keep_file
from compute_pledges.services.s3 import StorageAway
from projects.models import Benefit, Reward
from projects.openness.releasing import renew_run_release

logger = logging.getLogger(__name__)


def renew_names() -> int:
    """Bring every card up to the names that stand on it now; returns how many changed. None stops another."""
    changed = 0
    for release in _named():
        try:
            changed += _renew(release)
        except (StorageAway, OSError):
            logger.warning("card_waits run=%s: storage is away", release.pk)
    return changed


def _named() -> QuerySet[ModelRelease]:
    earned = Benefit.objects.filter(kind=Reward.Benefit.CARD_NAME, delivery__project=OuterRef("run__project"))
    out = ModelRelease.objects.filter(state=ModelRelease.State.RELEASED).select_related("run__project")
    return out.filter(Q(Exists(earned)) | Q(card__contains=BACKERS)).order_by("pk")


def _renew(release: ModelRelease) -> bool:
    card = with_backers(release.card, release.run)
    if card == release.card:
        return False
    files = {file.name: file.sha256 for file in release.files.exclude(name=SUMS[0])}
    readme = keep_file(*CARD, [card.encode()])
    sums = keep_file(*SUMS, [side_files.sums(sorted((files | {readme[0]: readme[2]}).items()))])
    return _swap(release, card, [readme, sums])


@transaction.atomic
def _swap(release: ModelRelease, card: str, files: list[File]) -> bool:
    """Unless another sweep was first."""
    if not ModelRelease.objects.filter(pk=release.pk, card=release.card).update(card=card):
        return False
    for name, _, sha256, size in files:
        ReleaseFile.objects.filter(release=release, name=name).update(sha256=sha256, size=size)
    renew_run_release(run_id=str(release.pk), sha256=files[-1][2])
    return True
