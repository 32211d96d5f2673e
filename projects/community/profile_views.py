"""A person's public page, and where they write it."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from accounts.current import signed_in
from accounts.models import User
from clock.services import business_now
from projects.community.profile_forms import ProfileForm
from projects.community.profiles import choose_profile, read_person, typed_profile
from projects.conflicts import Shown
from projects.errors import ChangedElsewhere
from projects.models import CreatorFollow


@require_safe
def person(request: HttpRequest, user_id: int) -> HttpResponse:
    """What everyone may see of a person."""
    found = read_person(user_id=user_id)
    if found is None:
        raise Http404(gettext("There is no such person."))
    reader = request.user
    follows = isinstance(reader, User) and CreatorFollow.objects.filter(user=reader, creator=found.user).exists()
    context = {"person": found, "follows": follows, "is_own": reader.pk == found.user.pk}
    return render(request, "projects/people/person.html", context)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def profile(request: HttpRequest) -> HttpResponse:
    """What others see of oneself."""
    user = signed_in(request)
    typed = typed_profile(user.pk)
    form, shown = ProfileForm(request.POST or None, initial=typed), Shown(ProfileForm, typed)
    conflict = shown.conflict(request.POST)
    if form.is_bound and not conflict and form.is_valid():
        try:
            choose_profile(user=user, now=business_now(), version=shown.version, **form.cleaned_data)
        except ChangedElsewhere:
            return profile(request)
        messages.success(request, _("Saved."))
        return redirect("projects:person", user_id=user.pk)
    context = {"form": form, "conflict": conflict, "version": shown.version}
    status = 409 if conflict else 422 if form.is_bound else 200
    return render(request, "projects/people/profile.html", context, status=status)
