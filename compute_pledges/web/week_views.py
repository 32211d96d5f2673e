"""One week of a pledge, explained: what was due and what was not, and the blocks behind each figure."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from compute_pledges.models import PledgeWeek
from compute_pledges.services.week_story import blocks_of, story_of
from compute_pledges.web.pledge_views import own_pledge

BLOCKS_SHOWN = 25


@login_required
@require_safe
def week(request: HttpRequest, pledge_id: UUID, starts: date) -> HttpResponse:
    """The backer's own; an admin sees all."""
    pledge = own_pledge(request, pledge_id)
    found = get_object_or_404(PledgeWeek, pledge=pledge, week_starts_at=starts)
    found.pledge = pledge
    page = Paginator(blocks_of(found), BLOCKS_SHOWN).get_page(request.GET.get("page"))
    context = {"pledge": pledge, "week": found, "story": story_of(week=found, now=timezone.now()), "page": page}
    return render(request, "compute/week.html", context)
