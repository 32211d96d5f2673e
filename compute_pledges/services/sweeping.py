"""Doing one deed for each item of a sweep: one that fails stops no other, is logged, and is shown until it succeeds."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import TypeVar

from django.db.models import F

from compute_pledges.models import SweepFailure

Item = TypeVar("Item")
logger = logging.getLogger(__name__)


def do_each(
    *, sweep: str, items: Iterable[Item], deed: Callable[[Item], int], now: datetime,
    name: Callable[[Item], object] = str,
) -> int:  # fmt: skip
    """The sum of what `deed` returns; the deed owns its transaction. `name` is what admins see of an item."""
    failed = set(SweepFailure.objects.filter(sweep=sweep).values_list("item", flat=True))
    done = 0
    for item in items:
        key = str(name(item))[:80]
        try:
            done += deed(item)
        except Exception as error:  # reason: whatever is wrong with one item must not stop the others
            logger.exception("sweep_item_failed", extra={"sweep": sweep, "item": key})
            _keep(sweep, key, error, now)
        else:
            if key in failed:
                SweepFailure.objects.filter(sweep=sweep, item=key).delete()
    return done


def do_all(*, parts: dict[str, Callable[[], int]], now: datetime) -> int:
    """The sum of the parts of a sweep: one that fails stops no other."""
    return do_each(sweep="parts", items=parts, deed=lambda part: parts[part](), now=now)


def _keep(sweep: str, item: str, error: Exception, now: datetime) -> None:
    words = f"{type(error).__name__}: {error}"[:300]
    row, created = SweepFailure.objects.get_or_create(
        sweep=sweep, item=item, defaults={"error": words, "first_failed_at": now, "failed_at": now}
    )
    if not created:
        SweepFailure.objects.filter(pk=row.pk).update(error=words, failed_at=now, times=F("times") + 1)
