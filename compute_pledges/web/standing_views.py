"""What a volunteer sees of their own work, and lists of who lent most."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext
from django.views.decorators.http import require_POST, require_safe

from accounts.current import signed_in
from compute_pledges.standing import listing
from compute_pledges.standing.certificate import runs_of
from compute_pledges.standing.credit import HALF_LIFE_DAYS, PAGE, Scope, credit_of
from compute_pledges.standing.history import history_of
from compute_pledges.standing.profiles import profile_of
from compute_pledges.standing.reliability import reliability_of
from compute_pledges.standing.remembered import board_of, remembered_place
from compute_pledges.standing.teams import membership_of
from compute_pledges.web.run_views import visible_run
from projects.models import Project

FARTHEST_PAGE = 2000


@login_required
@require_safe
def credit(request: HttpRequest) -> HttpResponse:
    """Credit, average, place, reliability, its course, team, certificates and exports."""
    user, now = signed_in(request), timezone.now()
    everywhere = Scope(now)
    context = {
        "credit": credit_of(user_id=user.pk, scope=everywhere), "half_life": HALF_LIFE_DAYS,
        "place": remembered_place(user_id=user.pk, scope=Scope(now, Project.PRIVATE_STATES)),
        "history": history_of(user_id=user.pk, scope=everywhere),
        "reliability": reliability_of(user_id=user.pk, now=now), "membership": membership_of(user),
        "runs": runs_of(user_id=user.pk), "is_hidden": listing.is_hidden(user.pk),
    }  # fmt: skip
    return render(request, "standing/credit.html", context)


@login_required
@require_safe
def run_credit(request: HttpRequest, run_id: UUID) -> HttpResponse:
    """The account's credit in one run over time."""
    run, user = visible_run(run_id), signed_in(request)
    scope = Scope(timezone.now(), Project.PRIVATE_STATES, run_id=run.pk)
    history = history_of(user_id=user.pk, scope=scope)
    if history is None:
        raise Http404(gettext("Nothing of yours is verified in this run yet."))
    context = {
        "run": run, "history": history, "half_life": HALF_LIFE_DAYS,
        "credit": credit_of(user_id=user.pk, scope=scope), "place": remembered_place(user_id=user.pk, scope=scope),
    }  # fmt: skip
    return render(request, "standing/run_credit.html", context)


@require_safe
def profile(request: HttpRequest, user_id: int) -> HttpResponse:
    """A volunteer's public page."""
    found = profile_of(user_id=user_id, now=timezone.now())
    if found is None:
        raise Http404(gettext("There is no such volunteer."))
    return render(request, "standing/profile.html", {"profile": found, "half_life": HALF_LIFE_DAYS})


@login_required
@require_POST
def choose_listing(request: HttpRequest) -> HttpResponse:
    """Stand in lists of people, or not."""
    hidden = request.POST.get("hidden") == "yes"
    listing.choose_listing(user=signed_in(request), hidden=hidden, now=timezone.now())
    messages.success(
        request, gettext("You are in no list of people.") if hidden else gettext("You stand in lists of people again.")
    )
    return redirect("compute:credit")


def _page(request: HttpRequest) -> int:
    text = request.GET.get("page", "1")
    if not text.isdecimal() or not 1 <= len(text) <= 4 or not 1 <= int(text) <= FARTHEST_PAGE:
        raise Http404(gettext("There is no such page."))
    return int(text)


@require_safe
def people(request: HttpRequest) -> HttpResponse:
    """People by credit, in all or for one project."""
    return _board(request, "people")


@require_safe
def teams(request: HttpRequest) -> HttpResponse:
    """Teams by credit."""
    return _board(request, "teams")


def _board(request: HttpRequest, kind: str) -> HttpResponse:
    project, page, now = _project(request), _page(request), timezone.now()
    scope = Scope(now, Project.PRIVATE_STATES, project.pk if project else None)
    made_at, rows = board_of(kind=kind, scope=scope, page=page)
    context = {
        "kind": kind, "project": project, "rows": rows[:PAGE], "page": page, "has_next": len(rows) > PAGE,
        "half_life": HALF_LIFE_DAYS, "at": made_at,
    }  # fmt: skip
    return render(request, "standing/board.html", context)


def _project(request: HttpRequest) -> Project | None:
    slug = request.GET.get("project", "")
    if not slug:
        return None
    return get_object_or_404(Project.objects.exclude(state__in=Project.PRIVATE_STATES), slug=slug)
