"""Saved searches and collections."""

from __future__ import annotations

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.current import signed_in
from clock.services import business_now
from projects.conflicts import Shown
from projects.discovering import cards_of
from projects.discovery.asking import LONGEST
from projects.discovery.collecting import projects_in, typed_collection, write_collection
from projects.discovery.saved import save_search
from projects.errors import ChangedElsewhere, ProjectError
from projects.fields import LineField
from projects.models import Collection, Project, SavedSearch


class SaveForm(forms.Form):
    """A name and a rhythm for the search of the page before."""

    name = LineField(max_length=80)
    query = forms.CharField(max_length=100 * LONGEST)
    every = forms.ChoiceField(choices=SavedSearch.Every.choices)


@login_required
@require_POST
def save(request: HttpRequest) -> HttpResponse:
    """Keep the search, and go back to it."""
    form = SaveForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("Give the search a name. Nothing was saved."))
        return redirect("projects:searches")
    try:
        save_search(owner=signed_in(request), now=business_now(), **form.cleaned_data)
    except ProjectError as error:
        messages.error(request, str(error))
    else:
        messages.success(request, _("The search is saved. You are told of new projects that it finds."))
    return redirect("projects:searches")


@login_required
@require_safe
def searches(request: HttpRequest) -> HttpResponse:
    """The account's saved searches."""
    found = SavedSearch.objects.filter(owner=signed_in(request))
    return render(request, "projects/searches.html", {"searches": found})


@login_required
@require_POST
def forget(request: HttpRequest, search_id: int) -> HttpResponse:
    """No more of it."""
    get_object_or_404(SavedSearch, pk=search_id, owner=signed_in(request)).delete()
    messages.success(request, _("The search is removed."))
    return redirect("projects:searches")


@require_safe
def collections(request: HttpRequest) -> HttpResponse:
    """What is shown; staff sees what is not yet, too."""
    is_staff = request.user.is_authenticated and request.user.is_admin
    found = Collection.objects.all() if is_staff else Collection.objects.filter(is_shown=True)
    is_public = ~Q(entries__project__state__in=Project.PRIVATE_STATES)
    # The model's own order does not hold for rows with an aggregate.
    found = found.annotate(public_projects=Count("entries", filter=is_public)).order_by("-made_at", "-pk")
    return render(request, "projects/collections.html", {"collections": found, "is_staff": is_staff})


@require_safe
def collection(request: HttpRequest, slug: str) -> HttpResponse:
    """Its words and its projects in order."""
    is_staff = request.user.is_authenticated and request.user.is_admin
    rows = Collection.objects.all() if is_staff else Collection.objects.filter(is_shown=True)
    found = get_object_or_404(rows, slug=slug)
    cards = cards_of(projects_in(found), business_now())
    return render(request, "projects/collection.html", {"collection": found, "cards": cards, "is_staff": is_staff})


class CollectionForm(forms.Form):
    """What staff writes."""

    title = LineField(label=gettext_lazy("Title"), max_length=80)
    text = forms.CharField(
        label=gettext_lazy("Text"), max_length=4000, widget=forms.Textarea(attrs={"rows": 5}),
        help_text=gettext_lazy("Markdown."),
    )  # fmt: skip
    slugs = forms.CharField(
        label=gettext_lazy("Projects"), max_length=5000, widget=forms.Textarea(attrs={"rows": 6, "class": "copied"}),
        help_text=gettext_lazy("The last part of each address, one on a line, in order."),
    )  # fmt: skip
    is_shown = forms.BooleanField(label=gettext_lazy("Show it to everyone"), required=False)

    def clean_slugs(self) -> list[str]:
        """Addresses may be pasted whole."""
        return [line.strip().rstrip("/").rsplit("/", 1)[-1] for line in self.cleaned_data["slugs"].split() if line]


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def edit_collection(request: HttpRequest, slug: str = "") -> HttpResponse:
    """Make or change one; what was typed is kept where it is refused."""
    user = signed_in(request)
    if not user.is_admin:
        raise PermissionDenied
    found = get_object_or_404(Collection, slug=slug) if slug else None
    initial = typed_collection(found) if found else {}
    form, shown = CollectionForm(request.POST or None, initial=initial), Shown(CollectionForm, initial)
    conflict = shown.conflict(request.POST) if found else []
    if request.method == "POST" and not conflict and form.is_valid():
        try:
            made = write_collection(
                collection=found, by=user, version=shown.version, now=business_now(), **form.cleaned_data
            )
        except ChangedElsewhere:
            return edit_collection(request, slug)
        except ProjectError as error:
            form.add_error("slugs", str(error))
        else:
            return redirect(made)
    context = {
        "form": form, "back": found.get_absolute_url() if found else reverse("projects:collections"),
        "conflict": conflict, "version": shown.version,
    }  # fmt: skip
    status = 409 if conflict else 422 if form.errors else 200
    return render(request, "projects/collection_form.html", context, status=status)
