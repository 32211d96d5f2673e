"""What became of a money plan, on the pages of projects, which know nothing of payouts themselves."""

from __future__ import annotations

from collections.abc import Iterable

from django import template

from payments.models import Payout
from projects.models import Milestone

register = template.Library()


@register.simple_tag
def paid_tranches(milestones: Iterable[Milestone]) -> list[tuple[Milestone, Payout | None]]:
    """Each milestone with the payout that paid it, or None; one query."""
    steps = list(milestones)
    paid = Payout.objects.filter(milestone__in=steps, state=Payout.State.PAID) if steps else ()
    by_step = {payout.milestone_id: payout for payout in paid}
    return [(step, by_step.get(step.pk)) for step in steps]
