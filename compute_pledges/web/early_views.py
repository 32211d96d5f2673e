"""A checkpoint before its release, by the link of a reward."""

from __future__ import annotations

from django.http import Http404, HttpRequest, StreamingHttpResponse
from django.utils.translation import gettext
from django.views.decorators.http import require_safe

from compute_pledges.releasing.early import read_early


@require_safe
def early_weights(request: HttpRequest, token: str) -> StreamingHttpResponse:
    """The weights; the signed link is the permission."""
    found = read_early(token)
    if found is None:
        raise Http404(gettext("This link has expired."))
    answer = StreamingHttpResponse(found.chunks(), content_type="application/octet-stream")
    answer["Content-Disposition"] = f'attachment; filename="{found.name}"'
    answer["Cache-Control"] = "private, no-store"
    return answer
