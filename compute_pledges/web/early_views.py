"""A checkpoint before its release, by the link of a reward."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, StreamingHttpResponse
from django.utils.translation import gettext
from django.views.decorators.http import require_safe

from accounts.current import signed_in
from compute_pledges.releasing.early import read_early


@login_required
@require_safe
def early_weights(request: HttpRequest, token: str) -> StreamingHttpResponse:
    """The weights, for whose reward has them: a link that was passed on opens nothing."""
    found = read_early(token, signed_in(request))
    if found is None:
        raise Http404(
            gettext("This link has expired, or belongs to somebody else. The page of your reward has a new one.")
        )
    answer = StreamingHttpResponse(found.chunks(), content_type="application/octet-stream")
    answer["Content-Disposition"] = f'attachment; filename="{found.name}"'
    answer["Cache-Control"] = "private, no-store"
    return answer
