"""The creator's dashboard: what waits, both curves, where backers come from, who they are, runs, payouts."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from itertools import islice

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.current import signed_in
from clock.services import business_now
from compute_pledges.models import TrainingRun
from pages.creator.backers import ENDED, STANDING, Asked, backers, read_cursor
from pages.creator.curves import HEIGHT, WIDTH, curves_of
from pages.creator.runs import health_of
from pages.creator.todo import todo_of
from pages.creator.waiting import waiting_for
from payments.models import Payout
from projects.creating_views import own_project
from projects.models import Project
from projects.referrals import sources_of
from projects.roles import permissions_of

RUNS_SHOWN, PAYOUTS_SHOWN, BACKERS_SHOWN = 5, 5, 100


class _Echo:
    """A file that gives back what is written to it."""

    def write(self, value: str) -> str:
        return value


@login_required
@require_safe
def dashboard(request: HttpRequest, slug: str) -> HttpResponse:
    """Everything on one page, as far as the role goes."""
    project, now = own_project(request, slug, "see"), business_now()
    may = permissions_of(signed_in(request), project)
    waits, payouts = waiting_for(project, now), []
    if "money" in may:
        rows = Payout.objects.filter(project=project).select_related("milestone").order_by("-requested_at")
        payouts = list(rows[:PAYOUTS_SHOWN])
    newest = payouts[0] if payouts else None
    context = {
        "project": project, "now": now, "may": dict.fromkeys(may, True),
        "todo": todo_of(project, may=may, waits=waits, newest_payout=newest, now=now),
        "curves": curves_of(project, now), "width": WIDTH, "height": HEIGHT,
        "sources": sources_of(project, now=now),
        "health": health_of(project, timezone.now()) if waits.going_runs else [],
        "stopped": _stopped(project) if waits.stopped_runs else [],
        "payouts": payouts, "deliveries": waits.owed,
    }  # fmt: skip
    return render(request, "pages/creator/dashboard.html", context)


def _stopped(project: Project) -> list[TrainingRun]:
    runs = TrainingRun.objects.filter(project=project, state=TrainingRun.State.STOPPED)
    return list(runs.order_by("-created_at")[:RUNS_SHOWN])


@login_required
@require_safe
def backers_page(request: HttpRequest, slug: str) -> HttpResponse | StreamingHttpResponse:
    """A table with filters, or the same as CSV."""
    project = own_project(request, slug, "see_backers")
    names = ("kind", "standing", "reward")
    asked = Asked(**{name: request.GET.get(name, "")[:20] for name in names})
    if request.GET.get("format") == "csv":
        headers = {"Content-Disposition": f'attachment; filename="backers-{project.slug}.csv"'}
        everyone = (one for one, _ in backers(project, asked))
        rows = ([one.at.isoformat(), one.name, one.kind, one.amount, one.reward, one.state] for one in everyone)
        return StreamingHttpResponse(_lines(rows), content_type="text/csv; charset=utf-8", headers=headers)
    after = read_cursor(request.GET.get("after", ""))
    shown = list(islice(backers(project, asked, after), BACKERS_SHOWN + 1))
    query = request.GET.copy()
    for name in ("format", "after"):
        query.pop(name, None)
    context = {
        "project": project, "backers": [one for one, _ in shown[:BACKERS_SHOWN]], "asked": asked,
        "older": str(shown[BACKERS_SHOWN - 1][1]) if len(shown) > BACKERS_SHOWN else "", "is_first": after is None,
        "rewards": list(project.rewards.all()), "standing": STANDING, "ended": ENDED, "query": query.urlencode(),
    }  # fmt: skip
    return render(request, "pages/creator/backers.html", context)


def _lines(rows: Iterator[list[str]]) -> Iterator[str]:
    """A cell that a spreadsheet would run as a formula begins with an apostrophe."""
    writer = csv.writer(_Echo())
    yield writer.writerow(["at", "backer", "kind", "amount", "reward", "state"])
    for row in rows:
        yield writer.writerow([f"'{cell}" if cell[:1] in "=+-@\t\r" else cell for cell in row])
