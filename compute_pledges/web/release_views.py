"""A run's release: its page, the creator's deed, and the files."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST, require_safe

from accounts.current import signed_in
from compute_pledges.errors import RunRefused
from compute_pledges.models import ModelRelease, ReleaseFile, TrainingRun
from compute_pledges.releasing.figures import figures_of_release, remembered_credits
from compute_pledges.releasing.services import ask_release, last_checkpoint
from compute_pledges.tasks import prepare_releases
from compute_pledges.web.ranged import Kept, kept_file
from compute_pledges.web.run_views import visible_run
from projects.markdown import render_markdown
from projects.roles import can
from queueing.hints import queue_after_commit

NAMES_SHOWN = 100


class ReleaseForm(forms.Form):
    """What only the creator knows of the model."""

    intended_use = forms.CharField(
        label=_("What it is for"), max_length=4000, widget=forms.Textarea({"rows": 4}),
        help_text=_("The card begins with this. Blank lines part paragraphs."),
    )  # fmt: skip
    limitations = forms.CharField(
        label=_("What it cannot do"), max_length=4000, widget=forms.Textarea({"rows": 4}),
        help_text=_("Known faults, biases, uses that you advise against."),
    )  # fmt: skip


def _page(request: HttpRequest, run: TrainingRun, form: ReleaseForm | None = None, status: int = 200) -> HttpResponse:
    found = ModelRelease.objects.filter(run=run).select_related("round", "released_by").first()
    user = request.user
    may_release = can(user, run.project, "run")
    is_open = found is None or found.state == ModelRelease.State.FAILED
    if is_open and not may_release:
        raise Http404(gettext("This run has no release."))
    context: dict[str, Any] = {"run": run, "release": found, "form": form or ReleaseForm()}
    if found is not None and found.state == ModelRelease.State.RELEASED:
        names, unnamed = remembered_credits(run)
        context |= {
            "files": list(found.files.all()), "figures": figures_of_release(found),
            "names": names[:NAMES_SHOWN], "unnamed": unnamed + max(len(names) - NAMES_SHOWN, 0),
            # The front matter is for machines.
            "card": render_markdown(found.card.split("---\n", 2)[2]),
        }  # fmt: skip
    elif is_open:
        context["checkpoint"] = last_checkpoint(run)
    return render(request, "compute/release.html", context, status=status)


@require_safe
def release(request: HttpRequest, run_id: UUID) -> HttpResponse:
    """For everyone once it is out; before, for who may release it."""
    return _page(request, visible_run(run_id))


@login_required
@require_POST
def publish(request: HttpRequest, run_id: UUID) -> HttpResponse:
    """The creator's deed."""
    run, user = visible_run(run_id), signed_in(request)
    if not can(user, run.project, "run"):
        raise PermissionDenied
    form = ReleaseForm(request.POST)
    if not form.is_valid():
        return _page(request, run, form, 422)
    try:
        ask_release(
            run_id=run.pk, by=user, license_name=run.project.weights_license, now=timezone.now(), **form.cleaned_data
        )
    except RunRefused as error:
        messages.error(request, str(error))
    else:
        queue_after_commit(prepare_releases)
        messages.success(request, gettext("The files are being written. This takes from seconds to some minutes."))
    return redirect("compute:release", run_id)


@require_safe
def file(request: HttpRequest, run_id: UUID, name: str) -> HttpResponseBase:
    """One file, whole or in parts."""
    run = visible_run(run_id)
    files = ReleaseFile.objects.select_related("release")
    found = get_object_or_404(files, release__run=run, release__state=ModelRelease.State.RELEASED, name=name)
    kept = Kept(
        found.name, found.sha256, found.size, found.content_type, found.release.released_at or found.release.asked_at
    )
    return kept_file(request, kept)
