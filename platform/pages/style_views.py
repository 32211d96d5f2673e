"""The living style page: tokens and components as they are, from the same files that every page uses."""

from __future__ import annotations

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from projects.meters import meters_of
from projects.models import Project
from projects.openness.promises import WORDS
from projects.totals import Totals
from values.gpu_time import MICROSECONDS_PER_HOUR

COLORS = (
    "paper",
    "surface",
    "track",
    "wash",
    "ink",
    "ink-soft",
    "line",
    "edge",
    "brand",
    "brand-strong",
    "on-brand",
    "money",
    "money-fill",
    "compute",
    "compute-fill",
    "ok",
    "danger",
    "focus",
)
# Never saved: what the meters are drawn from.
EXAMPLE = Project(
    currency="EUR",
    funding_minimum=4_000_000,
    funding_stretch=5_000_000,
    compute_minimum_us=8_000 * MICROSECONDS_PER_HOUR,
    compute_stretch_us=12_000 * MICROSECONDS_PER_HOUR,
)
PLEDGED = Totals(
    money_pledged=2_740_000,
    money_realized=1_200_000,
    compute_pledged=9_310 * MICROSECONDS_PER_HOUR,
    compute_realized=4_200 * MICROSECONDS_PER_HOUR,
)
SIZES = ("t4", "t3", "t2", "t1", "t0", "t-1", "t-2")
SPACES = ("s1", "s2", "s3", "s4", "s5", "s6", "s7", "s8")


class ExampleForm(forms.Form):
    """Each kind of field that the site uses, one of them wrong."""

    name = forms.CharField(label=_("A line of text"), help_text=_("What it is for stands above the field."))
    amount = forms.IntegerField(label=_("A number"), min_value=1)
    kind = forms.ChoiceField(label=_("A choice"), choices=Project.ModelKind.choices)
    words = forms.CharField(label=_("Many words"), required=False, widget=forms.Textarea({"rows": 3}))
    agreed = forms.BooleanField(label=_("Yes or no"), required=False)


@require_safe
def styles(request: HttpRequest) -> HttpResponse:
    """For everyone: it shows nothing but the look."""
    context = {
        "colors": COLORS,
        "sizes": SIZES,
        "spaces": SPACES,
        "meters": meters_of(EXAMPLE, PLEDGED),
        "states": [*Project.State.choices, *WORDS.items()],
        "form": ExampleForm({"name": gettext("Kept as it was typed"), "amount": "many", "kind": "vision"}),
        "rows": [("OpenLex 3B", 1204, "€84"), ("Birdsong", 88, "€1,250")],
    }
    return render(request, "pages/styles.html", context)
