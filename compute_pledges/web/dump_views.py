"""Files of statistics for everyone: what there is, and the files."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from compute_pledges.dumps.tables import TABLES
from compute_pledges.models import StatisticsFile
from compute_pledges.standing.credit import HALF_LIFE_DAYS
from compute_pledges.web.ranged import Kept, kept_file

# Sites that fetch them every hour ask for nothing that has not changed.
AN_HOUR = "public, max-age=3600"


@require_safe
def statistics(request: HttpRequest) -> HttpResponse:
    """The files and the meaning of their columns."""
    files = list(StatisticsFile.objects.all())
    context = {
        "files": files,
        "tables": TABLES,
        "as_of": files[0].as_of if files else None,
        "half_life": HALF_LIFE_DAYS,
    }
    return render(request, "standing/statistics.html", context)


@require_safe
def file(request: HttpRequest, name: str) -> HttpResponseBase:
    """The newest of this name."""
    found = get_object_or_404(StatisticsFile, name=name)
    return kept_file(request, Kept(name, found.sha256, found.size, found.content_type, found.as_of, AN_HOUR))
