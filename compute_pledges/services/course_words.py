"""What completing or abandoning a project does to its promised GPU time, in numbers."""

from __future__ import annotations

from django.db.models import Sum
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from compute_pledges.models import ComputePledge
from projects.models import Project
from values.gpu_time import format_gpu_time


def compute_words(project: Project, deed: str) -> list[str]:
    """Sentences about the deed; the figures are those of this moment."""
    if deed not in ("complete", "abandon"):
        return []
    rows = ComputePledge.objects.filter(project=project, state__in=ComputePledge.OPEN_STATES)
    count, promised = rows.count(), rows.aggregate(n=Sum("pledged_us"))["n"] or 0
    if not count:
        return []
    words = ngettext(
        "%(count)s promise of GPU time over %(sum)s ends.", "%(count)s promises of GPU time over %(sum)s end.", count
    )  # fmt: skip
    kept = _("What is verified stays credited; what was not used is its owner's again, or goes on where they chose.")
    return [words % {"count": count, "sum": format_gpu_time(promised)}, kept]
