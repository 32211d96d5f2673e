"""What completing or abandoning a project leaves undone of its own promises, in numbers."""

from __future__ import annotations

from django.utils.translation import ngettext

from clock.services import business_now
from projects.models import Delivery, Project
from projects.openness.promises import Standing, promises_of

OPEN = (Standing.DUE, Standing.LATE)


def promise_words(project: Project, deed: str) -> list[str]:
    """Sentences about the deed; the figures are those of this moment."""
    if deed not in ("complete", "abandon"):
        return []
    said = []
    if count := sum(promise.standing in OPEN for promise in promises_of(project, business_now())):
        words = ngettext(
            "%(count)s promised output is not released; from then on it is shown as broken.",
            "%(count)s promised outputs are not released; from then on they are shown as broken.",
            count,
        )
        said.append(words % {"count": count})
    owed = Delivery.objects.filter(project=project, state__in=Delivery.OWED).count()
    if deed == "complete" and owed:
        words = ngettext(
            "%(count)s reward is not delivered; it stays owed.",
            "%(count)s rewards are not delivered; they stay owed.",
            owed,
        )
        said.append(words % {"count": owed})
    return said
