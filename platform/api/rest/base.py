"""What every view of the public API shares."""

from __future__ import annotations

from typing import Any, ClassVar

from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.parsers import BaseParser
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from api.rest.auth import HasScope, PersonalTokenAuthentication
from api.rest.bodies import MOST_JSON, check_length
from api.rest.limits import CallerRate, tell_limit
from api.rest.problems import problem_of
from compute_pledges.api.base import BoundedJSON
from projects.errors import ChangedElsewhere


class OnlyJSON(BaseContentNegotiation):
    """There is one form of answer: whatever a caller accepts, JSON is what there is."""

    def select_parser(self, request: Request, parsers: Any) -> BaseParser | None:
        kind = (request.content_type or "").partition(";")[0].strip().lower()
        return next((parser for parser in parsers if parser.media_type == kind), None)

    def select_renderer(self, request: Request, renderers: Any, format_suffix: str | None = None) -> Any:
        renderer: BaseRenderer = renderers[0]
        return renderer, renderer.media_type


class ApiView(APIView):
    """`scopes` says by method which scope a token needs; methods without one are open."""

    scopes: ClassVar[dict[str, str]] = {}
    authentication_classes = (PersonalTokenAuthentication,)
    permission_classes = (HasScope,)
    throttle_classes = (CallerRate,)
    parser_classes: tuple[type[BaseParser], ...] = (BoundedJSON,)
    content_negotiation_class = OnlyJSON
    most_bytes = MOST_JSON
    limit: tuple[int, int] | None = None

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        check_length(request, self.most_bytes)

    def saved_as(self, saved: Any) -> Any:
        """What stands now of what two changed, as this address takes it."""
        return saved

    def handle_exception(self, exc: Exception) -> Response:
        if isinstance(exc, ChangedElsewhere):
            exc.saved = self.saved_as(exc.saved)
        answer = problem_of(exc, self.request.data if isinstance(exc, ChangedElsewhere) else None)
        if answer is None:
            raise exc
        answer.exception = True
        return answer

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Any:
        done = super().finalize_response(request, response, *args, **kwargs)
        tell_limit(done, self.limit)
        done.setdefault("Cache-Control", "private, no-cache" if request.auth else "public, max-age=10")
        done["Vary"] = "Authorization, Accept-Encoding"
        done["Access-Control-Allow-Origin"] = "*"
        return done
