"""Teams: found one, join by the captain's link, leave, hand over."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.current import signed_in
from compute_pledges.errors import TeamRefused
from compute_pledges.models import Team
from compute_pledges.standing import teams
from compute_pledges.standing.credit import HALF_LIFE_DAYS, Scope, team_credit
from projects.models import Project

MEMBERS_SHOWN = 50


class TeamForm(forms.Form):
    """A name that is its own, and a sentence."""

    name = forms.CharField(label=_("Name"), max_length=60)
    about = forms.CharField(
        label=_("About the team"), max_length=300, required=False, widget=forms.Textarea({"rows": 3})
    )


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def found(request: HttpRequest) -> HttpResponse:
    """A new team; who founds it is its captain."""
    form = TeamForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            team = teams.found_team(by=signed_in(request), now=timezone.now(), **form.cleaned_data)
        except TeamRefused as error:
            form.add_error(None, str(error))
        else:
            messages.success(request, gettext("The team is there. Send its invitation link to others."))
            return redirect("compute:team", team.pk)
    return render(request, "standing/found_team.html", {"form": form}, status=422 if form.errors else 200)


@require_safe
def team(request: HttpRequest, team_id: UUID) -> HttpResponse:
    """What the team has earned, its members, and for the captain its link."""
    found_one = get_object_or_404(Team.objects.select_related("captain"), pk=team_id)
    user = request.user
    is_captain = user.is_authenticated and found_one.captain_id == user.pk
    members, others = teams.members_of(found_one, whole=is_captain)
    shown = Paginator(members, MEMBERS_SHOWN).get_page(request.GET.get("page"))
    link = request.build_absolute_uri(reverse("compute:join_team", args=[found_one.invitation])) if is_captain else ""
    context = {
        "team": found_one, "members": shown, "others": others, "is_captain": is_captain, "link": link,
        "half_life": HALF_LIFE_DAYS,
        "credit": team_credit(team_id=team_id, scope=Scope(timezone.now(), Project.PRIVATE_STATES)),
        "is_member": user.is_authenticated and found_one.memberships.filter(left_at=None, user_id=user.pk).exists(),
    }  # fmt: skip
    return render(request, "standing/team.html", context)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def join(request: HttpRequest, invitation: str) -> HttpResponse:
    """What joining means, and joining."""
    invited = Team.objects.filter(invitation=invitation).exclude(captain=None).first()
    if invited is None:
        raise Http404(gettext("This link is no longer valid."))
    if request.method != "POST":
        mine = teams.membership_of(signed_in(request))
        return render(request, "standing/join_team.html", {"team": invited, "mine": mine})
    return _do(
        request, lambda: teams.join_team(invitation=invitation, by=signed_in(request), now=timezone.now()),
        gettext("Welcome. What you earn from now on is the team's, too."), invited.pk,
    )  # fmt: skip


@login_required
@require_POST
def leave(request: HttpRequest, team_id: UUID) -> HttpResponse:
    """Credit earned so far stays with the team."""
    return _do(
        request, lambda: teams.leave_team(by=signed_in(request), now=timezone.now()),
        gettext("You have left. What you earned while you were in it stays with the team."), team_id,
    )  # fmt: skip


@login_required
@require_POST
def captain(request: HttpRequest, team_id: UUID) -> HttpResponse:
    """Hand over."""
    member_id = _member(request)
    return _do(
        request, lambda: teams.name_captain(team_id=team_id, member_id=member_id, by=signed_in(request)),
        gettext("The team has another captain."), team_id,
    )  # fmt: skip


@login_required
@require_POST
def remove(request: HttpRequest, team_id: UUID) -> HttpResponse:
    """A member goes, and the link that could bring them back."""
    member_id, by = _member(request), signed_in(request)
    return _do(
        request, lambda: teams.remove_member(team_id=team_id, member_id=member_id, by=by, now=timezone.now()),
        gettext("They are no longer in the team. What they earned in it stays, and the invitation link "
"is a new one."), team_id,
    )  # fmt: skip


def _member(request: HttpRequest) -> int:
    text = request.POST.get("member", "")
    if not text.isdecimal() or len(text) > 9:
        raise Http404(gettext("There is no such member."))
    return int(text)


@login_required
@require_POST
def renew(request: HttpRequest, team_id: UUID) -> HttpResponse:
    """A new link."""
    return _do(
        request, lambda: teams.renew_invitation(team_id=team_id, by=signed_in(request)),
        gettext("There is a new link; the old one no longer works."), team_id,
    )  # fmt: skip


def _do(request: HttpRequest, deed: Callable[[], object], done: str, team_id: UUID) -> HttpResponse:
    get_object_or_404(Team, pk=team_id)
    try:
        deed()
    except TeamRefused as error:
        messages.error(request, str(error))
    else:
        messages.success(request, done)
    return redirect("compute:team", team_id)
