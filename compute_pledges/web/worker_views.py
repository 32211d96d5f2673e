"""The agent for volunteers: where to get it and how to check it, and what an account's machines are at."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext
from django.views.decorators.http import require_safe

from compute_pledges.worker_package import package_file, worker_package


@require_safe
def worker(request: HttpRequest) -> HttpResponse:
    """Install line, hash, signature, key and the commands that verify them."""
    context = {"package": worker_package(), "base": request.build_absolute_uri("/").rstrip("/")}
    return render(request, "compute/worker.html", context)


@require_safe
def worker_file(request: HttpRequest, name: str) -> FileResponse:
    """A file of the package, as a download."""
    file = package_file(name)
    if file is None:
        raise Http404(gettext("This platform serves no such file."))
    return FileResponse(file.open("rb"), as_attachment=True, filename=name, content_type="application/octet-stream")


@login_required
@require_safe
def terminal(request: HttpRequest) -> HttpResponse:
    """The card of machines on its own, asked for again while a page is open."""
    return render(request, "compute/terminal_part.html")
