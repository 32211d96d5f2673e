"""Promises and releases in public, and the pages on which a team releases what it made."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from accounts.current import signed_in
from clock.services import business_now
from projects.creating_views import own_project
from projects.errors import ProjectError
from projects.models import OutputFile, OutputRelease, Project
from projects.openness.forms import CardForm, ReleaseForm
from projects.openness.license_words import terms_of
from projects.openness.model_cards import Card
from projects.openness.prefilling import fill_from_card
from projects.openness.project_cards import write_project_card
from projects.openness.promises import WORDS, counts, promises_of, releases_by_kind
from projects.openness.releasing import may_fetch, may_fetch_early, release_output
from projects.roles import can
from projects.sharing.addresses import site

NEWEST = 20


def _public(slug: str) -> Project:
    return get_object_or_404(Project.objects.public().select_related("creator"), slug=slug)


@require_safe
def promises(request: HttpRequest, slug: str) -> HttpResponse:
    """What was promised, what came of it, and everything that was released."""
    project, now = _public(slug), business_now()
    rows = project.output_releases.select_related("project", "file").defer("card", "file__content")
    found = list(rows.annotate(has_card=~Q(card="")))
    is_early = any(release.public_at > now for release in found) and may_fetch_early(request.user, project)
    releases = [(release, is_early or release.public_at <= now, release.public_at > now) for release in found]
    terms = [
        terms_of(_("Weights"), project.weights_license), terms_of(_("Data"), project.data_license),
        terms_of(_("Code"), project.code_license),
    ]  # fmt: skip
    context = {
        "project": project, "promises": promises_of(project, now), "releases": releases, "terms": terms,
        "sources": list(project.data_sources.all()), "may_release": can(request.user, project, "deliver"),
    }  # fmt: skip
    return render(request, "openness/promises.html", context)


@require_safe
def all_promises(request: HttpRequest) -> HttpResponse:
    """Promises of all projects in figures, and the newest releases."""
    now = business_now()
    newest = OutputRelease.objects.public(now).exclude(project__state__in=Project.PRIVATE_STATES)
    context = {
        "counts": [(standing, WORDS[standing], count) for standing, count in counts(now).items()],
        "kinds": sorted(releases_by_kind(now).items()),
        "newest": newest.select_related("project").defer("card")[:NEWEST],
    }  # fmt: skip
    return render(request, "openness/all.html", context)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def new_release(request: HttpRequest, slug: str) -> HttpResponse:
    """The form; a card that is read fills it, and what was typed is kept."""
    project = own_project(request, slug, "deliver")
    form = ReleaseForm(
        request.POST or None, request.FILES or None, project=project, initial={"license": project.weights_license}
    )
    if request.method == "POST" and request.POST.get("deed") == "read":
        return _read_for_release(request, project)
    if request.method == "POST" and form.is_valid():
        try:
            release_output(project=project, by=signed_in(request), output=form.output(), now=business_now())
        except ProjectError as error:
            form.add_error(None, str(error))
        else:
            messages.success(request, _("Released. Its promise shows so, and backers are told."))
            return redirect("projects:promises", project.slug)
    status = 422 if form.errors else 200
    return render(request, "openness/release.html", {"project": project, "form": form}, status=status)


def _read_for_release(request: HttpRequest, project: Project) -> HttpResponse:
    asked = CardForm(request.POST, request.FILES)
    card = asked.read() if asked.is_valid() else None
    typed = {name: value for name, value in request.POST.items() if name not in ("csrfmiddlewaretoken", "deed")}
    if card is not None:
        filled = {"title": card.title, "license": card.license, "card_text": asked.source()}
        typed |= {name: value for name, value in filled.items() if value}
    form: Any = ReleaseForm(initial=typed, project=project)
    context = {"project": project, "form": form, "card": card, "card_errors": asked.errors.get("card_text")}
    return render(request, "openness/release.html", context, status=200 if card else 422)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def fill_project(request: HttpRequest, slug: str) -> HttpResponse:
    """A draft filled from a model card."""
    project = own_project(request, slug, "edit")
    form = CardForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid() and (card := form.read()):
        return _filled(request, project, card)
    return render(request, "openness/fill.html", {"project": project, "form": form}, status=422 if form.errors else 200)


def _filled(request: HttpRequest, project: Project, card: Card) -> HttpResponse:
    try:
        names = fill_from_card(project_id=project.pk, by=signed_in(request), card=card)
    except ProjectError as error:
        messages.error(request, str(error))
    else:
        messages.success(request, _("Filled from the card: %(names)s.") % {"names": ", ".join(names)})
        for note in card.notes:
            messages.warning(request, note)
    return redirect("projects:edit", project.slug)


@require_safe
def file(request: HttpRequest, slug: str, release_id: int) -> HttpResponse:
    """A release's file, as a download: it is never shown as a page of this site."""
    release = _fetchable(request, slug, release_id)
    found = get_object_or_404(OutputFile, release=release)
    headers = {"Content-Disposition": f'attachment; filename="{found.name}"', "X-Content-SHA256": release.sha256}
    return HttpResponse(bytes(found.content), content_type="application/octet-stream", headers=headers)


@require_safe
def card(request: HttpRequest, slug: str, release_id: int) -> HttpResponse:
    """A release's model card as it was given."""
    release = _fetchable(request, slug, release_id)
    if not release.card:
        raise Http404
    return HttpResponse(release.card, content_type="text/markdown; charset=utf-8")


def _fetchable(request: HttpRequest, slug: str, release_id: int) -> OutputRelease:
    release = get_object_or_404(OutputRelease.objects.select_related("project"), project=_public(slug), pk=release_id)
    if not may_fetch(request.user, release, business_now()):
        raise Http404
    return release


@require_safe
def project_card(request: HttpRequest, slug: str) -> HttpResponse:
    """The project as a model card, for the Hub."""
    project = _public(slug)
    address = site(project.get_absolute_url())
    whole = write_project_card(project, address)
    headers = {"Content-Disposition": 'inline; filename="README.md"'}
    return HttpResponse(whole, content_type="text/markdown; charset=utf-8", headers=headers)
