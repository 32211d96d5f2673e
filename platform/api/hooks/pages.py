"""Webhooks of a person: endpoints, their messages and attempts, and what can be done with them."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.current import signed_in
from accounts.models import User
from api.errors import HookRefused
from api.hooks import sending, services, telling
from api.hooks.signing import secret_of
from api.models import HookEndpoint, HookMessage
from projects.happenings import Kind
from projects.models import Project
from projects.roles import projects_of

MESSAGES_SHOWN = 25
WORDS = {
    Kind.STATE_CHANGED: gettext_lazy("A project changes its state"),
    Kind.NOTE_PUBLISHED: gettext_lazy("A lab note is published"),
    Kind.PLEDGE_COLLECTED: gettext_lazy("A pledge is charged"),
    Kind.PLEDGE_CANCELED: gettext_lazy("A pledge is canceled or withdrawn"),
    Kind.REWARD_DELIVERED: gettext_lazy("A reward is delivered"),
    Kind.ROUND_MERGED: gettext_lazy("A round of a run is merged (one a minute at most)"),
    Kind.RELEASE_PUBLISHED: gettext_lazy("A model is released"),
}


class HookForm(forms.Form):
    """Where to, of what, and which events."""

    url = forms.CharField(
        label=gettext_lazy("Address"), max_length=500, widget=forms.URLInput(attrs={"autocomplete": "off"}),
        help_text=gettext_lazy("It begins with https:// and is reachable from the internet."),
    )  # fmt: skip
    project = forms.ModelChoiceField(
        Project.objects.none(), label=gettext_lazy("Events of"), required=False,
        empty_label=gettext_lazy("Everything that concerns me"),
    )  # fmt: skip
    kinds = forms.MultipleChoiceField(
        label=gettext_lazy("When"), choices=[(str(kind), words) for kind, words in WORDS.items()],
        widget=forms.CheckboxSelectMultiple,
    )  # fmt: skip

    def __init__(self, *args: Any, owner: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        projects = self.fields["project"]
        assert isinstance(projects, forms.ModelChoiceField)
        projects.queryset = projects_of(owner)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def hooks(request: HttpRequest) -> HttpResponse:
    """The list, and the form; a refused form keeps what was typed."""
    user = signed_in(request)
    form = HookForm(request.POST or None, owner=user)
    if request.method == "POST" and form.is_valid():
        try:
            made = services.register(owner=user, now=timezone.now(), **form.cleaned_data)
        except HookRefused as error:
            form.add_error("url", str(error))
        else:
            messages.success(request, _("The webhook is registered. Send a test to see that it arrives."))
            return redirect("api:hook", made.pk)
    endpoints = HookEndpoint.objects.filter(owner=user).select_related("project")
    status = 422 if form.errors else 200
    return render(request, "api/hooks.html", {"form": form, "endpoints": endpoints}, status=status)


def _own(request: HttpRequest, hook_id: UUID) -> HookEndpoint:
    return get_object_or_404(HookEndpoint.objects.select_related("project"), pk=hook_id, owner=signed_in(request))


@login_required
@never_cache
@require_safe
def hook(request: HttpRequest, hook_id: UUID) -> HttpResponse:
    """An endpoint with its secret, and the log of its messages."""
    endpoint = _own(request, hook_id)
    page = Paginator(endpoint.messages.prefetch_related("log"), MESSAGES_SHOWN).get_page(request.GET.get("page"))
    kinds = [WORDS[Kind(kind)] for kind in endpoint.kinds]
    context = {"endpoint": endpoint, "secret": secret_of(endpoint), "page": page, "kinds": kinds, "now": timezone.now()}
    return render(request, "api/hook.html", context)


@login_required
@require_POST
def change(request: HttpRequest, hook_id: UUID, deed: str) -> HttpResponse:
    """Test, rotate, pause, resume or remove."""
    endpoint, now = _own(request, hook_id), timezone.now()
    if deed == "remove":
        endpoint.delete()
        messages.success(request, _("The webhook is removed."))
        return redirect("api:hooks")
    if deed == "test":
        telling.write_test(endpoint=endpoint, now=now)
        messages.success(request, _("A test is on its way; look at its attempt below in a moment."))
    elif deed == "rotate":
        services.rotate(endpoint=endpoint, now=now)
        messages.success(request, _("There is a new secret. For a day messages carry a signature of the old one too."))
    else:
        target = {"pause": HookEndpoint.State.PAUSED, "resume": HookEndpoint.State.ACTIVE}[deed]
        services.set_state(endpoint=endpoint, target=target)
        messages.success(request, _("Changed."))
    return redirect("api:hook", endpoint.pk)


@login_required
@require_POST
def redeliver(request: HttpRequest, hook_id: UUID, message_id: int) -> HttpResponse:
    """Send a message again."""
    message = HookMessage.objects.filter(pk=message_id, endpoint=_own(request, hook_id)).first()
    if message is None:
        raise Http404
    sending.redeliver(message=message, now=timezone.now())
    messages.success(request, _("The message is sent again."))
    return redirect("api:hook", hook_id)
